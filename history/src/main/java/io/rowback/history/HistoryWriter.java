package io.rowback.history;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes the history. One writer at a time. {@link #append} is confined to one thread; everything else may be called by
 * any.
 */
public interface HistoryWriter extends AutoCloseable {
    /**
     * Something to be stored in one synced write. Readers see of it what lies below the durable position. What lies
     * below it already when the batch comes is held and left as it is, whatever the batch says of it: so the same batch
     * twice changes nothing.
     *
     * @param changes in commit order
     * @param transactions those whose last change is stored with this batch or was before
     * @param durable everything below is complete once this is stored; null while in the middle of a transaction. It
     *     never moves backwards
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

    /** Facts of the store at this moment; system identifier and database are empty before {@link #create}. */
    StoreInfo info();

    /** The newest transaction that is held. */
    Optional<Transaction> newest();

    /** What the store takes and does at this moment. */
    StoreMeasures measures();

    /** The tables at this moment, by name, then oid. */
    List<TableInfo> tables();

    /**
     * Names the database that this store belongs to; {@code durable} is where its stream begins.
     *
     * @throws IllegalStateException if that was done before
     */
    void create(String systemIdentifier, String database, Lsn durable);

    /**
     * Stores the batch; on return it is synced. A schema that a change carries is recorded from its commit on, unless it
     * is the version already known there.
     */
    void append(Batch batch);

    /**
     * Says that baselines of these tables are being taken at {@code at}: what changed since belongs to them, so nothing
     * above is dropped until each of them is complete or abandoned.
     */
    void begin(Collection<TableId> tables, Lsn at);

    /**
     * Stores images of rows of one table as they stood at {@code at}; several threads may do so at once. Takes effect
     * with {@link #covered}. Equal rows of a table without a key are counted, so one baseline is not to be begun twice at
     * the same LSN.
     *
     * @throws IllegalArgumentException if a row cannot be told from others: a column of its key has no known value, or the
     *     table has no key and any column is unknown
     */
    void baseline(Lsn at, List<RowImage> rows);

    /**
     * Makes the table's baseline at {@code at} complete: from there on its history is covered, up to the next gap. What
     * covered it before ends there. The schema is recorded from {@code at} on. A baseline below the horizon does not count.
     *
     * @param since the server's clock when the log was at {@code at}, or a little later
     */
    void covered(TableSchema schema, Lsn at, Instant since, long rows);

    /**
     * Takes away what was stored of baselines that were begun, by whomever, and not made complete. May take long. Not to be
     * called while a baseline is being taken.
     *
     * @throws java.util.concurrent.CancellationException if it is interrupted; what is left then is taken away next time
     */
    void abandonBaselines();

    /** Takes away what was stored of one baseline, as {@link #abandonBaselines} does, while others are being taken. */
    void abandonBaseline(TableId table, Lsn at);

    /**
     * Says that a known table has this schema at {@code at} and had another one at {@code after}: of what happened
     * between, the log tells only what is stored by then.
     */
    void altered(TableSchema schema, Lsn after, Lsn at);

    /**
     * The last commit with a change of the table, of those that were stored since this was opened or lie behind where
     * {@link #published} was told last; {@link Lsn#ZERO} if there is none.
     */
    Lsn lastCommit(TableId table);

    /** Says that every commit with a time before this lies below the durable position. It never moves backwards. */
    void completeUntil(Instant time);

    /** The newest sample of each sequence, in no order. */
    List<SequenceSample> newestSamples();

    /**
     * Stores what was read of sequences. A history may thin samples that are older than a day, to one an hour at the
     * least.
     */
    void sampled(List<SequenceSample> samples);

    /** Says which tables cannot be covered now; what was said before no longer holds. */
    void notCovered(List<NotCovered> tables);

    /**
     * Records that the table has this schema from {@code from} on, where no change tells: it became a partition of another
     * table or ceased to be one, or was dropped.
     */
    void described(TableSchema schema, Lsn from);

    /** Ends the coverage of a table at {@code at}: dropped, or no longer published. */
    void uncovered(TableId table, Lsn at);

    /**
     * Records a gap, ends at its start the coverage of every table whose baseline was not taken behind it, and moves the
     * durable position to its end, all in one synced write. A transaction that was stored in part is taken out before: its
     * rest may be in the gap. A gap that goes on from the end of the last one for the same reason lengthens that one. Not to
     * be called while changes are appended.
     */
    void gap(Gap gap);

    /** Keeps how the tables were published at this moment. */
    void published(Published now);

    /** What was told last of how the tables are published. */
    Published published();

    /** Keeps the forms that tables had at this moment; those kept before are let go. */
    void forms(List<TableForm> forms);

    /** The forms that were kept last; empty if none ever were. */
    List<TableForm> forms();

    /**
     * Tells the server's timelines. What is held at or above the point where they part from those told before never
     * happened there and is taken out of the history, after a copy of the store was put aside if it holds transactions from
     * there. Where they part, a transaction stored in part is taken out as well. To be called before anything is appended of
     * what comes from that server.
     */
    void follow(List<Timeline> timelines);

    /**
     * Says that from the durable position on the history goes on with another server's log: that of the server which
     * {@code pg_upgrade} made of the one before. Every position that is held stands.
     *
     * @param timelines the other server's
     */
    void goOnWith(String systemIdentifier, List<Timeline> timelines);

    /**
     * Drops what lies below some place up to {@code upTo}, as near as the history can be cut: the history begins there then,
     * with the rows that each table held as its baseline. A baseline that is being taken, and what was verified last of the
     * publication, keep what lies above. May take long; changes are appended meanwhile.
     *
     * @return whether anything was dropped
     */
    boolean forget(Lsn upTo);

    @Override
    void close();
}
