package io.rowback.history;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the history. Windows of commits are half-open, [from, to). Nothing above the durable position is ever seen.
 * Streams are lazy, read the store as they go and must be closed; a checksum that does not hold ends them with a
 * {@link RowbackException} of code {@link ErrorCode#STORE_CORRUPT}. Not thread-safe.
 */
public interface HistoryReader extends AutoCloseable {
    /** The store's own facts. */
    StoreInfo info();

    /** Every table ever seen, by name; a table that was dropped and made anew is there twice, by oid. */
    List<TableInfo> tables();

    /** The transactions with a commit LSN in the window, oldest first. */
    Stream<Transaction> transactions(Lsn from, Lsn to);

    /** The transaction with that commit LSN. */
    Optional<Transaction> transaction(Lsn commit);

    /** The transactions whose id has this 64-bit value or, for a number below 2^32, this lower half; oldest first. */
    List<Transaction> transactionsOf(long xid);

    /** The smallest commit LSN from which on every commit's time is not covered below {@code time}: the first commit at or after it; the durable position if there is none. */
    Lsn firstCommitAtOrAfter(Instant time);

    /** All changes with a commit LSN in the window, in commit order. */
    Stream<Change> changes(Lsn from, Lsn to);

    /** The changes of one table, in commit order. */
    Stream<Change> changes(TableId table, Lsn from, Lsn to);

    /** The changes of one row, in commit order: those that left or found it under this key, and each TRUNCATE of its table. */
    Stream<Change> changes(TableId table, RowKey key, Lsn from, Lsn to);

    /** The image that the row had at the start of the coverage that includes {@code at}; empty if it did not exist then or nothing covers {@code at}. */
    Optional<RowImage> baseline(TableId table, RowKey key, Lsn at);

    /** Every row at the start of the coverage that includes {@code at}, in key order. */
    Stream<RowImage> baseline(TableId table, Lsn at);

    /** The keys of the rows of {@code table} that have, or at some time had, these values in the foreign key's columns. Distinct, in no order. */
    Stream<RowKey> referring(TableId table, ForeignKey foreignKey, List<String> values);

    @Override
    void close();
}
