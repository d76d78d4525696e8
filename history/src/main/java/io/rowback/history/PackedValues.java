package io.rowback.history;

import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Values of columns one behind the other in one array, each behind its length: a third of what an object for each takes.
 * Reading a value makes it anew and passes over those before it.
 */
final class PackedValues extends AbstractList<ColumnValue> {
    /** In place of the length of a text. */
    private static final int NULL = -1;

    private static final int UNKNOWN = -2;

    private final byte[] bytes;
    private final int size;

    private PackedValues(byte[] bytes, int size) {
        this.bytes = bytes;
        this.size = size;
    }

    static PackedValues of(List<ColumnValue> values) {
        if (values instanceof PackedValues packed) {
            return packed;
        }
        int length = 0;
        for (ColumnValue value : values) {
            length += Integer.BYTES + (value instanceof ColumnValue.Text text ? text.utf8().length : 0);
        }
        ByteBuffer out = ByteBuffer.allocate(length);
        for (ColumnValue value : values) {
            if (value instanceof ColumnValue.Text text) {
                out.putInt(text.utf8().length).put(text.utf8());
            } else {
                out.putInt(value.isNull() ? NULL : UNKNOWN);
            }
        }
        return new PackedValues(out.array(), values.size());
    }

    @Override
    public ColumnValue get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        for (int passed = 0; passed < index; passed++) {
            int length = in.getInt();
            in.position(in.position() + Math.max(length, 0));
        }
        return read(in);
    }

    private static ColumnValue read(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return length == NULL ? ColumnValue.Special.NULL : ColumnValue.Special.UNKNOWN;
        }
        byte[] text = new byte[length];
        in.get(text);
        return ColumnValue.of(text);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Iterator<ColumnValue> iterator() {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return in.hasRemaining();
            }

            @Override
            public ColumnValue next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return read(in);
            }
        };
    }
}
