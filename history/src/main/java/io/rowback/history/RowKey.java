package io.rowback.history;

import java.util.List;

/** What identifies a row of its table: the text of each key column in the order of {@link TableSchema#key()}. */
public record RowKey(List<String> values) {
    public RowKey {
        values = List.copyOf(values);
    }

    /** A key of these values. */
    public static RowKey of(String... values) {
        return new RowKey(List.of(values));
    }

    /** As an operator types it: the value itself for one column, else the values with commas. */
    @Override
    public String toString() {
        return String.join(",", values);
    }
}
