package io.rowback.history;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A row at some moment: one value for each column of its schema, by index. */
public record RowImage(TableSchema schema, List<ColumnValue> values) {
    public RowImage {
        values = List.copyOf(values);
        if (values.size() != schema.columns().size()) {
            throw new IllegalArgumentException("table " + schema.name() + " has "
                    + schema.columns().size() + " columns, the image " + values.size());
        }
    }

    /** The value of a column; unknown if the schema has no such column. */
    public ColumnValue value(String column) {
        int index = schema.indexOf(column);
        return index < 0 ? ColumnValue.Special.UNKNOWN : values.get(index);
    }

    /** Whether every column that the stream carries is known. */
    public boolean complete() {
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i).isUnknown() && schema.columns().get(i).published()) {
                return false;
            }
        }
        return true;
    }

    /** The row's key, or null while a key column is unknown. */
    public @Nullable RowKey key() {
        List<String> key = new ArrayList<>(schema.key().size());
        for (String column : schema.key()) {
            if (!(value(column) instanceof ColumnValue.Text text)) {
                return null;
            }
            key.add(text.text());
        }
        return new RowKey(key);
    }

    /** This image with every unknown column taken from the same column of {@code older}, where that has it. */
    public RowImage filledFrom(@Nullable RowImage older) {
        if (older == null) {
            return this;
        }
        List<ColumnValue> filled = new ArrayList<>(values);
        for (int i = 0; i < filled.size(); i++) {
            if (filled.get(i).isUnknown()) {
                int same = older.schema.indexOfSame(schema.columns().get(i));
                filled.set(i, same < 0 ? ColumnValue.Special.UNKNOWN : older.values.get(same));
            }
        }
        return new RowImage(schema, filled);
    }
}
