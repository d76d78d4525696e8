package io.rowback.history;

/** A table's object identifier in {@code pg_class}, unsigned 32 bits. It survives renames; names do not. */
public record TableId(int oid) implements Comparable<TableId> {
    @Override
    public int compareTo(TableId other) {
        return Integer.compareUnsigned(oid, other.oid);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(oid);
    }
}
