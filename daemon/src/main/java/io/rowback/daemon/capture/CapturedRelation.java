package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.OldRow;
import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
import io.rowback.history.TableSchema;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A relation of the stream and the table it is in the history: turns rows of the one into images of the other. */
final class CapturedRelation {
    private final TableSchema schema;
    /** For each column of the stream its index in the schema. */
    private final int[] indexes;
    /** For each column of the stream whether an old row that is not full carries it. */
    private final boolean[] identifying;
    /** The indexes of the key's columns in the schema. */
    private final int[] key;

    private final boolean sameOrder;

    CapturedRelation(TableSchema schema, Relation relation) {
        this.schema = schema;
        int count = relation.columns().size();
        this.indexes = new int[count];
        this.identifying = new boolean[count];
        boolean same = count == schema.columns().size();
        for (int i = 0; i < count; i++) {
            indexes[i] = schema.indexOf(relation.columns().get(i).name());
            identifying[i] = relation.columns().get(i).key();
            same &= indexes[i] == i;
        }
        this.sameOrder = same;
        this.key = schema.key().stream().mapToInt(schema::indexOf).toArray();
    }

    TableSchema schema() {
        return schema;
    }

    /** The row before an UPDATE or DELETE as far as the stream has it: without an old row the key, which did not change. */
    RowImage before(@Nullable OldRow old, @Nullable RowImage after) {
        if (old != null && old.full()) {
            return image(old.values());
        }
        ColumnValue[] values = unknown();
        if (old != null) {
            requireShape(old.values());
            for (int i = 0; i < indexes.length; i++) {
                if (identifying[i]) {
                    values[indexes[i]] = old.values().get(i);
                }
            }
        } else if (after != null) {
            for (int index : key) {
                values[index] = after.values().get(index);
            }
        }
        return new RowImage(schema, List.of(values));
    }

    /** The row after an UPDATE. A value of its identity that the server did not repeat is the one of the old row. */
    RowImage after(@Nullable OldRow old, List<ColumnValue> row) {
        if (old == null || !row.contains(ColumnValue.Special.UNKNOWN)) {
            return image(row);
        }
        ColumnValue[] values = row.toArray(ColumnValue[]::new);
        for (int i = 0; i < values.length; i++) {
            if (identifying[i] && values[i].isUnknown()) {
                values[i] = old.values().get(i);
            }
        }
        return image(List.of(values));
    }

    /** A row that is sent whole. */
    RowImage image(List<ColumnValue> row) {
        requireShape(row);
        if (sameOrder) {
            return new RowImage(schema, row);
        }
        ColumnValue[] values = unknown();
        for (int i = 0; i < indexes.length; i++) {
            values[indexes[i]] = row.get(i);
        }
        return new RowImage(schema, List.of(values));
    }

    /** Whether every column of the key has a value, or without a key every column is known. */
    boolean hasKey(RowImage image) {
        if (!schema.hasKey()) {
            return image.complete();
        }
        for (int index : key) {
            if (!(image.values().get(index) instanceof ColumnValue.Text)) {
                return false;
            }
        }
        return true;
    }

    private ColumnValue[] unknown() {
        ColumnValue[] values = new ColumnValue[schema.columns().size()];
        Arrays.fill(values, ColumnValue.Special.UNKNOWN);
        return values;
    }

    private void requireShape(List<ColumnValue> row) {
        if (row.size() != indexes.length) {
            throw new IllegalArgumentException(
                    "a row of " + schema.name() + " has " + row.size() + " columns, its relation " + indexes.length);
        }
    }
}
