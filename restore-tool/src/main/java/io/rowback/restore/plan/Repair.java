package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One write that puts a row back. */
public sealed interface Repair {
    /** What is done to a row. */
    enum Action {
        INSERT,
        UPDATE,
        DELETE;

        /** The word for it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The word for a row to which it is done. */
        public String done() {
            return this + (this == INSERT ? "ed" : "d");
        }
    }

    /** What the write does. */
    Action action();

    /** The table as it is now. */
    TableSchema table();

    /** The key under which the row is found before the write; of a row to be inserted, its key. */
    RowKey key();

    /** What the scope did to the row, oldest first. */
    List<Cause> causes();

    /** What the row is to hold in these columns; none of a row that goes. */
    List<Cell> wanted();

    /** What the row must hold in these columns for the write to be right; none of a row that comes back whole. */
    List<Cell> expected();

    /** An operation of the scope on a row, and its transaction. */
    record Cause(Operation operation, Transaction transaction) {}

    /** A column and the value that it is to have, or must have for the write to be right. Never an unknown value. */
    record Cell(Column column, ColumnValue value) {
        public Cell {
            if (value.isUnknown()) {
                throw new IllegalArgumentException("column " + column.name() + " has no known value to write");
            }
        }
    }

    /** The row is gone and comes back whole. */
    record InsertRow(TableSchema table, RowKey key, List<Cell> wanted, List<Cause> causes) implements Repair {
        public InsertRow {
            wanted = Cells.of(table, wanted);
            causes = List.copyOf(causes);
        }

        @Override
        public Action action() {
            return Action.INSERT;
        }

        @Override
        public List<Cell> expected() {
            return List.of();
        }
    }

    /**
     * Columns of a row that exists are put back; all that are not generated of one without a key.
     *
     * @param wanted what they are to hold
     * @param expected what they must hold for that, in the same order
     */
    record UpdateRow(TableSchema table, RowKey key, List<Cell> wanted, List<Cell> expected, List<Cause> causes)
            implements Repair {
        public UpdateRow {
            wanted = Cells.of(table, wanted);
            expected = Cells.of(table, expected);
            causes = List.copyOf(causes);
        }

        @Override
        public Action action() {
            return Action.UPDATE;
        }
    }

    /** The scope inserted the row and it goes. */
    record DeleteRow(TableSchema table, RowKey key, List<Cell> expected, List<Cause> causes) implements Repair {
        public DeleteRow {
            expected = Cells.of(table, expected);
            causes = List.copyOf(causes);
        }

        @Override
        public Action action() {
            return Action.DELETE;
        }

        @Override
        public List<Cell> wanted() {
            return List.of();
        }
    }

    /** The key under which the row is found after the write. */
    default RowKey keyAfter() {
        if (!table().hasKey()) {
            return this instanceof DeleteRow ? key() : fingerprintAfter();
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < table().key().size(); i++) {
            ColumnValue written = written(table().key().get(i));
            values.add(written == null ? key().values().get(i) : written.toString());
        }
        return new RowKey(values);
    }

    private RowKey fingerprintAfter() {
        List<ColumnValue> values = new ArrayList<>();
        for (Column column : table().columns()) {
            ColumnValue written = written(column.name());
            values.add(written == null ? ColumnValue.Special.UNKNOWN : written);
        }
        return Objects.requireNonNull(new RowImage(table(), values).key(), "a row without a key is written whole");
    }

    /** The value that the row holds in this column after the write, as far as the write says. */
    default @Nullable ColumnValue written(String column) {
        return value(wanted(), column);
    }

    /** The columns of a row that goes that must hold something for that, of any other those that are written; in order. */
    default List<String> columns() {
        List<Cell> cells = this instanceof DeleteRow ? expected() : wanted();
        return cells instanceof Cells packed
                ? packed.columns()
                : cells.stream().map(cell -> cell.column().name()).toList();
    }

    /** About how many bytes its values take as text. */
    default long bytes() {
        return bytes(wanted()) + bytes(expected());
    }

    private static long bytes(List<Cell> cells) {
        return cells instanceof Cells packed
                ? packed.bytes()
                : cells.stream()
                        .mapToLong(cell -> cell.value() instanceof ColumnValue.Text text ? text.utf8().length : 0)
                        .sum();
    }

    /** Whether the write sets this column. */
    default boolean writes(String column) {
        return wanted() instanceof Cells packed ? packed.has(column) : written(column) != null;
    }

    /** The value that the row must hold in this column before the write, as far as the write says. */
    default @Nullable ColumnValue expected(String column) {
        return value(expected(), column);
    }

    private static @Nullable ColumnValue value(List<Cell> cells, String column) {
        if (cells instanceof Cells packed) {
            return packed.value(column);
        }
        for (Cell cell : cells) {
            if (cell.column().name().equals(column)) {
                return cell.value();
            }
        }
        return null;
    }
}
