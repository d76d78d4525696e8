package io.rowback.restore.plan;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair.Cause;
import io.rowback.restore.plan.Repair.Cell;
import java.util.List;

/**
 * Equal rows of a table without a key, which nothing tells apart but how many there are.
 *
 * @param table the table as it is now
 * @param key their fingerprint
 * @param values all that they hold, but for generated columns
 * @param before how many must be there for the writes to be right
 * @param after how many there are to be; never the same
 * @param causes what the scope did to them, oldest first
 */
public record EqualRows(TableSchema table, RowKey key, List<Cell> values, long before, long after, List<Cause> causes) {
    public EqualRows {
        values = List.copyOf(values);
        causes = List.copyOf(causes);
    }

    /** The same rows the other way round. */
    EqualRows reversed() {
        return new EqualRows(table, key, values, after, before, causes);
    }
}
