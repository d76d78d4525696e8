package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreMeasures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The open RocksDB database: keys and values as bytes, failures as ours, and everything native closed in the one order
 * that does not crash. Reads and writes may come from several threads; a cursor belongs to one, the same that closes
 * the database.
 */
final class Database implements AutoCloseable {
    static final byte[] NO_VALUE = {};

    private final Tuning tuning = new Tuning();
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Set<Cursor> cursors = ConcurrentHashMap.newKeySet();
    private final Map<Family, ColumnFamilyHandle> handles = new EnumMap<>(Family.class);
    /** Of the families whose cursors are dear: what none of them walks with at the moment. */
    private final Map<Family, Queue<Cursor.Source>> idle = new EnumMap<>(Family.class);

    private final Map<Family, Integer> numbers = new EnumMap<>(Family.class);
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final WriteOptions unsynced = new WriteOptions();
    private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
    private final FlushOptions flushed = new FlushOptions().setWaitForFlush(true);
    private final RocksDB rocks;
    private boolean closed;

    private Database(Set<Family> families, Opener opener) throws RocksDBException {
        List<ColumnFamilyHandle> inOrder = new ArrayList<>();
        RocksDB opened = null;
        try {
            opened = opener.open(tuning, inOrder);
        } finally {
            if (opened == null) {
                closeOptions();
            }
        }
        rocks = opened;
        Iterator<ColumnFamilyHandle> next = inOrder.iterator();
        for (Family family : families) {
            ColumnFamilyHandle handle = next.next();
            handles.put(family, handle);
            numbers.put(family, handle.getID());
        }
    }

    private interface Opener {
        RocksDB open(Tuning tuning, List<ColumnFamilyHandle> handles) throws RocksDBException;
    }

    /** Opens for writing, under RocksDB's lock; makes what is not there. */
    static Database open(Path directory) throws RocksDBException {
        Set<Family> all = Questions.ALL.families();
        return new Database(all, (tuning, handles) -> {
            DBOptions options = tuning.database()
                    .setCreateIfMissing(true)
                    .setCreateMissingColumnFamilies(true)
                    .setStatistics(tuning.statistics());
            return RocksDB.open(options, directory.toString(), tuning.unsortedFamilies(all), handles);
        });
    }

    /** Opens as it stands at this moment, for reading beside a writer; {@code scratch} takes RocksDB's own messages. */
    static Database openSecondary(Path directory, Path scratch, Questions questions) throws RocksDBException {
        Set<Family> families = questions.families();
        boolean few = questions != Questions.ALL;
        Database database = new Database(
                families,
                (tuning, handles) -> RocksDB.openAsSecondary(
                        // Each file is opened as it is listed, and the threads that would do so later, 15 for each
                        // family, find none.
                        tuning.database().setMaxFileOpeningThreads(1),
                        directory.toString(),
                        scratch.toString(),
                        few ? tuning.unsortedFamilies(families) : tuning.families(),
                        handles));
        if (few) {
            // Much of what was written may be in no file yet: it is sorted once a cursor needs it, and kept for the
            // next one.
            Tuning.UNORDERED.forEach(family -> database.idle.put(family, new ConcurrentLinkedQueue<>()));
        }
        return database;
    }

    /** Takes in what the writer wrote since; for a secondary without a cursor. */
    void catchUp() throws RocksDBException {
        rocks.tryCatchUpWithPrimary();
    }

    /** The numbers of the sorted files that it has. */
    Set<Long> files() {
        return rocks.getLiveFilesMetaData().stream()
                .map(file -> number(file.fileName()))
                .collect(Collectors.toSet());
    }

    /** Of the name {@code /000123.sst} the number; a pattern would take a command a hundredth of a second for a thousand. */
    private static long number(String fileName) {
        return Long.parseLong(fileName, 1, fileName.lastIndexOf('.'), 10);
    }

    private ColumnFamilyHandle handle(Family family) {
        ColumnFamilyHandle handle = handles.get(family);
        if (handle == null) {
            throw new IllegalStateException("the store was opened without " + family);
        }
        return handle;
    }

    /** The numbers by which RocksDB knows the families that are open. */
    Collection<Integer> numbers() {
        return numbers.values();
    }

    byte @Nullable [] get(Family family, byte[] key) {
        return reading(() -> rocks.get(handle(family), key));
    }

    /**
     * The values of these keys, which something else in the store points to.
     *
     * @throws RowbackException of code STORE_CORRUPT if one is missing
     */
    List<byte[]> getAll(Family family, List<byte[]> keys) {
        List<byte[]> values =
                reading(() -> rocks.multiGetAsList(Collections.nCopies(keys.size(), handle(family)), keys));
        int missing = values.indexOf(null);
        if (missing >= 0) {
            throw SealedValue.missing(family, keys.get(missing));
        }
        return values;
    }

    /** The entries with a key in [from, to). */
    Cursor cursor(Family family, byte[] from, byte[] to) {
        return reading(() -> {
            Queue<Cursor.Source> reused = idle.get(family);
            Cursor.Source free = reused == null ? null : reused.poll();
            Cursor cursor = new Cursor(this, family, free == null ? source(family, to) : free, from, to);
            cursors.add(cursor);
            return cursor;
        });
    }

    private Cursor.Source source(Family family, byte[] to) {
        boolean reused = idle.containsKey(family);
        Slice upper = new Slice(reused ? KeyRange.ALL.to() : to);
        // What is read of the log from end to end is not read again, and would take the place of what is.
        ReadOptions options = new ReadOptions().setIterateUpperBound(upper).setFillCache(family != Family.LOG);
        return new Cursor.Source(rocks.newIterator(handle(family), options), options, upper, reused);
    }

    Cursor cursor(Family family, KeyRange range) {
        return cursor(family, range.from(), range.to());
    }

    /** The last key in [from, to), or null if there is none. */
    byte @Nullable [] lastKey(Family family, byte[] from, byte[] to) {
        return reading(() -> {
            try (Slice lower = new Slice(from);
                    Slice upper = new Slice(to);
                    ReadOptions options =
                            new ReadOptions().setIterateLowerBound(lower).setIterateUpperBound(upper);
                    RocksIterator iterator = rocks.newIterator(handle(family), options)) {
                iterator.seekToLast();
                iterator.status();
                return iterator.isValid() ? iterator.key() : null;
            }
        });
    }

    /** Begins a write; until it is closed the database stays open. */
    Write begin() {
        lock.readLock().lock();
        if (closed) {
            lock.readLock().unlock();
            throw new IllegalStateException("the store is closed");
        }
        return new Write(this);
    }

    /** The number by which RocksDB knows a family. */
    int number(Family family) {
        return Objects.requireNonNull(numbers.get(family));
    }

    /** For a {@link Write} that was begun. */
    void write(byte[] entries, Durability durability) throws RocksDBException {
        WriteOptions options =
                switch (durability) {
                    case SYNCED -> synced;
                    case ORDERED -> unsynced;
                    case FLUSHED -> unlogged;
                };
        try (WriteBatch batch = new WriteBatch(entries)) {
            rocks.write(options, batch);
        }
    }

    /** When a write outlives a fall of the machine. */
    enum Durability {
        /** At once, with all that was written before. */
        SYNCED,
        /** With the next synced write; a fall of this process alone it outlives at once. */
        ORDERED,
        /** With {@link #flush}, and not before: RocksDB's log does not hold it. */
        FLUSHED
    }

    /** Puts into files, synced, what was written to these families. */
    void flush(Set<Family> families) {
        reading(() -> {
            rocks.flush(flushed, families.stream().map(this::handle).toList());
            return families;
        });
    }

    /** Ends what {@link #begin} began. */
    void end() {
        lock.readLock().unlock();
    }

    /** About how many bytes the entries in a range take in files. */
    long bytes(Family family, KeyRange range) {
        return reading(() -> {
            try (Slice from = new Slice(range.from());
                    Slice to = new Slice(range.to())) {
                return rocks.getApproximateSizes(
                                handle(family), List.of(new Range(from, to)), SizeApproximationFlag.INCLUDE_FILES)[0];
            }
        });
    }

    /** Whether any entry was ever written to a file, beside the newest, which stand in RocksDB's log alone. */
    boolean hasFiles() {
        return reading(() -> !rocks.getLiveFilesMetaData().isEmpty());
    }

    /** The folder that it lives in. */
    Path folder() {
        return Path.of(rocks.getName());
    }

    /** Reads every block of every file of sorted entries, those too that no query needs, and compares its checksum. */
    void verifyFiles() {
        reading(() -> {
            for (LiveFileMetaData file : rocks.getLiveFilesMetaData()) {
                SortedFiles.verify(Path.of(file.path(), file.fileName()));
            }
            return rocks;
        });
    }

    /** What a writer's database takes and does, beside its write-ahead log, which takes that many bytes. */
    StoreMeasures measure(long walBytes) {
        return reading(() -> Measurement.take(rocks, handles, tuning.statistics(), walBytes));
    }

    /** Does something with RocksDB's files of a family; the database stays open meanwhile. */
    void arrange(Family family, Arranging arranging) {
        reading(() -> {
            arranging.run(rocks, handle(family));
            return family;
        });
    }

    /** Something done with files. */
    interface Arranging {
        void run(RocksDB rocks, ColumnFamilyHandle family) throws RocksDBException;
    }

    /** Copies the database as it is to a new folder, as hard links; to be told of a folder only when it is complete. */
    void copyTo(Path folder) {
        reading(() -> {
            try (Checkpoint checkpoint = Checkpoint.create(rocks)) {
                checkpoint.createCheckpoint(folder.toString());
                return folder;
            }
        });
    }

    /** Takes back what a cursor walked with. */
    void closed(Cursor cursor, Cursor.Source source) {
        cursors.remove(cursor);
        if (source.reused()) {
            Objects.requireNonNull(idle.get(cursor.family())).add(source);
        } else {
            source.close();
        }
    }

    private <T extends @Nullable Object> T reading(Action<T> action) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the store is closed");
            }
            return action.run();
        } catch (RocksDBException e) {
            throw failure("cannot be read", e);
        } finally {
            lock.readLock().unlock();
        }
    }

    private interface Action<T extends @Nullable Object> {
        T run() throws RocksDBException;
    }

    static RowbackException failure(String what, RocksDBException e) {
        boolean corrupt = isCorrupt(e);
        String hint = corrupt
                ? "The command verify lists everything that is damaged."
                : isFull(e)
                        ? "Make room where the store is; rowbackd goes on by itself, and until then the server keeps its log."
                        : null;
        return new RowbackException(
                corrupt ? ErrorCode.STORE_CORRUPT : ErrorCode.FAILED,
                "the store " + what + ": " + e.getMessage(),
                hint,
                e);
    }

    /** Whether the disk had no room. */
    static boolean isFull(RocksDBException e) {
        return e.getStatus() != null && e.getStatus().getSubCode() == Status.SubCode.NoSpace;
    }

    /** Whether RocksDB found something else in its files than it wrote. */
    static boolean isCorrupt(RocksDBException e) {
        return e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption;
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                List.copyOf(cursors).forEach(Cursor::close);
                idle.values().forEach(sources -> sources.forEach(Cursor.Source::close));
                handles.values().forEach(ColumnFamilyHandle::close);
                rocks.close();
                closeOptions();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void closeOptions() {
        synced.close();
        unsynced.close();
        unlogged.close();
        flushed.close();
        tuning.close();
    }
}
