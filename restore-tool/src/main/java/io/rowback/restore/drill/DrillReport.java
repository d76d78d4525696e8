package io.rowback.restore.drill;

import io.rowback.history.RowKey;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a drill found.
 *
 * @param seed by which the same rows are drawn again as long as the history is the same; null for a transaction
 * @param transaction the one that was undone, null where rows were drawn
 * @param scratch where it was tried
 * @param tables the tables of which rows were updated or deleted, by name
 * @param failures each row that did not come back, or could not be tried
 * @param restores how many restores were written, each a transaction
 * @param planning the time that all plans took
 * @param writing the time that all restores took to be written, from connecting to COMMIT
 * @param longest the time that the longest took to be planned and written
 * @param history the history's end
 * @param end when the drill was over
 */
public record DrillReport(
        @Nullable Long seed,
        @Nullable Transaction transaction,
        String scratch,
        List<OfTable> tables,
        List<Failure> failures,
        int restores,
        Duration planning,
        Duration writing,
        Duration longest,
        StoreInfo history,
        Instant end) {
    public DrillReport {
        tables = List.copyOf(tables);
        failures = List.copyOf(failures);
    }

    /**
     * How a table fared.
     *
     * @param changes its updates and deletions of which rows were drawn
     * @param restored rows that came back byte for byte
     * @param different rows that did not
     * @param untried rows that could not be tried
     */
    public record OfTable(TableName table, long changes, int restored, int different, int untried) {
        /** Whether rows were drawn of it that needed to be put back. */
        public boolean isDrawn() {
            return restored + different + untried > 0;
        }

        /** Whether the SQL of a restore was run on rows of it. */
        public boolean isTried() {
            return restored + different > 0;
        }
    }

    /**
     * A row that did not come back.
     *
     * @param key the row's key, null where it is about the table, or all rows of one restore
     * @param tried whether the SQL was run
     * @param reason why, for people; it holds no values but those of keys
     */
    public record Failure(TableSchema table, @Nullable RowKey key, boolean tried, String reason) {}

    /** How many rows came back. */
    public int restored() {
        return tables.stream().mapToInt(OfTable::restored).sum();
    }

    /** How many rows did not come back although they could be tried. */
    public int different() {
        return tables.stream().mapToInt(OfTable::different).sum();
    }

    /** How many rows could not be tried. */
    public int untried() {
        return tables.stream().mapToInt(OfTable::untried).sum();
    }

    /** Whether everything that was drawn came back, and no table was left out. */
    public boolean isWhole() {
        return failures.isEmpty();
    }

    /** How old the newest commit is that the history holds; null before the first. */
    public @Nullable Duration age() {
        Instant last = history.lastCommitTime();
        return last == null ? null : Duration.between(last, end);
    }
}
