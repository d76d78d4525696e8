package io.rowback.history.store;

import java.util.zip.CRC32C;
import org.rocksdb.RocksDBException;

/**
 * Puts and deletes that reach the store together or not at all. Belongs to the thread that began it. They are gathered in
 * the form that RocksDB writes to its log, because a call into it for each entry costs more than all the rest.
 */
final class Write implements AutoCloseable {
    /** A sequence number, which RocksDB fills in, and how many entries follow. */
    private static final int HEADER_BYTES = 12;

    private static final int COUNT_AT = 8;
    /** RocksDB's tags of an entry that names its column family. */
    private static final int DELETE = 4;

    private static final int PUT = 5;

    private static final int ENTRIES_MAX = 10_000;

    private final Database database;
    private final ByteWriter batch = new ByteWriter();
    private final CRC32C checksum = new CRC32C();
    private int count;

    Write(Database database) {
        this.database = database;
        clear();
    }

    /** An index entry: a key without value. */
    void entry(Family family, byte[] key) {
        put(family, key, Database.NO_VALUE);
    }

    /** A payload with its checksum. */
    void seal(Family family, byte[] key, byte[] payload) {
        seal(family, key, new ByteWriter().bytes(payload));
    }

    /** What was written to {@code payload}, with its checksum. */
    void seal(Family family, byte[] key, ByteWriter payload) {
        begin(PUT, family, key);
        SealedValue.write(batch, key, payload, checksum);
    }

    /** A value as it is, checksum included. */
    void put(Family family, byte[] key, byte[] value) {
        begin(PUT, family, key);
        batch.varint(value.length).bytes(value);
    }

    void delete(Family family, byte[] key) {
        begin(DELETE, family, key);
    }

    private void begin(int tag, Family family, byte[] key) {
        count++;
        batch.u8(tag).varint(database.number(family)).varint(key.length).bytes(key);
    }

    /** Stores, not yet synced, what has gathered of a change that is too large for one write. */
    void commitIfLarge() {
        if (count > ENTRIES_MAX) {
            commit(Database.Durability.ORDERED);
        }
    }

    long bytes() {
        return batch.size();
    }

    /** Stores it. */
    void commit(Database.Durability durability) {
        batch.u32LittleEndian(COUNT_AT, count);
        try {
            database.write(batch.toBytes(), durability);
        } catch (RocksDBException e) {
            throw Database.failure("cannot be written", e);
        }
        clear();
    }

    private void clear() {
        count = 0;
        batch.clear().bytes(new byte[HEADER_BYTES]);
    }

    @Override
    public void close() {
        database.end();
    }
}
