package io.rowback.history.store;

import io.rowback.history.StoreMeasures;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.HistogramData;
import org.rocksdb.HistogramType;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Statistics;
import org.rocksdb.TickerType;

/** Asks RocksDB what it takes and does: properties of the moment, and statistics since it was opened. */
final class Measurement {
    /** Files that nothing refers to any more count until they are deleted: they take space. */
    private static final String FILE_BYTES = "rocksdb.total-sst-files-size";

    private static final String PENDING_BYTES = "rocksdb.estimate-pending-compaction-bytes";
    private static final String RUNNING = "rocksdb.num-running-compactions";
    private static final String WAL = "wal";

    private Measurement() {}

    static StoreMeasures take(
            RocksDB rocks, Map<Family, ColumnFamilyHandle> handles, Statistics statistics, long walBytes)
            throws RocksDBException {
        Map<String, Long> bytes = new HashMap<>();
        bytes.put(WAL, walBytes);
        for (Map.Entry<Family, ColumnFamilyHandle> family : handles.entrySet()) {
            bytes.put(family.getKey().toString(), rocks.getLongProperty(family.getValue(), FILE_BYTES));
        }
        HistogramData syncs = statistics.getHistogramData(HistogramType.WAL_FILE_SYNC_MICROS);
        return new StoreMeasures(
                bytes,
                rocks.getAggregatedLongProperty(PENDING_BYTES),
                rocks.getLongProperty(RUNNING),
                statistics.getTickerCount(TickerType.COMPACT_WRITE_BYTES),
                syncs.getCount(),
                micros(syncs.getSum()),
                micros(statistics.getTickerCount(TickerType.STALL_MICROS)));
    }

    private static Duration micros(long micros) {
        return Duration.of(micros, ChronoUnit.MICROS);
    }
}
