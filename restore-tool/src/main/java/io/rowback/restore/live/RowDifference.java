package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import java.util.List;

/**
 * A row of a live database that is not what a history holds.
 *
 * @param table its table
 * @param key its key
 * @param held how many such rows the history holds: more than one only in a table without a key
 * @param there how many the database holds
 * @param columns those that hold other values; none if the numbers differ
 */
public record RowDifference(TableSchema table, RowKey key, long held, long there, List<String> columns) {
    public RowDifference {
        columns = List.copyOf(columns);
    }

    /** What can be otherwise. */
    public enum Kind {
        /** The history holds it, the database does not, or fewer equal ones. */
        MISSING,
        /** The database holds it, the history does not, or fewer equal ones. */
        EXTRA,
        /** Both hold it, with other values. */
        VALUES
    }

    /** What is otherwise. */
    public Kind kind() {
        return held == there ? Kind.VALUES : held > there ? Kind.MISSING : Kind.EXTRA;
    }
}
