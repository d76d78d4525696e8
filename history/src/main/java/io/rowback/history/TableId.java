package io.rowback.history;

/** A table's object identifier in {@code pg_class}, unsigned 32 bits. It survives renames; names do not. */
public record TableId(int oid) implements Comparable<TableId> {
    @Override
    public int compareTo(TableId other) {
        return Integer.compareUnsigned(oid, other.oid);
    }

    // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
    @Override
    public boolean equals(Object other) {
        return other instanceof TableId table && oid == table.oid;
    }

    @Override
    public int hashCode() {
        return oid;
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(oid);
    }
}
