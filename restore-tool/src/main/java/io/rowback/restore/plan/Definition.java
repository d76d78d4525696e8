package io.rowback.restore.plan;

import io.rowback.history.ForeignKey.Action;
import io.rowback.history.Lsn;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.util.List;

/**
 * A table that is gone and is to be made anew before its rows are put back, as far as the history knows what it was.
 *
 * @param table the table as it was at {@code asOf}
 * @param asOf its rows are those after all commits below
 * @param end where its coverage ended: it went at some time after the last commit below, and before anybody looked again
 * @param references foreign keys from it and to it, which are made once its rows are there
 * @param notMade foreign keys that cannot be made, for people
 */
public record Definition(TableSchema table, Lsn asOf, Lsn end, List<Reference> references, List<String> notMade) {
    public Definition {
        references = List.copyOf(references);
        notMade = List.copyOf(notMade);
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
