package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.restore.query.Tables;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the two halves of an UPDATE that moved a row from one partition to another: the log has it as a DELETE and, directly
 * behind, an INSERT. A DELETE and an INSERT of other rows look the same but for their values, so that some value must have
 * stayed what it was; and an UPDATE it surely was if no more values changed than stayed, of the key one column at most and
 * not the whole. Who deletes and inserts such a row by hand has changed it as well. For several threads.
 */
final class PartitionMoves {
    private final HistoryReader reader;
    private final Tables tables;
    private final Map<Lsn, Map<Position, Half>> known = new ConcurrentHashMap<>();

    private record Half(Change other, boolean sure) {}

    PartitionMoves(HistoryReader reader, Tables tables) {
        this.reader = reader;
        this.tables = tables;
    }

    /** The other half of the move of which this change may be one, or null if it is none. */
    @Nullable
    Change otherHalf(Change change) {
        Half half = half(change);
        return half == null ? null : half.other();
    }

    /** Whether the change is surely one half of an UPDATE. */
    boolean isUpdate(Change change) {
        Half half = half(change);
        return half != null && half.sure();
    }

    private @Nullable Half half(Change change) {
        return change.schema().partitionOf().isEmpty()
                ? null
                : known.computeIfAbsent(change.position().commit(), this::read).get(change.position());
    }

    private Map<Position, Half> read(Lsn commit) {
        Map<Position, Half> halves = new HashMap<>();
        try (Stream<Change> changes = reader.changes(commit, commit.next())) {
            Change last = null;
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (last != null && areNeighbours(last, change)) {
                    note(last, change, halves);
                }
                last = change;
            }
        }
        return halves;
    }

    private static boolean areNeighbours(Change from, Change to) {
        return from.operation() == Operation.DELETE
                && to.operation() == Operation.INSERT
                && from.position().ordinal() + 1 == to.position().ordinal()
                && !from.table().equals(to.table())
                && !Collections.disjoint(
                        from.schema().partitionOf(), to.schema().partitionOf());
    }

    private void note(Change from, Change to, Map<Position, Half> halves) {
        RowImage before = whole(from);
        RowImage after = Objects.requireNonNull(to.after());
        List<String> stayed = columns(
                before,
                column -> before.value(column) instanceof ColumnValue.Text
                        && before.value(column).equals(after.value(column)));
        List<String> changed = columns(
                before,
                column -> !before.value(column).isUnknown()
                        && !after.value(column).isUnknown()
                        && !before.value(column).equals(after.value(column)));
        List<String> key = from.schema().key();
        boolean sure = changed.size() <= stayed.size()
                && key.stream().filter(changed::contains).count() <= 1
                && !Collections.disjoint(key, stayed);
        if (!stayed.isEmpty()) {
            halves.put(from.position(), new Half(to, sure));
            halves.put(to.position(), new Half(from, sure));
        }
    }

    /** By name: partitions number their columns each in their own way. */
    private static List<String> columns(RowImage row, Predicate<String> which) {
        return row.schema().columns().stream().map(Column::name).filter(which).toList();
    }

    /** What was deleted, from the history before the transaction where the log has the key alone. */
    private RowImage whole(Change deletion) {
        RowImage logged = Objects.requireNonNull(deletion.before());
        if (logged.complete()) {
            return logged;
        }
        RowKey key = Objects.requireNonNull(deletion.key());
        TableInfo table = tables.byId(deletion.table()).orElseThrow();
        return logged.filledFrom(new RowTimeline(reader, table)
                .asOf(key, deletion.position().commit())
                .imageOrNull());
    }
}
