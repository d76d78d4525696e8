package io.rowback.history;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Values of columns one behind the other in one array, each behind a number that says what it is, as the store has them: a third
 * of what an object for each takes. Reading a value makes it anew and passes over those before it.
 */
public final class PackedValues extends AbstractList<ColumnValue> {
    /** The number of SQL NULL. */
    public static final int NULL = 0;
    /** The number of what is not known. */
    public static final int UNKNOWN = 1;
    /**
     * The number of a text is its length and this; seven bits a byte, the lowest first, all but the last byte negative. The
     * store has a use for the number between.
     */
    public static final int TEXT = 3;

    private final byte[] bytes;
    private final int size;

    private PackedValues(byte[] bytes, int size) {
        this.bytes = bytes;
        this.size = size;
    }

    /** That many values in this form, which the caller has made sure of and hands over: the bytes no longer change. */
    public static PackedValues of(byte[] bytes, int size) {
        return new PackedValues(bytes, size);
    }

    /** These values. */
    public static PackedValues of(List<ColumnValue> values) {
        if (values instanceof PackedValues packed) {
            return packed;
        }
        int length = 0;
        for (ColumnValue value : values) {
            length +=
                    value instanceof ColumnValue.Text text ? width(TEXT + text.utf8().length) + text.utf8().length : 1;
        }
        byte[] bytes = new byte[length];
        int at = 0;
        for (ColumnValue value : values) {
            if (value instanceof ColumnValue.Text text) {
                byte[] utf8 = text.utf8();
                int number = TEXT + utf8.length;
                for (; number > 0x7F; number >>>= 7) {
                    bytes[at++] = (byte) (number | 0x80);
                }
                bytes[at++] = (byte) number;
                System.arraycopy(utf8, 0, bytes, at, utf8.length);
                at += utf8.length;
            } else {
                bytes[at++] = (byte) (value.isNull() ? NULL : UNKNOWN);
            }
        }
        return new PackedValues(bytes, values.size());
    }

    /** How many bytes they take. */
    public int bytes() {
        return bytes.length;
    }

    /** Whether none of them is unknown; told without making them. */
    public boolean known() {
        Cursor cursor = new Cursor();
        while (cursor.hasNext()) {
            if (cursor.passesUnknown()) {
                return false;
            }
        }
        return true;
    }

    private static int width(int number) {
        int width = 1;
        for (int rest = number >>> 7; rest > 0; rest >>>= 7) {
            width++;
        }
        return width;
    }

    @Override
    public ColumnValue get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        Cursor cursor = new Cursor();
        for (int passed = 0; passed < index; passed++) {
            cursor.pass();
        }
        return cursor.next();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Iterator<ColumnValue> iterator() {
        return new Cursor();
    }

    private final class Cursor implements Iterator<ColumnValue> {
        private int at;

        @Override
        public boolean hasNext() {
            return at < bytes.length;
        }

        @Override
        public ColumnValue next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            int number = number();
            if (number < TEXT) {
                return number == NULL ? ColumnValue.Special.NULL : ColumnValue.Special.UNKNOWN;
            }
            int begin = at;
            at += number - TEXT;
            return ColumnValue.of(Arrays.copyOfRange(bytes, begin, at));
        }

        void pass() {
            int number = number();
            at += Math.max(number - TEXT, 0);
        }

        /** Passes a value; whether it is unknown. */
        boolean passesUnknown() {
            int number = bytes[at];
            // A single byte may be no text, which is ColumnValue's to tell.
            if (number == TEXT + 1) {
                return next().isUnknown();
            }
            pass();
            return number == UNKNOWN;
        }

        /** Reads the number and stands behind it. */
        private int number() {
            int number = 0;
            int shift = 0;
            byte next;
            do {
                next = bytes[at++];
                number |= (next & 0x7F) << shift;
                shift += 7;
            } while (next < 0);
            return number;
        }
    }
}
