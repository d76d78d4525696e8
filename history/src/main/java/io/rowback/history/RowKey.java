package io.rowback.history;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What identifies a row of its table: the text of each key column in the order of {@link TableSchema#key()}, or in a table
 * without a key the fingerprint that equal rows share, see {@link RowImage#key()}. Ordered
 * column by column as {@link KeyForm} says, which is the order in which the store keeps rows.
 */
public record RowKey(List<String> values) implements Comparable<RowKey> {
    public RowKey {
        values = List.copyOf(values);
    }

    /** A key of these values. */
    public static RowKey of(String... values) {
        return new RowKey(List.of(values));
    }

    @Override
    public int compareTo(RowKey other) {
        int common = Math.min(values.size(), other.values.size());
        for (int i = 0; i < common; i++) {
            int order = compare(values.get(i), other.values.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(values.size(), other.values.size());
    }

    private static int compare(String one, String other) {
        byte[] left = one.getBytes(StandardCharsets.UTF_8);
        byte[] right = other.getBytes(StandardCharsets.UTF_8);
        KeyForm form = KeyForm.of(left);
        int order = form.compareTo(KeyForm.of(right));
        if (order != 0) {
            return order;
        }
        return form == KeyForm.INTEGER
                ? Long.compare(KeyForm.integer(left), KeyForm.integer(right))
                : Arrays.compareUnsigned(left, right);
    }

    // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof RowKey key && values.equals(key.values));
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** As an operator types it: the value itself for one column, else the values with commas. */
    @Override
    public String toString() {
        return String.join(",", values);
    }
}
