package io.rowback.history.store;

import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * Walks the entries of a key range upwards. Owns what RocksDB needs for that; using it after its database was closed
 * is an {@link IllegalStateException}, where RocksDB itself would take the process down.
 */
final class Cursor implements AutoCloseable {
    private final Database database;
    private final Family family;
    private final Slice upper;
    private final ReadOptions options;
    private final RocksIterator iterator;
    private boolean started;
    private boolean closed;

    Cursor(Database database, Family family, RocksIterator iterator, ReadOptions options, Slice upper) {
        this.database = database;
        this.family = family;
        this.iterator = iterator;
        this.options = options;
        this.upper = upper;
    }

    /** Steps to the next entry; false behind the last. */
    boolean next() {
        requireOpen();
        if (started) {
            iterator.next();
        }
        return arrived();
    }

    /** Goes to the first entry at or behind that key, wherever it stands; false if there is none. */
    boolean skipTo(byte[] key) {
        requireOpen();
        iterator.seek(key);
        return arrived();
    }

    private boolean arrived() {
        started = true;
        if (iterator.isValid()) {
            return true;
        }
        try {
            iterator.status();
        } catch (RocksDBException e) {
            throw Database.failure("cannot be read in " + family, e);
        }
        // A further step would be one beyond the end, which RocksDB forbids.
        started = false;
        return false;
    }

    byte[] key() {
        requireOpen();
        return iterator.key();
    }

    byte[] value() {
        requireOpen();
        return iterator.value();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the cursor is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            iterator.close();
            options.close();
            upper.close();
            database.closed(this);
        }
    }
}
