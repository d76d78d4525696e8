package io.rowback.history;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the history. One writer at a time; confined to one thread but for {@link #baseline}. */
public interface HistoryWriter extends AutoCloseable {
    /**
     * Something to be stored in one synced write.
     *
     * @param changes in commit order, none at or below a position appended before with another content
     * @param transactions those whose last change is stored with this batch or was before
     * @param durable everything below is complete once this is stored; null while in the middle of a transaction
     */
    record Batch(
            List<Change> changes,
            List<Transaction> transactions,
            @Nullable Lsn durable) {
        public Batch {
            changes = List.copyOf(changes);
            transactions = List.copyOf(transactions);
        }
    }

    /** Facts of the store at this moment, as the writer sees them. */
    StoreInfo info();

    /** The tables as the writer sees them. */
    List<TableInfo> tables();

    /** Names the database that this store belongs to, once; {@code durable} is where its stream begins. */
    void create(String systemIdentifier, String database, Lsn durable);

    /** Stores the batch; on return it is synced. The same batch twice changes nothing. */
    void append(Batch batch);

    /**
     * Stores images of rows as they stood at {@code at}. May be called by several threads, for different tables. Takes
     * effect with {@link #covered}.
     */
    void baseline(Lsn at, List<RowImage> rows);

    /** Makes the table's baseline at {@code at} complete: from there on its history is covered. */
    void covered(TableSchema schema, Lsn at, long rows);

    /** Ends the coverage of a table at {@code at}: dropped, or no longer published. */
    void uncovered(TableId table, Lsn at);

    /** Records a gap and ends every table's coverage at its start. */
    void gap(Gap gap);

    @Override
    void close();
}
