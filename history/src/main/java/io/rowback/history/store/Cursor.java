package io.rowback.history.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * Walks the entries of a key range upwards. Owns what RocksDB needs for that; using it after its database was closed
 * is an {@link IllegalStateException}, where RocksDB itself would take the process down.
 */
final class Cursor implements AutoCloseable {
    private static final int NEAR = 3;

    private final Database database;
    private final Family family;
    private final byte[] end;
    private final Source source;
    private final RocksIterator iterator;
    private boolean started;
    private byte @Nullable [] current;
    private boolean closed;

    /**
     * What RocksDB needs to walk up to some key.
     *
     * @param reused whether it serves several cursors, one after the other, and walks on behind the end of each
     */
    record Source(RocksIterator iterator, ReadOptions options, Slice upper, boolean reused) implements AutoCloseable {
        @Override
        public void close() {
            iterator.close();
            options.close();
            upper.close();
        }
    }

    /** Stands before the first entry at or behind {@code from}. */
    Cursor(Database database, Family family, Source source, byte[] from, byte[] end) {
        this.database = database;
        this.family = family;
        this.end = end;
        this.source = source;
        this.iterator = source.iterator();
        iterator.seek(from);
    }

    Family family() {
        return family;
    }

    /** Steps to the next entry; false behind the last. */
    boolean next() {
        requireOpen();
        if (started) {
            iterator.next();
        }
        return arrived();
    }

    /**
     * Goes to the first entry at or behind that key, which is not to lie before the entry where it stands; false if there is
     * none. Goes step by step if that is near, which takes a tenth of a search.
     */
    boolean skipTo(byte[] key) {
        requireOpen();
        for (int step = 0; started && step < NEAR; step++) {
            if (Arrays.compareUnsigned(key(), key) >= 0) {
                return inRange();
            }
            iterator.next();
            current = null;
            started = iterator.isValid();
        }
        iterator.seek(key);
        return arrived();
    }

    private boolean arrived() {
        current = null;
        started = true;
        if (iterator.isValid()) {
            return inRange();
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

    /** Whether the entry where it stands is one of the range; from one behind it there is no further step. */
    private boolean inRange() {
        started = !source.reused() || Arrays.compareUnsigned(key(), end) < 0;
        return started;
    }

    byte[] key() {
        requireOpen();
        if (current == null) {
            current = iterator.key();
        }
        return current;
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
            database.closed(this, source);
        }
    }
}
