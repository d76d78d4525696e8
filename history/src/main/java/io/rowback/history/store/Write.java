package io.rowback.history.store;

import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Puts and deletes that reach the store together or not at all. Belongs to the thread that began it. */
final class Write implements AutoCloseable {
    private final Database database;
    private final WriteBatch batch = new WriteBatch();

    Write(Database database) {
        this.database = database;
    }

    /** An index entry: a key without value. */
    void entry(Family family, byte[] key) {
        put(family, key, Database.NO_VALUE);
    }

    /** A payload with its checksum. */
    void seal(Family family, byte[] key, byte[] payload) {
        put(family, key, SealedValue.of(key, payload));
    }

    /** A value as it is, checksum included. */
    void put(Family family, byte[] key, byte[] value) {
        try {
            batch.put(database.handle(family), key, value);
        } catch (RocksDBException e) {
            throw Database.failure("cannot be written", e);
        }
    }

    void delete(Family family, byte[] key) {
        try {
            batch.delete(database.handle(family), key);
        } catch (RocksDBException e) {
            throw Database.failure("cannot be written", e);
        }
    }

    int count() {
        return batch.count();
    }

    long bytes() {
        return batch.getDataSize();
    }

    /** Stores it; with {@code sync} it and everything written before survive the loss of power. */
    void commit(boolean sync) {
        try {
            database.write(batch, sync);
        } catch (RocksDBException e) {
            throw Database.failure("cannot be written", e);
        }
        batch.clear();
    }

    @Override
    public void close() {
        batch.close();
        database.end();
    }
}
