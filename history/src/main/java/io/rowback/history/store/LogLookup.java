package io.rowback.history.store;

import io.rowback.history.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.BiFunction;

/**
 * Reads from the log the changes that index keys point to, many at once: a few first, since often no more are wanted,
 * then more and more.
 */
final class LogLookup<T> implements Iterator<T> {
    private static final int FIRST = 8;
    private static final int MOST = 512;

    private final Database database;
    private final Schemas schemas;
    private final Iterator<byte[]> indexKeys;
    private final BiFunction<byte[], Change, T> result;
    private final Queue<T> found = new ArrayDeque<>();
    private int chunk = FIRST;

    LogLookup(Database database, Schemas schemas, Iterator<byte[]> indexKeys, BiFunction<byte[], Change, T> result) {
        this.database = database;
        this.schemas = schemas;
        this.indexKeys = indexKeys;
        this.result = result;
    }

    @Override
    public boolean hasNext() {
        if (found.isEmpty() && indexKeys.hasNext()) {
            lookUp();
        }
        return !found.isEmpty();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return found.remove();
    }

    private void lookUp() {
        List<byte[]> keys = new ArrayList<>(chunk);
        List<byte[]> logKeys = new ArrayList<>(chunk);
        while (keys.size() < chunk && indexKeys.hasNext()) {
            byte[] key = indexKeys.next();
            keys.add(key);
            logKeys.add(Keys.log(Keys.position(key)));
        }
        List<byte[]> values = database.getAll(Family.LOG, logKeys);
        for (int i = 0; i < values.size(); i++) {
            found.add(result.apply(keys.get(i), StoredChanges.read(logKeys.get(i), values.get(i), schemas)));
        }
        chunk = Math.min(2 * chunk, MOST);
    }
}
