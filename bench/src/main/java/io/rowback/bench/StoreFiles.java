package io.rowback.bench;

import io.rowback.history.store.StoreFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.ConfigOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.OptionsUtil;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** The files of a store that no daemon has open. */
record StoreFiles(Path folder) {
    /** All bytes, the log files among them. */
    long bytes() {
        return StoreFolder.bytes(folder);
    }

    /** The bytes of RocksDB's own log. */
    long walBytes() {
        return StoreFolder.walBytes(folder);
    }

    /** The bytes of each column family, after the memtables were written out. */
    Map<String, Long> families(boolean compacted) {
        RocksDB.loadLibrary();
        Map<String, Long> sizes = new TreeMap<>();
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (ConfigOptions config = new ConfigOptions();
                DBOptions options = new DBOptions();
                CompactRangeOptions whole =
                        new CompactRangeOptions().setBottommostLevelCompaction(BottommostLevelCompaction.kForce)) {
            OptionsUtil.loadLatestOptions(config, folder.toString(), options, descriptors);
            try (RocksDB rocks = RocksDB.open(options, folder.toString(), descriptors, handles)) {
                for (ColumnFamilyHandle handle : handles) {
                    if (compacted) {
                        rocks.compactRange(handle, null, null, whole);
                    }
                    String name = new String(handle.getName(), StandardCharsets.UTF_8);
                    sizes.put(name, rocks.getLongProperty(handle, "rocksdb.live-sst-files-size"));
                    handle.close();
                }
            }
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
        return sizes;
    }
}
