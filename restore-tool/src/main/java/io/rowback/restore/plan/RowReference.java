package io.rowback.restore.plan;

import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.ForeignKey.Action;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Equality;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A row by the values of some of its columns, those that a foreign key or a unique constraint is about. */
record RowReference(TableId table, List<String> columns, List<String> values) {
    // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
    @Override
    public boolean equals(Object other) {
        return other instanceof RowReference reference
                && table.equals(reference.table)
                && values.equals(reference.values)
                && columns.equals(reference.columns);
    }

    @Override
    public int hashCode() {
        return 31 * table.hashCode() + values.hashCode();
    }

    /** This reference in the form that equal values of that table's columns share. */
    RowReference normal(TableSchema schema) {
        List<String> normal = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            normal.add(Equality.normalForm(schema.column(columns.get(i)), values.get(i)));
        }
        return normal.equals(values) ? this : new RowReference(table, columns, normal);
    }

    /** The reference that these columns make, in the columns' sorted order; null where one of them is NULL or not known. */
    static @Nullable RowReference of(
            TableId table, List<String> columns, List<String> from, Function<String, @Nullable ColumnValue> values) {
        List<String> sorted =
                columns.size() == 1 ? columns : columns.stream().sorted().toList();
        List<String> texts = new ArrayList<>(sorted.size());
        for (String column : sorted) {
            if (!(values.apply(from.get(columns.indexOf(column))) instanceof ColumnValue.Text text)) {
                return null;
            }
            texts.add(text.text());
        }
        return new RowReference(table, sorted, texts);
    }

    /** The row of this key. */
    static RowReference of(TableSchema schema, RowKey key) {
        List<String> sorted = schema.key().stream().sorted().toList();
        return new RowReference(
                schema.id(),
                sorted,
                sorted.stream()
                        .map(column -> key.values().get(schema.key().indexOf(column)))
                        .toList());
    }

    /**
     * Whether a foreign key to that table names one row of it by its key. By a PERIOD it names as many as cover its range,
     * which the history does not tell from a foreign key over ranges as they stand: those are the server's to check.
     */
    static boolean isByKey(ForeignKey foreignKey, TableSchema parent) {
        List<String> referred = foreignKey.refColumns();
        return Set.copyOf(referred).equals(Set.copyOf(parent.key())) && !isByPeriod(foreignKey, parent);
    }

    /** Whether a foreign key to that table may be one with a PERIOD, which has no actions. */
    static boolean isByPeriod(ForeignKey foreignKey, TableSchema parent) {
        List<String> referred = foreignKey.refColumns();
        return foreignKey.onDelete() == Action.NO_ACTION
                && foreignKey.onUpdate() == Action.NO_ACTION
                && Equality.isRange(parent.column(referred.get(referred.size() - 1)));
    }

    /** The key of the row, where the columns are those of its table's key. */
    RowKey key(TableSchema schema) {
        List<String> key = new ArrayList<>(values.size());
        for (String column : schema.key()) {
            key.add(values.get(columns.indexOf(column)));
        }
        return new RowKey(key);
    }
}
