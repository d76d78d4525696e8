package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.ColumnValue.Special;
import io.rowback.history.Operation;
import io.rowback.history.PackedValues;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes and row images as bytes. The before image is written as the stream had it, the after image of an UPDATE as
 * its difference from that, so each change decodes alone.
 */
final class ChangeCodec {
    /** Beside the numbers of {@link PackedValues}, in whose form an image is that stands alone. */
    private static final int AS_BEFORE = 2;

    private ChangeCodec() {}

    static void write(ByteWriter out, Change change, long version) {
        out.u8(change.operation().code()).u32(change.table().oid()).u64(version);
        RowImage before = change.before();
        RowImage after = change.after();
        if (before != null) {
            write(out, before, null);
        }
        if (after != null) {
            write(out, after, before);
        }
    }

    static Change read(ByteReader in, Position position, Schemas schemas) {
        Operation operation = Operation.of(in.u8());
        TableSchema schema = schemas.stored(new TableId(in.u32()), in.u64()).schema();
        boolean hasBefore = operation == Operation.UPDATE || operation == Operation.DELETE;
        boolean hasAfter = operation == Operation.UPDATE || operation == Operation.INSERT;
        if (hasBefore && hasAfter) {
            RowImage before = read(in, schema, null);
            return new Change(position, operation, schema, before, read(in, schema, before));
        }
        RowImage before = hasBefore ? read(in, schema) : null;
        RowImage after = hasAfter ? read(in, schema) : null;
        return new Change(position, operation, schema, before, after);
    }

    /** An image that stands alone: its values are left as they are stored, since most are only passed on. */
    static RowImage read(ByteReader in, TableSchema schema) {
        int columns = schema.columns().size();
        int begin = in.at();
        for (int i = 0; i < columns; i++) {
            long code = in.varint();
            if (code == AS_BEFORE) {
                throw asBefore();
            }
            in.skip(Math.max(code - PackedValues.TEXT, 0));
        }
        return new RowImage(schema, PackedValues.of(in.since(begin), columns));
    }

    static void write(ByteWriter out, RowImage image, @Nullable RowImage before) {
        Iterator<ColumnValue> older =
                before == null ? Collections.emptyIterator() : before.values().iterator();
        for (ColumnValue value : image.values()) {
            if (older.hasNext() && value.equals(older.next())) {
                out.varint(AS_BEFORE);
            } else if (value instanceof ColumnValue.Text text) {
                out.varint(PackedValues.TEXT + text.utf8().length).bytes(text.utf8());
            } else {
                out.varint(value.isNull() ? PackedValues.NULL : PackedValues.UNKNOWN);
            }
        }
    }

    /** An image of an UPDATE. */
    private static RowImage read(ByteReader in, TableSchema schema, @Nullable RowImage before) {
        List<ColumnValue> values = new ArrayList<>(schema.columns().size());
        for (int i = 0; i < schema.columns().size(); i++) {
            long code = in.varint();
            if (code == PackedValues.NULL) {
                values.add(Special.NULL);
            } else if (code == PackedValues.UNKNOWN) {
                values.add(Special.UNKNOWN);
            } else if (code != AS_BEFORE) {
                values.add(ColumnValue.of(in.bytes(Math.toIntExact(code - PackedValues.TEXT))));
            } else if (before != null) {
                values.add(before.values().get(i));
            } else {
                throw asBefore();
            }
        }
        return new RowImage(schema, values);
    }

    private static IllegalStateException asBefore() {
        return new IllegalStateException("a column is as before where there is no before image");
    }
}
