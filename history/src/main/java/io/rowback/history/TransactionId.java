package io.rowback.history;

/**
 * A transaction id in its 64-bit form, as {@code pg_current_xact_id()} prints it: the upper half counts wrap-arounds
 * of the 32-bit xid that the log carries.
 */
public record TransactionId(long value) implements Comparable<TransactionId> {
    /**
     * The 64-bit id whose lower half is {@code xid} and which lies nearest to {@code reference}. Exact while the two
     * are less than 2^31 transactions apart, which Postgres guarantees for transactions still in the log.
     */
    public static TransactionId widen(int xid, TransactionId reference) {
        int distance = xid - (int) reference.value;
        return new TransactionId(reference.value + distance);
    }

    /** The id of that 32-bit xid after so many wrap-arounds, both unsigned. */
    public static TransactionId of(long epoch, long xid) {
        return new TransactionId(epoch << Integer.SIZE | xid);
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws NumberFormatException if it is something else
     */
    public static TransactionId parse(String text) {
        return new TransactionId(Long.parseUnsignedLong(text));
    }

    /** The 32-bit form that the log, {@code xmin} and {@code pg_waldump} show, unsigned. */
    public long xid() {
        return value & 0xFFFF_FFFFL;
    }

    @Override
    public int compareTo(TransactionId other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(value);
    }
}
