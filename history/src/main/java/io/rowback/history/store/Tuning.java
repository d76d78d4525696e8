package io.rowback.history.store;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.MemTableConfig;
import org.rocksdb.SkipListMemTableConfig;
import org.rocksdb.SstPartitionerFactory;
import org.rocksdb.SstPartitionerFixedPrefixFactory;
import org.rocksdb.Statistics;
import org.rocksdb.VectorMemTableConfig;

/**
 * RocksDB's options. The log is compressed with a dictionary, which makes its small blocks as small as large ones would
 * be; so is RocksDB's own write-ahead log, whose size bounds how long a reader takes to open. No Bloom filters: nearly all
 * reads are of ranges, and the log's files do not overlap. No event listener: the Java one keeps RocksDB from recovering
 * after a full disk.
 */
final class Tuning implements AutoCloseable {
    private static final long MEGABYTE = 1 << 20;
    private static final long CACHE = 64 * MEGABYTE;
    private static final long LOG_MEMTABLE = 64 * MEGABYTE;
    private static final long INDEX_MEMTABLE = 16 * MEGABYTE;
    /** As much as fills the memtables of the large families; without a limit the small ones would keep more than that alive. */
    private static final long WAL = 64 * MEGABYTE;

    /** A reader takes in the list of files as it was written, edit by edit, and RocksDB would let it grow to a gigabyte. */
    private static final long FILE_LIST = MEGABYTE;

    private static final long INFO_LOG = 4 * MEGABYTE;
    private static final int INFO_LOGS = 4;
    /** Those whose entries come in no order of their keys. */
    static final Set<Family> UNORDERED = EnumSet.of(Family.ROWS, Family.REFS);
    /** Those whose keys begin with an epoch, which is dropped as a whole. */
    static final Set<Family> BY_EPOCH = EnumSet.of(Family.ROWS, Family.TABLES, Family.REFS, Family.XIDS, Family.TIMES);

    private static final int BLOCK = 16 * 1024;
    private static final int DICTIONARY = 16 * 1024;
    private static final int LEVEL = 3;
    /** Large blocks without a dictionary are as small and cost a baseline, which waits for compression, a third of the time. */
    private static final int BASELINE_BLOCK = 64 * 1024;

    private static final int BASELINE_LEVEL = 1;
    private static final int BACKGROUND_JOBS = 2;

    /** Each of a baseline's files of refs reaches over nearly all keys: to merge them by fours rewrote each entry seven times. */
    private static final int REFS_MERGED = 12;

    {
        // Whatever follows would load it in RocksDB's own way.
        NativeLibrary.load();
    }

    private final List<AutoCloseable> owned = new ArrayList<>();
    private final Cache cache = own(new LRUCache(CACHE));
    private final Statistics statistics = own(new Statistics());
    private final SstPartitionerFactory byEpoch = own(new SstPartitionerFixedPrefixFactory(Keys.EPOCH_BYTES));

    DBOptions database() {
        Properties compressedWal = new Properties();
        compressedWal.setProperty("wal_compression", "kZSTD");
        DBOptions options = own(Objects.requireNonNull(DBOptions.getDBOptionsFromProps(compressedWal)));
        return options.setMaxTotalWalSize(WAL)
                .setMaxManifestFileSize(FILE_LIST)
                // A reader must hold every file open: the writer may delete it meanwhile.
                .setMaxOpenFiles(-1)
                .setMaxBackgroundJobs(BACKGROUND_JOBS)
                // One thread writes, and a memtable that is sorted later takes no more than one.
                .setAllowConcurrentMemtableWrite(false)
                .setBytesPerSync(MEGABYTE)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(INFO_LOG)
                .setKeepLogFileNum(INFO_LOGS);
    }

    /** What a writer counts while its database is open. */
    Statistics statistics() {
        return statistics;
    }

    /** For a reader of all questions. */
    List<ColumnFamilyDescriptor> families() {
        return families(Questions.ALL.families(), new SkipListMemTableConfig());
    }

    /**
     * For the writer, and for a reader that asks little. Entries of rows and refs come in no order, so they are sorted once: in
     * the background, and by a reader anew for each iterator. To put each in its place at once took most of the time of a
     * write, and of opening beside a writer.
     */
    List<ColumnFamilyDescriptor> unsortedFamilies(Set<Family> families) {
        return families(families, new VectorMemTableConfig());
    }

    private List<ColumnFamilyDescriptor> families(Set<Family> families, MemTableConfig unordered) {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (Family family : families) {
            ColumnFamilyOptions options = options(family);
            if (UNORDERED.contains(family)) {
                options.setMemTableConfig(unordered);
            }
            descriptors.add(new ColumnFamilyDescriptor(family.diskName(), options));
        }
        return descriptors;
    }

    private ColumnFamilyOptions options(Family family) {
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockSize(family == Family.BASELINE ? BASELINE_BLOCK : BLOCK)
                .setBlockCache(cache)
                // A file's own index is a hundred kilobytes and more: of one in parts a question reads what it needs.
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setPinTopLevelIndexAndFilter(false)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
        boolean large = family == Family.LOG || family == Family.BASELINE;
        ColumnFamilyOptions options = own(new ColumnFamilyOptions());
        if (BY_EPOCH.contains(family)) {
            options.setSstPartitionerFactory(byEpoch);
        }
        if (family == Family.REFS) {
            options.setLevel0FileNumCompactionTrigger(REFS_MERGED)
                    .setLevel0SlowdownWritesTrigger(3 * REFS_MERGED)
                    .setLevel0StopWritesTrigger(4 * REFS_MERGED);
        }
        return options.setTableFormatConfig(table)
                .setCompressionType(CompressionType.ZSTD_COMPRESSION)
                .setCompressionOptions(compression(family))
                .setWriteBufferSize(large ? LOG_MEMTABLE : INDEX_MEMTABLE);
    }

    private CompressionOptions compression(Family family) {
        CompressionOptions compression = own(new CompressionOptions()).setEnabled(true);
        return switch (family) {
            case LOG -> compression.setLevel(LEVEL).setMaxDictBytes(DICTIONARY);
            case BASELINE, REFS -> compression.setLevel(BASELINE_LEVEL);
            case META, ROWS, TABLES, TXNS, XIDS, TIMES, SCHEMAS -> compression.setLevel(LEVEL);
        };
    }

    private <T extends AutoCloseable> T own(T closeable) {
        owned.add(closeable);
        return closeable;
    }

    @Override
    public void close() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            try {
                owned.get(i).close();
            } catch (Exception e) {
                throw new IllegalStateException("RocksDB's options cannot be closed", e);
            }
        }
    }
}
