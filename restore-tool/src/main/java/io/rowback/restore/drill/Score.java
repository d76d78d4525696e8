package io.rowback.restore.drill;

import io.rowback.history.RowKey;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.drill.DrillReport.Failure;
import io.rowback.restore.drill.DrillReport.OfTable;
import io.rowback.restore.plan.Repair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a drill has found so far. */
final class Score {
    private final Map<TableName, OfTable> tables = new TreeMap<>();
    private final List<Failure> failures = new ArrayList<>();
    private int restores;
    private Duration planning = Duration.ZERO;
    private Duration writing = Duration.ZERO;
    private Duration longest = Duration.ZERO;

    /** Rows are drawn of so many updates and deletions of a table. */
    void drawnOf(TableSchema table, long changes) {
        add(new OfTable(table.name(), changes, 0, 0, 0));
    }

    /** Nothing of the table can be tried. */
    void leftOut(TableSchema table, String reason) {
        failures.add(new Failure(table, null, false, reason));
    }

    void restored(TableSchema table) {
        add(new OfTable(table.name(), 0, 1, 0, 0));
    }

    void different(TableSchema table, RowKey key, String what) {
        add(new OfTable(table.name(), 0, 0, 1, 0));
        failures.add(new Failure(table, key, true, what));
    }

    void untried(TableSchema table, RowKey key, String reason) {
        add(new OfTable(table.name(), 0, 0, 0, 1));
        failures.add(new Failure(table, key, false, reason));
    }

    /** None of these could be tried. */
    void untried(List<Repair> repairs, String reason) {
        repairs.forEach(repair -> untried(repair.table(), repair.keyAfter(), reason));
    }

    /** None of these came back, since their script failed. */
    void failed(List<Repair> repairs, String reason) {
        repairs.forEach(repair -> different(repair.table(), repair.keyAfter(), reason));
    }

    /** A restore was planned and written. */
    void timed(Duration planned, Duration written) {
        restores++;
        planning = planning.plus(planned);
        writing = writing.plus(written);
        Duration both = planned.plus(written);
        longest = both.compareTo(longest) > 0 ? both : longest;
    }

    private void add(OfTable more) {
        tables.merge(
                more.table(),
                more,
                (sum, one) -> new OfTable(
                        sum.table(),
                        sum.changes() + one.changes(),
                        sum.restored() + one.restored(),
                        sum.different() + one.different(),
                        sum.untried() + one.untried()));
    }

    DrillReport report(
            @Nullable Long seed, @Nullable Transaction transaction, String scratch, StoreInfo history, Instant end) {
        return new DrillReport(
                seed,
                transaction,
                scratch,
                List.copyOf(tables.values()),
                failures,
                restores,
                planning,
                writing,
                longest,
                history,
                end);
    }
}
