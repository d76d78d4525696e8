package io.rowback.history;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row changed, or one table truncated. The images hold what the stream carried and are unknown where it carried
 * nothing; {@link RowTimeline} resolves them from earlier history.
 *
 * @param position where it stands in commit order
 * @param operation what was done
 * @param schema the table as it was
 * @param before the row before; null for INSERT and TRUNCATE. Of an UPDATE or DELETE the key is always known, the rest
 *     only under REPLICA IDENTITY FULL
 * @param after the row after; null for DELETE and TRUNCATE
 */
public record Change(
        Position position,
        Operation operation,
        TableSchema schema,
        @Nullable RowImage before,
        @Nullable RowImage after) {

    public Change {
        boolean hasBefore = operation == Operation.UPDATE || operation == Operation.DELETE;
        boolean hasAfter = operation == Operation.UPDATE || operation == Operation.INSERT;
        if ((before != null) != hasBefore || (after != null) != hasAfter) {
            throw new IllegalArgumentException("images do not fit " + operation + " at " + position);
        }
    }

    /** The table's oid. */
    public TableId table() {
        return schema.id();
    }

    /** The key under which the row is known after the change, or for a DELETE before it; null for TRUNCATE. */
    public @Nullable RowKey key() {
        RowImage image = after != null ? after : before;
        return image == null ? null : Objects.requireNonNull(image.key(), "key of a change is known");
    }

    /** The key before the change where the change gave the row another one, else null. */
    public @Nullable RowKey oldKey() {
        if (before == null || after == null) {
            return null;
        }
        RowKey old = Objects.requireNonNull(before.key(), "key of a change is known");
        return old.equals(after.key()) ? null : old;
    }

    /** How many rows more it leaves under that key than it found, of those that it tells: -1, 0 or 1. */
    public int added(RowKey key) {
        return holds(after, key) - holds(before, key);
    }

    private static int holds(@Nullable RowImage image, RowKey key) {
        return image != null && key.equals(image.key()) ? 1 : 0;
    }
}
