package io.rowback.restore.live;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.postgres.Identifiers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares all rows of a live table that has a key with those that the history holds at some point: row by row in the order of the
 * history's keys, then, only if there are more live rows than were found so, each live key. Used once.
 */
final class TableComparison {
    private static final int BATCH_ROWS = 1_000;
    private static final long BATCH_BYTES = 8L << 20;

    private final Session session;
    private final LiveTable live;
    private final TableFacts facts;
    private final HistoryReader reader;
    private final TableInfo table;
    private final Lsn at;
    private final @Nullable Visibility snapshot;
    private final Consumer<RowDifference> differences;
    private long rows;
    private long found;
    private long incomplete;

    /**
     * A comparison.
     *
     * @param table what the history knows of the table, which it covers at {@code at}
     * @param at everything that the snapshot sees lies below
     * @param snapshot what it sees of that, null if that cannot be told
     * @param differences takes each difference
     */
    TableComparison(
            Session session,
            LiveTable live,
            TableFacts facts,
            HistoryReader reader,
            TableInfo table,
            Lsn at,
            @Nullable Visibility snapshot,
            Consumer<RowDifference> differences) {
        this.session = session;
        this.live = live;
        this.facts = facts;
        this.reader = reader;
        this.table = table;
        this.at = at;
        this.snapshot = snapshot;
        this.differences = differences;
    }

    /**
     * Compares.
     *
     * @param progress takes how many rows were compared so far
     */
    Compared compare(Consumer<Long> progress) {
        Map<RowKey, RowImage> batch = new LinkedHashMap<>();
        long bytes = 0;
        try (Stream<RowImage> all = new TableTimeline(reader, table).asOf(at)) {
            for (RowImage row : (Iterable<RowImage>) all::iterator) {
                batch.put(Objects.requireNonNull(row.key(), "key of a row is known"), row);
                bytes += bytes(row);
                if (batch.size() == BATCH_ROWS || bytes > BATCH_BYTES) {
                    compare(batch);
                    progress.accept(rows);
                    bytes = 0;
                }
            }
        }
        compare(batch);
        long there = session.row("SELECT count(*) FROM ONLY " + facts.sqlName(), row -> row.getLong(1));
        if (there != found) {
            findExtra(there - found);
        }
        progress.accept(rows);
        return new Compared(rows, incomplete);
    }

    private static long bytes(RowImage row) {
        return row.values().stream()
                .mapToLong(value -> value instanceof ColumnValue.Text text ? text.utf8().length : 0)
                .sum();
    }

    private void compare(Map<RowKey, RowImage> batch) {
        Map<RowKey, RowImage> there = new LiveRows(session).read(live.schema(), facts, batch.keySet());
        batch.forEach((key, row) -> {
            rows++;
            incomplete += row.complete() ? 0 : 1;
            compare(key, row, there.get(key));
        });
        found += there.size();
        batch.clear();
    }

    private void compare(RowKey key, @Nullable RowImage held, @Nullable RowImage there) {
        RowDifference difference = difference(key, held, there);
        if (difference != null) {
            // What the snapshot does not see yet may have made it: then what was there before is what counts.
            Optional<Lsn> unseen = firstUnseen(key);
            RowDifference certain = unseen.isEmpty()
                    ? difference
                    : difference(
                            key,
                            new RowTimeline(reader, table)
                                    .asOf(key, unseen.get())
                                    .imageOrNull(),
                            there);
            if (certain != null) {
                differences.accept(certain);
            }
        }
    }

    private @Nullable RowDifference difference(RowKey key, @Nullable RowImage held, @Nullable RowImage there) {
        if (held == null && there == null) {
            return null;
        }
        if (held == null || there == null) {
            return new RowDifference(live.schema(), key, held == null ? 0 : 1, there == null ? 0 : 1, List.of());
        }
        List<String> columns =
                there.contradictions(held).stream().map(Column::name).toList();
        return columns.isEmpty() ? null : new RowDifference(live.schema(), key, 1, 1, columns);
    }

    /** The first commit that changed the row and that the snapshot does not see; of one row it sees none behind. */
    private Optional<Lsn> firstUnseen(RowKey key) {
        Visibility sees = snapshot;
        if (sees == null) {
            return Optional.empty();
        }
        Lsn from = table.coverage(at).orElseThrow().from();
        try (Stream<Change> changes = reader.changes(table.schema().id(), key, from, at)) {
            return changes.map(change -> change.position().commit())
                    .filter(commit ->
                            !sees.sees(reader.transaction(commit).orElseThrow().id()))
                    .findFirst();
        }
    }

    /** Looks for so many live rows that the history does not hold, and tells of them batch by batch. */
    private void findExtra(long count) {
        List<String> key = live.schema().key();
        String columns = key.stream()
                .map(column -> "format('%s', " + Identifiers.quote(column) + ")")
                .collect(Collectors.joining(", "));
        RowTimeline timeline = new RowTimeline(reader, table);
        Set<RowKey> extra = new LinkedHashSet<>();
        long[] left = {count};
        session.each("SELECT " + columns + " FROM ONLY " + facts.sqlName(), BATCH_ROWS, row -> {
            List<String> values = new ArrayList<>();
            for (int i = 1; i <= key.size(); i++) {
                values.add(row.getString(i));
            }
            RowKey there = new RowKey(values);
            if (timeline.asOf(there, at).imageOrNull() == null) {
                left[0]--;
                extra.add(there);
            }
            if (extra.size() == BATCH_ROWS) {
                tellExtra(extra);
            }
            return left[0] != 0;
        });
        tellExtra(extra);
    }

    private void tellExtra(Set<RowKey> keys) {
        Map<RowKey, RowImage> rows = new LiveRows(session).read(live.schema(), facts, keys);
        keys.forEach(key -> compare(key, null, rows.get(key)));
        keys.clear();
    }
}
