package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.restore.query.RelatedRows;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows that a scope's changes touched, as far as the scope's narrowing goes by table and key. */
final class ScopeRows {
    /** What a row of short values takes at the peak, when its plan is nearly made: twice what it takes then. */
    private static final long BYTES_PER_ROW = 640;

    /** What certainly does not fit into memory is refused while its keys are read, not after minutes. */
    static final int MOST =
            (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / BYTES_PER_ROW);

    /** After so many each time the watch is told. */
    private static final int TOLD = 1_000;

    private final HistoryReader reader;
    private final Tables tables;
    private final Scope scope;
    private final PlanningWatch watch;
    private final int most;
    private final Set<Row> touched = new LinkedHashSet<>();
    private final Map<TableId, Set<RowKey>> withoutKey = new LinkedHashMap<>();

    ScopeRows(HistoryReader reader, Tables tables, Scope scope, PlanningWatch watch, int most) {
        this.reader = reader;
        this.tables = tables;
        this.scope = scope;
        this.watch = watch;
        this.most = most;
    }

    /** The rows in the order in which the scope first touched them. */
    Set<Row> read() {
        if (scope.narrowings().isEmpty()) {
            scope.windows().forEach(window -> touch(reader.changes(window.from(), window.to()), row -> true));
        }
        scope.narrowings().forEach(this::read);
        return touched;
    }

    private void read(Scope.Narrowing narrowing) {
        TableInfo table = narrowing.table();
        RowKey key = narrowing.key();
        if (key == null) {
            scope.windows().forEach(window -> read(table, narrowing.range(), window));
        } else {
            Row row = new Row(table.schema().id(), key);
            rows(row, narrowing.related()).forEach(this::touchRow);
        }
    }

    /** By the range of keys where that is less than the window; one transaction is always less. */
    private void read(TableInfo table, Scope.@Nullable KeyRange range, Scope.Window window) {
        TableId id = table.schema().id();
        Predicate<Row> inRange = row -> range == null || range.contains(row.key());
        if (range == null || window.isOneCommit()) {
            touch(reader.changes(id, window.from(), window.to()), inRange);
            return;
        }
        try (Stream<RowKey> keys = reader.changedKeys(id, range.low(), range.high(), window.from(), window.to())) {
            keys.forEach(key -> touch(new Row(id, key)));
        }
        touch(reader.changes(id, RowKey.of(), window.from(), window.to()), inRange);
    }

    /** The rows of tables without a key, which {@link #read} leaves out, by their fingerprints. */
    Map<TableId, Set<RowKey>> withoutKey() {
        return withoutKey;
    }

    private Set<Row> rows(Row row, boolean related) {
        if (!related) {
            return Set.of(row);
        }
        RelatedRows rows = new RelatedRows(reader, tables, row, most);
        if (rows.cut()) {
            throw tooMany();
        }
        return rows.rows();
    }

    private void touchRow(Row row) {
        touch(
                reader.changes(row.table(), row.key(), scope.begin(), scope.end())
                        .filter(change -> scope.contains(change.position())),
                row::equals);
    }

    private void touch(Stream<Change> changes, Predicate<Row> counts) {
        try (changes) {
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (change.operation() == Operation.TRUNCATE) {
                    touchAll(change, counts);
                }
                for (@Nullable RowKey key : new @Nullable RowKey[] {change.oldKey(), change.key()}) {
                    touch(change, key, counts);
                }
            }
        }
    }

    /** A TRUNCATE touched every row that the table held. */
    private void touchAll(Change truncate, Predicate<Row> counts) {
        TableInfo table = tables.byId(truncate.table()).orElseThrow();
        try (Stream<RowImage> rows =
                new TableTimeline(reader, table).asOf(truncate.position().commit())) {
            rows.forEach(row -> touch(truncate, row.key(), counts));
        }
    }

    private void touch(Change change, @Nullable RowKey key, Predicate<Row> counts) {
        if (key == null || !counts.test(new Row(change.table(), key))) {
            return;
        }
        if (change.schema().hasKey()) {
            touch(new Row(change.table(), key));
        } else {
            Set<RowKey> keys = withoutKey.computeIfAbsent(change.table(), table -> new HashSet<>());
            keys.add(key);
            refuseTooMany(keys);
        }
    }

    private void touch(Row row) {
        if (touched.add(row) && touched.size() % TOLD == 0) {
            watch.rows(0, touched.size());
        }
        refuseTooMany(touched);
    }

    private void refuseTooMany(Set<?> rows) {
        if (rows.size() > most) {
            throw tooMany();
        }
    }

    private RowbackException tooMany() {
        return new RowbackException(
                ErrorCode.REFUSED,
                "the scope touches more than " + most
                        + " rows: a plan of more does not fit into the memory of this command",
                "Give it more, say 8 GB by ROWBACK_JAVA_OPTS=-Xmx8g in the environment. Or restore in parts, each by"
                        + " --table and --key-range, or by a shorter window, the latest first. Apply"
                        + " each before the next is planned: a table before those that refer to it, --with-parents where"
                        + " rows refer to others of their table. What was inserted goes last, the other way round.");
    }
}
