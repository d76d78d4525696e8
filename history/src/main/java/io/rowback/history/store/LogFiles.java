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
 * Merges small files of the log where there are very many, beside the writer. What is flushed overlaps nothing that was, so
 * RocksDB moves it to the last level as it is: a file of some MB for each memtable, for ever, 25,000 in 200 GB, and writer and
 * readers open all of them. To merge them costs about as much as it did to write them, so few are let be.
 */
final class LogFiles {
    /** As large as RocksDB makes files. */
    static final long FULL = 64 << 20;

    /** A command opens so many in a tenth of a second. */
    static final int MANY = 1_000;

    /** Of the seven that RocksDB has. */
    private static final int LAST_LEVEL = 6;

    /** What it answers while it is at work on one of the files itself, or has been since. */
    private static final Set<Status.Code> LATER = EnumSet.of(Status.Code.Aborted, Status.Code.InvalidArgument);

    private final Database database;
    private final long full;
    private final int many;

    LogFiles(Database database, long full, int many) {
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
        database.arrange(Family.LOG, (rocks, log) -> {
            List<LiveFileMetaData> files = settled(rocks);
            long left = files.stream().filter(this::isSmall).count();
            List<String> small = new ArrayList<>();
            long bytes = 0;
            for (LiveFileMetaData file : files) {
                if (left <= many) {
                    return;
                }
                if (!isSmall(file)) {
                    small.clear();
                    bytes = 0;
                    continue;
                }
                small.add(file.fileName());
                bytes += file.size();
                if (bytes >= full) {
                    pause.run();
                    merge(rocks, log, small);
                    left -= small.size();
                    small.clear();
                    bytes = 0;
                }
            }
        });
    }

    private boolean isSmall(LiveFileMetaData file) {
        return file.size() < full / 2;
    }

    /** The log's files below the first level, in which they lie as they came, by their keys. */
    private static List<LiveFileMetaData> settled(RocksDB rocks) {
        return rocks.getLiveFilesMetaData().stream()
                .filter(file -> Arrays.equals(file.columnFamilyName(), Family.LOG.diskName()) && file.level() > 0)
                .sorted(Comparator.comparing(LiveFileMetaData::smallestKey, Arrays::compareUnsigned))
                .toList();
    }

    private void merge(RocksDB rocks, ColumnFamilyHandle log, List<String> files) throws RocksDBException {
        // A dictionary is made of all that a file is to hold, so without a limit all of it would be in memory.
        try (CompactionOptions options = new CompactionOptions().setOutputFileSizeLimit(full)) {
            rocks.compactFiles(options, log, files, LAST_LEVEL, -1, null);
        } catch (RocksDBException e) {
            if (e.getStatus() == null || !LATER.contains(e.getStatus().getCode())) {
                throw e;
            }
        }
    }
}
