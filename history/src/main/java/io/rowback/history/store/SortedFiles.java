package io.rowback.history.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.WriteOptions;

/** RocksDB's files of sorted entries, taken as a whole. */
final class SortedFiles {
    private SortedFiles() {}

    /** Reads every block of a file, those too that no query needs, and compares its checksum. */
    static void verify(Path path) throws RocksDBException {
        try (Options options = new Options();
                SstFileReader file = new SstFileReader(options)) {
            file.open(path.toString());
            file.verifyChecksum();
        } catch (RocksDBException e) {
            // A writer that runs beside us drops files whose entries it has written to others.
            if (Files.exists(path)) {
                throw e;
            }
        }
    }

    /**
     * Deletes all entries in a range and gives their space back: whole files at once, the rest by writing anew the files
     * that reach over its ends. Readers that are open keep what they see.
     */
    static void drop(Database database, Family family, KeyRange range) {
        database.arrange(
                family, (rocks, handle) -> rocks.deleteFilesInRanges(handle, List.of(range.from(), range.to()), false));
        if (database.lastKey(family, range.from(), range.to()) == null) {
            return;
        }
        database.arrange(family, (rocks, handle) -> {
            // Down to the last level, where what was deleted and the mark of its deletion go.
            try (WriteOptions synced = new WriteOptions().setSync(true);
                    CompactRangeOptions whole = new CompactRangeOptions()
                            .setExclusiveManualCompaction(false)
                            .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized)) {
                rocks.deleteRange(handle, synced, range.from(), range.to());
                rocks.compactRange(handle, range.from(), range.to(), whole);
            }
        });
    }
}
