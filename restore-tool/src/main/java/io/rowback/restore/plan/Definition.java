package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.ForeignKey.Action;
import io.rowback.history.Lsn;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table that is gone, or columns of one that are, to be made anew before values are put back, as far as the history knows
 * what they were.
 *
 * @param table the table as it was at {@code asOf}; as it is now if columns are to be made
 * @param columns the columns to be made; none if the whole table is
 * @param asOf its rows are those after all commits below
 * @param end where its coverage ended, or the columns were seen last: it went at some time after the last commit below, and before anybody looked again
 * @param references foreign keys from it and to it, which are made once its rows are there
 * @param notMade foreign keys and the like that are not made, for people
 */
public record Definition(
        TableSchema table, List<Column> columns, Lsn asOf, Lsn end, List<Reference> references, List<String> notMade) {
    public Definition {
        columns = List.copyOf(columns);
        references = List.copyOf(references);
        notMade = List.copyOf(notMade);
    }

    /** Whether the table itself is gone. */
    public boolean isOfTable() {
        return columns.isEmpty();
    }

    /** What is made anew, for people. */
    @Override
    public String toString() {
        String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
        return isOfTable() ? "table " + table.name() : "column " + names + " of table " + table.name();
    }

    /** A foreign key between tables by their names. */
    public record Reference(
            TableName table,
            String name,
            List<String> columns,
            TableName refTable,
            List<String> refColumns,
            Action onDelete,
            Action onUpdate,
            boolean deferrable) {
        public Reference {
            columns = List.copyOf(columns);
            refColumns = List.copyOf(refColumns);
        }
    }
}
