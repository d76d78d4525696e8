package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Gap;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.Published;
import io.rowback.history.Retention;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.SequenceSample;
import io.rowback.history.StoreInfo;
import io.rowback.history.StoreMeasures;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the history to a directory that nobody else may enter, under a lock that keeps out a second writer. Nothing is
 * read while changes are appended. After a failed write it takes nothing more: what it holds in memory may be ahead of
 * the disk, so it must be opened anew.
 */
public final class RocksHistoryWriter implements HistoryWriter {
    /** So much is logged before the indexes begin a new epoch. */
    private static final long EPOCH_BYTES = 1L << 30;

    private final Path directory;
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final BaselineRows baselines;
    private final Forgetting forgetting;
    private final Expiry expiry;
    private final SmallFiles smallFiles;
    private final long epochBytes;
    private final ByteWriter out = new ByteWriter();
    /** The schema that the last change of a table carried: what was already looked at costs nothing. */
    private final Map<TableId, TableSchema> lastSeen = new HashMap<>();

    private final Map<TableId, Lsn> lastCommits = new HashMap<>();

    private Lsn newestCommit;
    private long newestSecond;
    private @Nullable Throwable failure;

    private RocksHistoryWriter(Path directory, Database database, long epochBytes) {
        Format.require(database);
        this.directory = directory;
        this.database = database;
        this.epochBytes = epochBytes;
        schemas = Schemas.load(database);
        meta = Metadata.load(database, schemas);
        baselines = new BaselineRows(database, schemas);
        Format.upgrade(database);
        new Recovery(database, schemas, meta).removeAboveDurable();
        findNewest();
        Exclusive exclusive = new Exclusive();
        forgetting = new Forgetting(directory, database, schemas, meta, exclusive);
        expiry = new Expiry(directory, database, meta, forgetting, exclusive);
        smallFiles = new SmallFiles(database, SmallFiles.FULL, SmallFiles.MANY);
    }

    private void findNewest() {
        newestCommit = meta.epochs().newestCommit(meta.durable());
        newestSecond = new StoredTransactions(database, meta).newestSecond();
    }

    /**
     * Opens the store, makes it if there is none, and takes away what a transaction left that was stored in part.
     *
     * @throws RowbackException of code STORE_UNUSABLE if it is locked or of another format
     */
    public static RocksHistoryWriter open(Path directory) {
        return open(directory, EPOCH_BYTES);
    }

    static RocksHistoryWriter open(Path directory, long epochBytes) {
        Database database = StoreFolder.open(directory);
        try {
            return new RocksHistoryWriter(directory, database, epochBytes);
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    @Override
    public synchronized StoreInfo info() {
        return meta.info(newest().orElse(null));
    }

    @Override
    public synchronized Optional<Transaction> newest() {
        return new StoredTransactions(database, meta).last(meta.durable());
    }

    @Override
    public StoreMeasures measures() {
        return database.measure(StoreFolder.walBytes(directory));
    }

    @Override
    public synchronized List<TableInfo> tables() {
        return meta.tables();
    }

    @Override
    public synchronized void create(String systemIdentifier, String databaseName, Lsn durable) {
        if (meta.created()) {
            throw new IllegalStateException("the store was created before");
        }
        store(write -> meta.create(new Metadata.StoreName(systemIdentifier, databaseName), durable, write));
        newestCommit = durable;
    }

    @Override
    public synchronized void append(Batch batch) {
        commit(write -> {
            Lsn from = meta.durable();
            IndexEntries index = new IndexEntries(write::entry);
            for (Change change : batch.changes()) {
                if (!change.position().commit().isBefore(from)) {
                    put(change, index, write);
                }
            }
            TransactionEntries entries = new TransactionEntries(write::entry, newestSecond);
            for (Transaction transaction : batch.transactions()) {
                if (!transaction.commit().isBefore(from)) {
                    put(transaction, entries, write);
                }
            }
            newestSecond = entries.newestSecond();
            Lsn to = batch.durable();
            meta.advance(to == null ? from : to, write);
        });
    }

    private void put(Change change, IndexEntries index, Write write) {
        Lsn commit = change.position().commit();
        StoredSchema stored = schemas.store(change.schema());
        if (isNews(change.schema())) {
            seen(change.schema(), commit, write);
        }
        int epoch = epoch(commit, write);
        ChangeCodec.write(out.clear(), change, stored.version());
        write.seal(Family.LOG, Keys.log(change.position()), out);
        meta.logged(out.size());
        index.of(change, stored, epoch);
    }

    private void put(Transaction transaction, TransactionEntries entries, Write write) {
        Lsn commit = transaction.commit();
        int epoch = epoch(commit, write);
        transaction.counts().keySet().forEach(table -> lastCommits.put(table, commit));
        TransactionCodec.write(out.clear(), transaction);
        write.seal(Family.TXNS, Keys.transaction(commit), out);
        entries.of(transaction, epoch);
        for (TableId table : transaction.definedTables()) {
            write.entry(Family.META, Keys.definition(table, commit));
        }
    }

    @SuppressWarnings("ReferenceEquality") // Spares the comparison of whole schemas for each change.
    private boolean isNews(TableSchema schema) {
        return lastSeen.put(schema.id(), schema) != schema;
    }

    /** The epoch of a commit; one that is new begins a new epoch when the newest has become large. */
    private int epoch(Lsn commit, Write write) {
        if (newestCommit.isBefore(commit)) {
            newestCommit = commit;
            if (meta.logged() >= Expiry.epochBytes(meta.retention(), epochBytes)) {
                meta.beginEpoch(commit, write);
            }
        }
        return meta.epochs().of(commit);
    }

    private TableInfo seen(TableSchema schema, Lsn from, Write write) {
        TableInfo known = meta.table(schema.id());
        TableInfo table = known == null ? TableInfo.of(schema, from) : known.seen(schema, from);
        meta.putTable(table, schemas, write);
        return table;
    }

    @Override
    public synchronized void begin(Collection<TableId> tables, Lsn at) {
        commit(write -> tables.forEach(table -> meta.begin(new BegunBaseline(table, at), write)));
    }

    @Override
    public void baseline(Lsn at, List<RowImage> rows) {
        meta.requireCreated();
        if (!rows.isEmpty()) {
            TableId table = rows.get(0).schema().id();
            if (!meta.begun().contains(new BegunBaseline(table, at))) {
                begin(List.of(table), at);
            }
        }
        baselines.store(at, rows);
    }

    @Override
    public void covered(TableSchema schema, Lsn at, Instant since, long rows) {
        // Not under the lock: changes are appended meanwhile.
        baselines.flush(schema.id());
        BegunBaseline baseline = new BegunBaseline(schema.id(), at);
        if (!cover(baseline, schema, since, rows) && meta.begun().contains(baseline)) {
            abandon(baseline);
        }
    }

    /** Whether it still can be: else what changed since the baseline was taken is dropped already. */
    private synchronized boolean cover(BegunBaseline baseline, TableSchema schema, Instant since, long rows) {
        Lsn at = baseline.at();
        if (at.isBefore(meta.begin())) {
            return false;
        }
        commit(write -> {
            lastSeen.remove(schema.id());
            meta.putTable(seen(schema, at, write).covered(at, since, rows, meta.gaps()), schemas, write);
            meta.end(baseline, write);
        });
        return true;
    }

    @Override
    public void abandonBaselines() {
        List.copyOf(meta.begun()).forEach(this::abandon);
    }

    @Override
    public void abandonBaseline(TableId table, Lsn at) {
        abandon(new BegunBaseline(table, at));
    }

    /** Not under the lock: changes are appended meanwhile. */
    private void abandon(BegunBaseline baseline) {
        TableId table = baseline.table();
        List<Lsn> complete = completeBaselines(table);
        if (complete.isEmpty()) {
            baselines.drop(table);
        } else if (!complete.contains(baseline.at())) {
            baselines.remove(baseline, forgetting::pause);
        }
        synchronized (this) {
            commit(write -> meta.end(baseline, write));
        }
    }

    /** Where those baselines of a table were taken that count. */
    private synchronized List<Lsn> completeBaselines(TableId table) {
        TableInfo known = meta.table(table);
        return known == null
                ? List.of()
                : known.coverage().stream()
                        .map(stretch -> meta.horizon().floor(table, stretch.from()))
                        .toList();
    }

    @Override
    public synchronized void altered(TableSchema schema, Lsn after, Lsn at) {
        TableInfo known = meta.table(schema.id());
        if (known != null) {
            commit(write -> meta.putTable(known.altered(schema, after, at), schemas, write));
        }
    }

    @Override
    public synchronized Lsn lastCommit(TableId table) {
        // Of a table without a change since this was opened: what its predecessor stored behind its last look.
        return lastCommits.computeIfAbsent(table, any -> new StoredTransactions(database, meta)
                .lastCommit(any, meta.published().verified()));
    }

    @Override
    public synchronized void completeUntil(Instant time) {
        commit(write -> meta.completeUntil(time, write));
    }

    @Override
    public synchronized List<SequenceSample> newestSamples() {
        return new StoredSequences(database).newest();
    }

    @Override
    public synchronized void sampled(List<SequenceSample> samples) {
        StoredSequences sequences = new StoredSequences(database);
        commit(write -> samples.forEach(sample -> sequences.put(sample, write)));
    }

    @Override
    public synchronized void notCovered(List<NotCovered> tables) {
        commit(write -> meta.notCovered(tables, write));
    }

    @Override
    public synchronized void described(TableSchema schema, Lsn from) {
        // The schema that changes carry stays the last one seen: it may be older, and is no news.
        commit(write -> seen(schema, from, write));
    }

    @Override
    public synchronized void uncovered(TableId table, Lsn at) {
        TableInfo known = meta.table(table);
        if (known != null) {
            commit(write -> meta.putTable(known.uncovered(at), schemas, write));
        }
    }

    @Override
    public synchronized void gap(Gap gap) {
        commit(write -> {
            new Recovery(database, schemas, meta).removeAboveDurable();
            meta.addGap(gap, write);
            meta.tables().forEach(table -> meta.putTable(table.interruptedBy(gap), schemas, write));
            meta.advance(gap.to(), write);
        });
    }

    @Override
    public synchronized void published(Published now) {
        if (!now.equals(meta.published())) {
            commit(write -> meta.published(now, write));
        }
    }

    @Override
    public synchronized Published published() {
        return meta.published();
    }

    @Override
    public synchronized void forms(List<TableForm> forms) {
        commit(write -> StoredForms.put(forms, write));
    }

    @Override
    public synchronized List<TableForm> forms() {
        return StoredForms.read(database);
    }

    @Override
    public void follow(List<Timeline> timelines) {
        // Nothing is folded meanwhile of what never happened.
        synchronized (forgetting) {
            followAlone(timelines);
        }
    }

    private synchronized void followAlone(List<Timeline> timelines) {
        Lsn fork = Timeline.fork(meta.timelines(), timelines);
        if (fork.equals(Lsn.MAX)) {
            commit(write -> meta.follow(timelines, write));
            return;
        }
        commit(write -> {
            new Voiding(database, schemas, meta, directory, fork).run(timelines);
            lastSeen.clear();
            lastCommits.values().removeIf(commit -> !commit.isBefore(meta.durable()));
            findNewest();
        });
    }

    @Override
    public synchronized void goOnWith(String systemIdentifier, List<Timeline> timelines) {
        commit(write -> meta.goOnWith(systemIdentifier, timelines, write));
    }

    @Override
    public boolean forget(Lsn upTo) {
        meta.requireCreated();
        return forgetting.forget(upTo);
    }

    /**
     * Drops what {@code retention}, stored for readers to tell, does not keep. To be called now and then by one thread,
     * which gets a {@link java.util.concurrent.CancellationException} if it is interrupted or the store closed.
     *
     * @return whether the store takes no more bytes than it may, as far as dropping changes helps
     */
    public boolean retain(Retention retention) {
        meta.requireCreated();
        return expiry.run(retention);
    }

    /** Merges small files of what stays, where they are many. To be called as {@link #retain}, by the same thread. */
    public void mergeSmallFiles() {
        smallFiles.merge(forgetting::pause);
    }

    /** This writer for what goes on beside it. */
    private final class Exclusive implements Forgetting.Writing {
        @Override
        public void beginEpoch() {
            commit(write -> meta.beginEpoch(
                    newestCommit.isBefore(meta.durable()) ? meta.durable() : newestCommit.next(), write));
        }

        @Override
        public <T extends @Nullable Object> T locked(Supplier<T> action) {
            synchronized (RocksHistoryWriter.this) {
                return action.get();
            }
        }

        @Override
        public void commit(Consumer<Write> content) {
            synchronized (RocksHistoryWriter.this) {
                RocksHistoryWriter.this.commit(content);
                lastSeen.keySet().removeIf(table -> meta.table(table) == null);
            }
        }
    }

    private void commit(Consumer<Write> content) {
        meta.requireCreated();
        store(content);
    }

    /** Stores it synced. What the content changes in memory stands only if that succeeds. */
    private void store(Consumer<Write> content) {
        if (failure != null) {
            throw new IllegalStateException("an earlier write failed, the store must be opened anew", failure);
        }
        try (Write write = database.begin()) {
            content.accept(write);
            write.commit(Database.Durability.SYNCED);
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void close() {
        forgetting.stop();
        synchronized (forgetting) {
            database.close();
        }
    }
}
