package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.PackedValues;
import io.rowback.history.RowImage;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair.Cell;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Cells of one row, kept as the packed values of its table's columns, of which others are not known: a plan may have hundreds of thousands of
 * rows. They are to be read one after the other; each is made anew when it is read.
 */
final class Cells extends AbstractList<Cell> {
    private final TableSchema table;
    private final PackedValues values;
    private final int size;

    private Cells(TableSchema table, PackedValues values, int size) {
        this.table = table;
        this.values = values;
        this.size = size;
    }

    /** These cells, packed where they are columns of the table in its order. */
    static List<Cell> of(TableSchema table, List<Cell> cells) {
        if (cells instanceof Cells) {
            return cells;
        }
        List<ColumnValue> values =
                new ArrayList<>(Collections.nCopies(table.columns().size(), ColumnValue.Special.UNKNOWN));
        int last = -1;
        for (Cell cell : cells) {
            do {
                last++;
            } while (last < values.size() && !table.columns().get(last).equals(cell.column()));
            if (last == values.size()) {
                return List.copyOf(cells);
            }
            values.set(last, cell.value());
        }
        return new Cells(table, PackedValues.of(values), cells.size());
    }

    /** All that a row holds, which is kept as it is; null if that is not each column of the table and nothing else. */
    static @Nullable Cells whole(TableSchema table, RowImage row) {
        if (!row.schema().equals(table)) {
            return null;
        }
        for (Column column : table.columns()) {
            if (column.generated()) {
                return null;
            }
        }
        PackedValues values = PackedValues.of(row.values());
        return values.known() ? new Cells(table, values, values.size()) : null;
    }

    /** The value in this column, null if there is none. */
    @Nullable
    ColumnValue value(String column) {
        int index = table.indexOf(column);
        ColumnValue value = index < 0 ? ColumnValue.Special.UNKNOWN : values.get(index);
        return value.isUnknown() ? null : value;
    }

    /** How many bytes the values take. */
    int bytes() {
        return values.bytes();
    }

    /** The names of the columns, read without their values. */
    List<String> columns() {
        List<String> names = new ArrayList<>(size);
        for (int i = 0; i < values.size(); i++) {
            if (has(i)) {
                names.add(table.columns().get(i).name());
            }
        }
        return names;
    }

    /** Whether there is a value in this column. */
    boolean has(String column) {
        int index = table.indexOf(column);
        return index >= 0 && has(index);
    }

    private boolean has(int index) {
        return size == values.size() || !values.get(index).isUnknown();
    }

    @Override
    public Cell get(int index) {
        Iterator<Cell> cells = iterator();
        for (int passed = 0; passed < index; passed++) {
            cells.next();
        }
        return cells.next();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Iterator<Cell> iterator() {
        Iterator<Column> columns = table.columns().iterator();
        Iterator<ColumnValue> each = values.iterator();
        return new Iterator<>() {
            private int left = size;

            @Override
            public boolean hasNext() {
                return left > 0;
            }

            @Override
            public Cell next() {
                if (left == 0) {
                    throw new NoSuchElementException();
                }
                left--;
                while (true) {
                    Column column = columns.next();
                    ColumnValue value = each.next();
                    if (!value.isUnknown()) {
                        return new Cell(column, value);
                    }
                }
            }
        };
    }
}
