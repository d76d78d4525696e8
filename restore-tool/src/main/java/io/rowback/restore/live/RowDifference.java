package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import java.util.List;

/**
 * A row of a live database that is not what a history holds.
 *
 * @param table its table
 * @param key its key
 * @param kind what is otherwise
 * @param columns those that hold other values, none but of that kind
 */
public record RowDifference(TableSchema table, RowKey key, Kind kind, List<String> columns) {
    public RowDifference {
        columns = List.copyOf(columns);
    }

    /** What can be otherwise. */
    public enum Kind {
        /** The history holds it, the database does not. */
        MISSING,
        /** The database holds it, the history does not. */
        EXTRA,
        /** Both hold it, with other values. */
        VALUES
    }
}
