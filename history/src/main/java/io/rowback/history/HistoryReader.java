package io.rowback.history;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the history. Windows of commits are half-open, [from, to). Changes and transactions at or above the durable
 * position are never seen: they may belong to a transaction of which only a part is stored. Schemas, coverage and gaps
 * are seen as soon as they are stored.
 *
 * <p>Streams are lazy, read the store as they go and must be closed; a checksum that does not hold ends them with a
 * {@link RowbackException} of code {@link ErrorCode#STORE_CORRUPT}. Several threads may read at once; a
 * stream belongs to the one that opened it, and all are done before the reader is closed.
 */
public interface HistoryReader extends AutoCloseable {
    /** The store's own facts. */
    StoreInfo info();

    /** Every table ever seen, by name, then oid; a table that was dropped and made anew is there twice. */
    List<TableInfo> tables();

    /** The forms that tables had when the writer looked at them last; empty if it never did. */
    List<TableForm> forms();

    /** The transactions with a commit LSN in the window, oldest first. */
    Stream<Transaction> transactions(Lsn from, Lsn to);

    /** The transaction with that commit LSN. */
    Optional<Transaction> transaction(Lsn commit);

    /** The transactions in the window of which an annotation tells that DDL was done on the table, oldest first. */
    Stream<Transaction> definitions(TableId table, Lsn from, Lsn to);

    /** The transactions whose id has this 64-bit value or, for a number below 2^32, this lower half; oldest first. */
    List<Transaction> transactionsOf(long xid);

    /**
     * The prefix of the commit order that {@code time} stands for: all below the first transaction, in commit order, whose
     * time is at or after it; if there is none, below the durable position. Later ones may have an earlier time, since
     * clocks are set back and commit order is not the order of time. Where a table's coverage began after {@code time},
     * the position lies below it, so that the table is not covered there; nor does it lie behind a gap that began later.
     *
     * @throws RowbackException of code NOT_COVERED if commits before that time may not have arrived yet
     */
    Lsn positionAt(Instant time);

    /** All changes with a commit LSN in the window, in commit order. */
    Stream<Change> changes(Lsn from, Lsn to);

    /** The changes of one table, in commit order. */
    Stream<Change> changes(TableId table, Lsn from, Lsn to);

    /**
     * The changes of one row, in commit order: those that left or found it under this key, and each TRUNCATE of its
     * table. A key without values is no row's and yields the TRUNCATEs alone.
     */
    Stream<Change> changes(TableId table, RowKey key, Lsn from, Lsn to);

    /**
     * The changes of many rows of one table at once, by row, each in commit order: the same as the changes of each, but
     * without TRUNCATEs. A row without changes in the window is left out. All are held in memory; the keys are those asked for,
     * the very objects.
     *
     * @param known changes that this reader told before, by position: they are not read again
     */
    Map<RowKey, List<Change>> changes(
            TableId table, Collection<RowKey> keys, Lsn from, Lsn to, Map<Position, Change> known);

    /**
     * For each row that changes in the window left or found under some key the last of these changes, in key order.
     * TRUNCATEs are left out.
     */
    Stream<LastChange> lastChanges(TableId table, Lsn from, Lsn to);

    /**
     * The keys under which some change in the window, TRUNCATEs aside, left or found a row and whose first column lies
     * between {@code low} and {@code high}, both included, as {@link RowKey} orders them; in key order.
     */
    Stream<RowKey> changedKeys(TableId table, String low, String high, Lsn from, Lsn to);

    /**
     * A change and the key for which it is the last; of an UPDATE that gave the row another key, the old or the new one.
     *
     * @param alone whether its transaction did nothing else under that key; TRUNCATEs aside
     */
    record LastChange(RowKey key, Change change, boolean alone) {}

    /**
     * The image that the row had at the start of the newest coverage that includes {@code at}; empty if it did not exist
     * then or nothing covers {@code at}.
     */
    Optional<RowImage> baseline(TableId table, RowKey key, Lsn at);

    /**
     * How many equal rows the table had under the key at the start of the newest coverage that includes {@code at}: more
     * than one only in a table without a key.
     */
    long baselineCount(TableId table, RowKey key, Lsn at);

    /** Every row at the start of the newest coverage that includes {@code at}, in key order; equal ones each. */
    Stream<RowImage> baseline(TableId table, Lsn at);

    /**
     * The keys under which some image that the history holds, before or after a change or in a baseline that once took
     * effect, has these values in the foreign key's columns. Columns are the same if their attribute number is, so a
     * rename does not part them. Distinct, in no order.
     */
    Stream<RowKey> referring(TableId table, ForeignKey foreignKey, List<String> values);

    /** All samples of sequences, those of one together and in the order of the server's clock. */
    Stream<SequenceSample> samples();

    @Override
    void close();
}
