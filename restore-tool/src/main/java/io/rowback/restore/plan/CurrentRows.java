package io.rowback.restore.plan;

import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The database that a plan is made for: its tables and rows as they are there. Without a connection to one, the history's
 * own last images stand for it.
 */
public interface CurrentRows {
    /** The tables of the history, each with its newest schema as it is there. */
    List<TableInfo> tables(List<TableInfo> tables);

    /** Whether what is there is what the history holds last, of every row: then nobody need be asked for {@link #rows}. */
    boolean areLast();

    /** Why no row of the table can be put back there, for people; empty if that is not so. */
    Optional<String> obstacle(TableInfo table);

    /**
     * The rows of these keys as they are there; a key without a row is not in the answer.
     *
     * @param last the last image in the history for each of them, empty where it knows of none
     */
    Map<RowKey, RowImage> rows(TableInfo table, Map<RowKey, Optional<RowImage>> last);

    /**
     * How many rows of each of these fingerprints there are in a table without a key.
     *
     * @param last how many of each the history knows last
     */
    Map<RowKey, Long> counts(TableInfo table, Map<RowKey, Long> last);

    /** Which of these keys a row has there, those included of which it is not known. */
    Set<RowKey> present(TableInfo table, Set<RowKey> keys);

    /**
     * What stands in the way of writes.
     *
     * @param findings why some of them would fail there, at most one reason for a row
     * @param holders of rows that take what others of them hold there, by an index that the history does not know (over
     *     expressions, of some rows, an exclusion constraint), those others: they come first
     * @param deferrable by table the columns whose values are unique at the end of a statement only
     */
    record Obstacles(List<Finding> findings, Map<Row, Set<Row>> holders, Map<TableId, Set<List<String>>> deferrable) {}

    /**
     * What stands in the way of these writes there.
     *
     * @param conflictMode how the request treats what somebody did since
     */
    Obstacles obstacles(List<Draft> drafts, RestoreRequest.ConflictMode conflictMode);
}
