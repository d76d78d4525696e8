package io.rowback.history;

/**
 * A log sequence number: a byte position in the write-ahead log, an unsigned 64-bit number. Written as Postgres writes
 * {@code pg_lsn}: two hexadecimal halves with a slash, {@code 16/B374D848}.
 */
public record Lsn(long value) implements Comparable<Lsn> {
    /** Below every real position; Postgres calls it invalid. */
    public static final Lsn ZERO = new Lsn(0);
    /** Above every real position. */
    public static final Lsn MAX = new Lsn(-1);

    /**
     * Reads Postgres' text form.
     *
     * @throws IllegalArgumentException if the text is not an LSN
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (!text.matches("[0-9a-fA-F]{1,8}/[0-9a-fA-F]{1,8}")) {
            throw new IllegalArgumentException("not an LSN: " + text);
        }
        long high = Long.parseLong(text, 0, slash, 16);
        long low = Long.parseLong(text, slash + 1, text.length(), 16);
        return new Lsn(high << 32 | low);
    }

    /** The smallest position above this one. */
    public Lsn next() {
        return new Lsn(value + 1);
    }

    /** Whether this position lies below the other. */
    public boolean isBefore(Lsn other) {
        return compareTo(other) < 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
    @Override
    public boolean equals(Object other) {
        return other instanceof Lsn lsn && value == lsn.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> 32, value & 0xFFFF_FFFFL);
    }
}
