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
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a scope's changes touched, as far as the scope's narrowing goes by table and key: each once, in the order in
 * which the scope first touched them, found as they are asked for.
 */
final class ScopeRows implements Iterator<ScopeRows.Touched>, AutoCloseable {
    /** What a row of short values takes at the peak, when its plan is nearly made: twice what it takes then. */
    private static final long BYTES_PER_ROW = 640;

    /** What certainly does not fit into memory is refused while its keys are read, not after minutes. */
    static final int MOST =
            (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / BYTES_PER_ROW);

    /** After so many each time it is told how many there are. */
    private static final int TOLD = 1_000;

    private final HistoryReader reader;
    private final Tables tables;
    private final Scope scope;
    private final IntConsumer found;
    private final int most;
    private final Iterator<Source<?>> sources;
    private @Nullable Reading<?> open;
    private final Set<Row> touched = new HashSet<>();
    private final Queue<Touched> fresh = new ArrayDeque<>();
    private final Map<TableId, Set<RowKey>> withoutKey = new LinkedHashMap<>();

    /**
     * A row of the scope.
     *
     * @param change the scope's first change of it; null where none was read to find it
     */
    record Touched(Row row, @Nullable Change change) {}

    /** What is to be read, once it is its turn, and what is done with each of it. */
    private record Source<T>(Supplier<Stream<T>> stream, Consumer<T> taking) {
        Reading<T> open() {
            Stream<T> opened = stream.get();
            return new Reading<>(opened, opened.spliterator(), taking);
        }
    }

    /** What is being read. */
    private record Reading<T>(Stream<T> stream, Spliterator<T> steps, Consumer<T> taking) {
        boolean step() {
            return steps.tryAdvance(taking);
        }
    }

    ScopeRows(HistoryReader reader, Tables tables, Scope scope, IntConsumer found, int most) {
        this.reader = reader;
        this.tables = tables;
        this.scope = scope;
        this.found = found;
        this.most = most;
        Stream<Source<?>> all = scope.narrowings().isEmpty()
                ? scope.windows().stream()
                        .map(window -> changes(() -> reader.changes(window.from(), window.to()), row -> true))
                : scope.narrowings().stream().flatMap(this::sources);
        this.sources = all.iterator();
    }

    /** All of them. */
    Set<Row> touched() {
        return touched;
    }

    @Override
    public boolean hasNext() {
        while (fresh.isEmpty()) {
            if (open == null) {
                if (!sources.hasNext()) {
                    return false;
                }
                open = sources.next().open();
            } else if (!open.step()) {
                close();
            }
        }
        return true;
    }

    @Override
    public Touched next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return fresh.remove();
    }

    @Override
    public void close() {
        if (open != null) {
            open.stream().close();
            open = null;
        }
    }

    private Stream<Source<?>> sources(Scope.Narrowing narrowing) {
        TableInfo table = narrowing.table();
        RowKey key = narrowing.key();
        if (key == null) {
            return scope.windows().stream().flatMap(window -> sources(table, narrowing.range(), window));
        }
        Row row = new Row(table.schema().id(), key);
        return rows(row, narrowing.related()).stream().map(this::changesOf);
    }

    /** By the range of keys where that is less than the window; one transaction is always less. */
    private Stream<Source<?>> sources(TableInfo table, Scope.@Nullable KeyRange range, Scope.Window window) {
        TableId id = table.schema().id();
        Predicate<Row> inRange = row -> range == null || range.contains(row.key());
        if (range == null || window.isOneCommit()) {
            return Stream.of(changes(() -> reader.changes(id, window.from(), window.to()), inRange));
        }
        return Stream.of(
                new Source<>(
                        () -> reader.changedKeys(id, range.low(), range.high(), window.from(), window.to()),
                        key -> touch(new Row(id, key), null)),
                changes(() -> reader.changes(id, RowKey.of(), window.from(), window.to()), inRange));
    }

    private Source<?> changesOf(Row row) {
        return changes(
                () -> reader.changes(row.table(), row.key(), scope.begin(), scope.end())
                        .filter(change -> scope.contains(change.position())),
                row::equals);
    }

    private Source<?> changes(Supplier<Stream<Change>> changes, Predicate<Row> counts) {
        return new Source<>(changes, change -> touch(change, counts));
    }

    /** The rows of tables without a key, which are no rows of this iterator, by their fingerprints. */
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

    private void touch(Change change, Predicate<Row> counts) {
        if (change.operation() == Operation.TRUNCATE) {
            touchAll(change, counts);
        }
        for (@Nullable RowKey key : new @Nullable RowKey[] {change.oldKey(), change.key()}) {
            touch(change, key, counts);
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
            touch(new Row(change.table(), key), change);
        } else {
            Set<RowKey> keys = withoutKey.computeIfAbsent(change.table(), table -> new HashSet<>());
            keys.add(key);
            refuseTooMany(keys);
        }
    }

    private void touch(Row row, @Nullable Change change) {
        if (!touched.add(row)) {
            return;
        }
        fresh.add(new Touched(row, change));
        if (touched.size() % TOLD == 0) {
            found.accept(touched.size());
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
