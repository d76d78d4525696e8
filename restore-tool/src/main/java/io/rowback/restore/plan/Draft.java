package io.rowback.restore.plan;

import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A repair on its way into the plan, with the row that it meets.
 *
 * @param name the row's key as findings call it
 * @param repair the write
 * @param now the row as it is, null if there is none
 */
public record Draft(RowKey name, Repair repair, @Nullable RowImage now) {
    public Draft {
        // Many are kept, and little is asked of them.
        now = now == null ? null : now.packed();
    }

    /** The table as it is now. */
    public TableSchema table() {
        return repair.table();
    }

    /** The row as findings call it. */
    public Row row() {
        return new Row(id(), name);
    }

    /** The column's value after the write, null if the row is gone then. */
    public @Nullable ColumnValue after(String column) {
        ColumnValue written = repair.written(column);
        if (written != null || repair instanceof Repair.DeleteRow) {
            return written;
        }
        return before(column);
    }

    /** The column's value before the write, null if there is no row. */
    public @Nullable ColumnValue before(String column) {
        if (now == null) {
            return null;
        }
        int index = now.schema().indexOfSame(table().column(column));
        return index < 0 ? null : now.values().get(index);
    }

    /** Whether the write sets one of these columns. */
    public boolean writes(List<String> columns) {
        for (String column : columns) {
            if (repair.writes(column)) {
                return true;
            }
        }
        return false;
    }

    /** What the row refers to through a foreign key after the write, if it does. */
    @Nullable
    RowReference refersTo(ForeignKey foreignKey) {
        return RowReference.of(foreignKey.refTable(), foreignKey.refColumns(), foreignKey.columns(), this::after);
    }

    /** What the row refers to through a foreign key before the write, if it does. */
    @Nullable
    RowReference referredTo(ForeignKey foreignKey) {
        return RowReference.of(foreignKey.refTable(), foreignKey.refColumns(), foreignKey.columns(), this::before);
    }

    /** The row by these columns of its own, after the write. */
    @Nullable
    RowReference identifiedAfter(List<String> columns) {
        return RowReference.of(id(), columns, columns, this::after);
    }

    /** The row by these columns of its own, before the write. */
    @Nullable
    RowReference identifiedBefore(List<String> columns) {
        return RowReference.of(id(), columns, columns, this::before);
    }

    private TableId id() {
        return table().id();
    }
}
