package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the two halves of an UPDATE that moved a row from one partition to another: the log has it as a DELETE and, directly
 * behind, an INSERT. A DELETE and an INSERT of other rows look the same but for their values, so that some value must have
 * stayed what it was.
 */
final class PartitionMoves {
    private final HistoryReader reader;
    private final Map<Lsn, Map<Position, Change>> known = new HashMap<>();

    PartitionMoves(HistoryReader reader) {
        this.reader = reader;
    }

    /** The other half of the move of which this change is one, or null if it is none. */
    @Nullable
    Change otherHalf(Change change) {
        if (change.schema().partitionOf().isEmpty()) {
            return null;
        }
        return known.computeIfAbsent(change.position().commit(), this::read).get(change.position());
    }

    private Map<Position, Change> read(Lsn commit) {
        Map<Position, Change> halves = new HashMap<>();
        try (Stream<Change> changes = reader.changes(commit, commit.next())) {
            Change last = null;
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (last != null && isMove(last, change)) {
                    halves.put(last.position(), change);
                    halves.put(change.position(), last);
                }
                last = change;
            }
        }
        return halves;
    }

    private static boolean isMove(Change from, Change to) {
        return from.operation() == Operation.DELETE
                && to.operation() == Operation.INSERT
                && from.position().ordinal() + 1 == to.position().ordinal()
                && !from.table().equals(to.table())
                && !Collections.disjoint(
                        from.schema().partitionOf(), to.schema().partitionOf())
                && shareAValue(from.before(), to.after());
    }

    /** Compares by name: partitions number their columns each in their own way. */
    private static boolean shareAValue(@Nullable RowImage from, @Nullable RowImage to) {
        return from != null
                && to != null
                && from.schema().columns().stream()
                        .map(Column::name)
                        .anyMatch(column ->
                                from.value(column) instanceof ColumnValue.Text value && value.equals(to.value(column)));
    }
}
