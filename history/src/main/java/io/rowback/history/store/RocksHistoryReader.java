package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryReader;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.SequenceSample;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;

/**
 * The history as it stood when the reader was opened, whether a writer is at work or not: it takes no lock and follows
 * no later write. Meant to live for one command, since it holds on to files that the writer would like to delete.
 */
public final class RocksHistoryReader implements HistoryReader {
    private static final int ATTEMPTS = 8;
    /** A writer that does nothing else but drop the past makes a reader catch up some five times. */
    private static final int CHANGES_MAX = 1_000;

    private static final long PAUSE_MILLIS = 20;

    private final Scratch scratch;
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final StoredTransactions transactions;
    private final StoredChanges changes;
    private final StoredBaselines baselines;
    private final StoredReferences references;

    private RocksHistoryReader(Scratch scratch, Database database) {
        Format.require(database);
        this.scratch = scratch;
        this.database = database;
        schemas = Schemas.load(database);
        meta = Metadata.load(database, schemas);
        transactions = new StoredTransactions(database, meta);
        changes = new StoredChanges(database, schemas, meta);
        baselines = new StoredBaselines(database, schemas, meta);
        references = new StoredReferences(database, schemas, meta, changes, baselines);
    }

    /**
     * Makes ready what every store takes to be opened, whichever it is, so that a command may have it done while it finds out
     * what was asked.
     *
     * @throws RowbackException of code FAILED if RocksDB's native library cannot be loaded, as when a store is opened
     */
    public static void prepare() {
        NativeLibrary.load();
        try {
            JsonRecords.read("[\"" + Instant.EPOCH + "\"]", new TypeReference<List<Instant>>() {});
        } catch (IOException e) {
            throw new IllegalStateException("this is a list of one time", e);
        }
    }

    /**
     * Opens the store.
     *
     * @throws RowbackException of code NO_STORE if there is none, STORE_UNUSABLE if it is of another format or cannot
     *     be opened
     */
    public static RocksHistoryReader open(Path directory) {
        return open(directory, Questions.ALL);
    }

    /**
     * The same for what is going to be asked.
     *
     * @throws RowbackException as above
     */
    public static RocksHistoryReader open(Path directory, Questions questions) {
        return open(directory, true, questions);
    }

    /**
     * Opens it for the writer that is at work, who needs what it has put into files before, and of what comes meanwhile
     * perhaps gets a part alone. To wait for a moment at which the files do not change, as others have to, may take as long
     * as a backlog lasts.
     */
    static RocksHistoryReader openFiles(Path directory) {
        return open(directory, false, Questions.ALL);
    }

    private static RocksHistoryReader open(Path directory, boolean complete, Questions questions) {
        if (!isStore(directory)) {
            StoreFolder.requireAccess(directory);
            StoreFolder.requireList(directory);
            throw noStore("there is no store in " + directory);
        }
        Scratch scratch = new Scratch();
        Database database = null;
        try {
            FileList before = FileList.of(directory);
            database = openSecondary(directory, scratch.folder(), questions);
            if (complete) {
                complete(database::catchUp, directory, before);
            }
            requireFiles(database, directory, before);
            RocksHistoryReader reader = new RocksHistoryReader(scratch, database);
            if (!reader.meta.created()) {
                throw beingMade(directory);
            }
            return reader;
        } catch (RuntimeException e) {
            if (database != null) {
                database.close();
            }
            scratch.close();
            throw e;
        }
    }

    /** Whether a writer has made a store in that folder. */
    public static boolean isStore(Path directory) {
        // The file by which RocksDB knows a database of its own.
        return Files.exists(directory.resolve("CURRENT"));
    }

    private static RowbackException noStore(String message) {
        return new RowbackException(
                ErrorCode.NO_STORE, message, "rowbackd makes the store when it first runs; --store names its folder.");
    }

    /** Whether a family is missing: the writer makes them one after the other when it makes the store. */
    private static boolean lacksFamily(RocksDBException e) {
        return String.valueOf(e.getMessage()).contains("Column family not found");
    }

    private static RowbackException beingMade(Path directory) {
        return noStore("the store in " + directory + " is still being set up");
    }

    /** A writer may drop a file just when we are about to open it, so an attempt that fails is made again. */
    private static Database openSecondary(Path directory, Path scratch, Questions questions) {
        for (int attempt = 1; ; attempt++) {
            try {
                return Database.openSecondary(directory, scratch, questions);
            } catch (RocksDBException e) {
                if (attempt == ATTEMPTS) {
                    StoreFolder.requireList(directory);
                    if (lacksFamily(e)) {
                        throw beingMade(directory);
                    }
                    throw Database.isCorrupt(e) ? StoreFolder.corrupt(directory, e) : unusable(directory, e);
                }
                pause(PAUSE_MILLIS * attempt);
            }
        }
    }

    /** Reads what the writer has listed and logged since. */
    interface CatchingUp {
        void run() throws RocksDBException;
    }

    /**
     * Sees to it that what was opened is the store as it stood at one moment. RocksDB reads its list of files first and
     * then its log, and says nothing if the writer moved something from the log to a file in between, or logged what
     * rests on a file that came in between: then part of the history would be missing. So the list must not have
     * changed from before the one was read to behind the other.
     */
    static void complete(CatchingUp catchingUp, Path directory, FileList before) {
        FileList read = before;
        int failures = 0;
        for (int attempt = 1; !read.stands(directory); attempt++) {
            if (attempt > CHANGES_MAX) {
                throw new RowbackException(
                        ErrorCode.STORE_UNUSABLE,
                        "the files of the store in " + directory + " changed " + CHANGES_MAX
                                + " times while it was being opened, each time before they were read",
                        "Try again when rowbackd has less to do: it moves or drops files, of a large backlog say, or by"
                                + " retention.");
            }
            read = FileList.of(directory);
            try {
                catchingUp.run();
                failures = 0;
            } catch (RocksDBException e) {
                failures++;
                if (failures == ATTEMPTS) {
                    throw unusable(directory, e);
                }
                // The writer may have dropped a file just now, or begun another list, which the next attempt knows.
                read = FileList.NONE;
                pause(PAUSE_MILLIS * failures);
            }
        }
    }

    /**
     * Sees to it that no file was passed over. What cannot be opened, since it is gone, cut off or damaged at its end, RocksDB
     * leaves out, with all that came later: rows would be missing from every answer. What was live before it opened them and
     * still is was live meanwhile.
     */
    private static void requireFiles(Database database, Path directory, FileList before) {
        for (int attempt = 1; ; attempt++) {
            Set<Long> without = new TreeSet<>(live(directory, before, database));
            FileList now = FileList.of(directory);
            if (!now.equals(before)) {
                without.retainAll(live(directory, now, database));
            }
            without.removeAll(database.files());
            if (without.isEmpty()) {
                return;
            }
            // Where the list is still the same no writer has dropped anything.
            if (attempt == ATTEMPTS || now.equals(before)) {
                throw StoreFolder.corrupt(
                        directory,
                        without.stream().map("%06d.sst"::formatted).collect(Collectors.joining(", "))
                                + " cannot be opened",
                        null);
            }
            pause(PAUSE_MILLIS * attempt);
            try {
                // A writer that dropped a file while it was being opened makes RocksDB do without, too.
                database.catchUp();
            } catch (RocksDBException e) {
                throw unusable(directory, e);
            }
        }
    }

    /** The files of the families that are open. */
    private static Set<Long> live(Path directory, FileList list, Database database) {
        try {
            Map<Long, Integer> live = new HashMap<>(list.live(directory));
            live.values().retainAll(database.numbers());
            return live.keySet();
        } catch (IllegalStateException e) {
            throw StoreFolder.corrupt(directory, list.manifest() + ": " + e.getMessage(), e);
        }
    }

    private static RowbackException unusable(Path directory, RocksDBException e) {
        return new RowbackException(
                ErrorCode.STORE_UNUSABLE,
                "the store in " + directory + " cannot be opened: " + e.getMessage(),
                "The account must be able to read the store, and rowback must fit the version of rowbackd.",
                e);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RowbackException(ErrorCode.INTERRUPTED, "interrupted while opening the store", null, e);
        }
    }

    @Override
    public StoreInfo info() {
        return meta.info(transactions.last(meta.durable()).orElse(null));
    }

    @Override
    public List<TableInfo> tables() {
        return meta.tables();
    }

    @Override
    public List<TableForm> forms() {
        return StoredForms.read(database);
    }

    @Override
    public Stream<Transaction> transactions(Lsn from, Lsn to) {
        return transactions.between(from, to);
    }

    @Override
    public Optional<Transaction> transaction(Lsn commit) {
        return transactions.at(commit);
    }

    @Override
    public Stream<Transaction> definitions(TableId table, Lsn from, Lsn to) {
        return transactions.definitions(table, from, to);
    }

    @Override
    public List<Transaction> transactionsOf(long xid) {
        return transactions.of(xid);
    }

    @Override
    public Lsn positionAt(Instant time) {
        StoreInfo info = info();
        Horizon horizon = info.horizon();
        Lsn position = horizon != null && horizon.since().isAfter(time)
                ? horizon.at()
                : transactions.firstAtOrAfter(time).orElseGet(() -> info.endAt(time));
        return TableInfo.positionAt(time, position, meta.tables(), info);
    }

    @Override
    public Stream<Change> changes(Lsn from, Lsn to) {
        return changes.between(from, to);
    }

    @Override
    public Stream<Change> changes(TableId table, Lsn from, Lsn to) {
        return changes.of(table, from, to);
    }

    @Override
    public Stream<Change> changes(TableId table, RowKey key, Lsn from, Lsn to) {
        return changes.of(table, key, from, to);
    }

    @Override
    public Map<RowKey, List<Change>> changes(
            TableId table, Collection<RowKey> keys, Lsn from, Lsn to, Map<Position, Change> known) {
        return changes.of(table, keys, from, to, known);
    }

    @Override
    public Stream<LastChange> lastChanges(TableId table, Lsn from, Lsn to) {
        return changes.last(table, from, to);
    }

    @Override
    public Stream<RowKey> changedKeys(TableId table, String low, String high, Lsn from, Lsn to) {
        return changes.keys(table, low, high, from, to);
    }

    @Override
    public Optional<RowImage> baseline(TableId table, RowKey key, Lsn at) {
        return baselines.row(table, key, at);
    }

    @Override
    public long baselineCount(TableId table, RowKey key, Lsn at) {
        return baselines.count(table, key, at);
    }

    @Override
    public Stream<RowImage> baseline(TableId table, Lsn at) {
        return baselines.rows(table, at);
    }

    @Override
    public Stream<RowKey> referring(TableId table, ForeignKey foreignKey, List<String> values) {
        return references.of(table, foreignKey, values);
    }

    @Override
    public Stream<SequenceSample> samples() {
        return new StoredSequences(database).all();
    }

    /**
     * Walks through everything that is stored and verifies checksums, the indexes against the log, counts, and that each
     * change of a row found what the history holds before it.
     *
     * @param progress takes what is being walked and how many of it were so far
     */
    public Verification verify(ObjLongConsumer<String> progress) {
        return new Verifier(database, schemas, meta, progress).verify();
    }

    /**
     * Verifies rows that are drawn at random, with all that is stored of each, and nothing else: files are not read whole,
     * and an index entry that belongs to nothing is not found.
     *
     * @param draws how many are drawn, half of them among rows that changed, half among those of baselines
     * @param seed the same seed draws the same rows of a store that has not changed
     * @param progress as above
     */
    public Verification verify(int draws, long seed, ObjLongConsumer<String> progress) {
        return new SampleVerifier(database, schemas, meta, progress).verify(draws, seed);
    }

    /**
     * Verifies the files of a store that cannot be opened, each by itself.
     *
     * @param refusal what kept it from being opened
     */
    public static Verification verifyFiles(Path directory, RowbackException refusal, ObjLongConsumer<String> progress) {
        return new StoreFiles(directory, progress).verify(refusal);
    }

    @Override
    public void close() {
        database.close();
        scratch.close();
    }
}
