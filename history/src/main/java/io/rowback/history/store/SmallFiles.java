package io.rowback.history.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactionOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * Merges small files where there are very many, beside the writer. What comes in the order of its keys overlaps nothing
 * that was, so RocksDB moves it to the last level as it is: a file for each memtable, for ever, 25,000 of 7 MB in 200 GB
 * of log, and writer and readers open all of them. To merge those costs about as much as it did to write them, so few are let be.
 */
final class SmallFiles {
    /** As large as RocksDB makes files. */
    static final long FULL = 64 << 20;

    /** A command opens so many in a twentieth of a second. */
    static final int MANY = 500;

    /** So many at the most become one, however small they are. */
    private static final int AT_ONCE = 100;

    /** Of the seven that RocksDB has. */
    private static final int LAST_LEVEL = 6;

    /** Those whose entries come in the order of their keys, or nearly. */
    private static final Set<Family> IN_SEQUENCE =
            EnumSet.of(Family.LOG, Family.TXNS, Family.TABLES, Family.XIDS, Family.TIMES);

    /** What it answers while it is at work on one of the files itself, or has been since. */
    private static final Set<Status.Code> LATER = EnumSet.of(Status.Code.Aborted, Status.Code.InvalidArgument);

    private final Database database;
    private final long full;
    private final int many;

    SmallFiles(Database database, long full, int many) {
        this.database = database;
        this.full = full;
        this.many = many;
    }

    /**
     * Merges the oldest until not many are left, as many neighbours at a time as fill a file.
     *
     * @param pause called before each time; may throw to end it
     */
    void merge(Runnable pause) {
        for (Family family : IN_SEQUENCE) {
            database.arrange(family, (rocks, handle) -> {
                List<LiveFileMetaData> settled = settled(rocks, family);
                List<LiveFileMetaData> small =
                        settled.stream().filter(this::isSmall).toList();
                // Those that fill one together cost nothing to merge, and each costs whoever opens the store as much.
                int most = bytes(small) < full ? many / 10 : many;
                long left = small.size();
                for (List<LiveFileMetaData> files : neighbours(family, settled)) {
                    if (left > most) {
                        pause.run();
                        merge(rocks, handle, files);
                        left -= files.size();
                    }
                }
            });
        }
    }

    /** The files of a family below the first level, in which they lie as they came, by their keys. */
    private static List<LiveFileMetaData> settled(RocksDB rocks, Family family) {
        return rocks.getLiveFilesMetaData().stream()
                .filter(file -> Arrays.equals(file.columnFamilyName(), family.diskName()) && file.level() > 0)
                .sorted(Comparator.comparing(LiveFileMetaData::smallestKey, Arrays::compareUnsigned))
                .toList();
    }

    /**
     * Small ones that follow each other and fill a file together, or are as many as are merged at once, or are all of an epoch
     * after which another came: a file reaches over no more than one.
     */
    private List<List<LiveFileMetaData>> neighbours(Family family, List<LiveFileMetaData> settled) {
        List<List<LiveFileMetaData>> found = new ArrayList<>();
        List<LiveFileMetaData> small = new ArrayList<>();
        for (LiveFileMetaData file : settled) {
            if (!small.isEmpty() && !isSameEpoch(family, small.get(0), file)) {
                if (small.size() > 1) {
                    found.add(small);
                }
                small = new ArrayList<>();
            }
            if (!isSmall(file)) {
                small = new ArrayList<>();
                continue;
            }
            small.add(file);
            if (small.size() == AT_ONCE || bytes(small) >= full) {
                found.add(small);
                small = new ArrayList<>();
            }
        }
        return found;
    }

    private static boolean isSameEpoch(Family family, LiveFileMetaData one, LiveFileMetaData other) {
        return !Tuning.BY_EPOCH.contains(family)
                || Arrays.equals(one.smallestKey(), 0, Keys.EPOCH_BYTES, other.smallestKey(), 0, Keys.EPOCH_BYTES);
    }

    private static long bytes(List<LiveFileMetaData> files) {
        return files.stream().mapToLong(LiveFileMetaData::size).sum();
    }

    private boolean isSmall(LiveFileMetaData file) {
        return file.size() < full / 2;
    }

    private void merge(RocksDB rocks, ColumnFamilyHandle family, List<LiveFileMetaData> files) throws RocksDBException {
        List<String> names = files.stream().map(LiveFileMetaData::fileName).toList();
        // A dictionary is made of all that a file is to hold, so without a limit all of it would be in memory.
        try (CompactionOptions options = new CompactionOptions().setOutputFileSizeLimit(full)) {
            rocks.compactFiles(options, family, names, LAST_LEVEL, -1, null);
        } catch (RocksDBException e) {
            if (e.getStatus() == null || !LATER.contains(e.getStatus().getCode())) {
                throw e;
            }
        }
    }
}
