package io.rowback.history.store;

import io.rowback.history.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Reads from the log the changes that entries of an index point to, many at once: a few first, since often no more are
 * wanted, then more and more.
 */
final class LogLookup<E, T> implements Iterator<T> {
    private static final int FIRST = 8;
    private static final int MOST = 512;

    private final Database database;
    private final Schemas schemas;
    private final Iterator<E> entries;
    private final Function<E, byte[]> key;
    private final BiFunction<E, Change, T> result;
    private final Queue<T> found = new ArrayDeque<>();
    private int chunk = FIRST;

    LogLookup(
            Database database,
            Schemas schemas,
            Iterator<E> entries,
            Function<E, byte[]> key,
            BiFunction<E, Change, T> result) {
        this.database = database;
        this.schemas = schemas;
        this.entries = entries;
        this.key = key;
        this.result = result;
    }

    @Override
    public boolean hasNext() {
        if (found.isEmpty() && entries.hasNext()) {
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
        List<E> looked = new ArrayList<>(chunk);
        List<byte[]> logKeys = new ArrayList<>(chunk);
        while (looked.size() < chunk && entries.hasNext()) {
            E entry = entries.next();
            looked.add(entry);
            logKeys.add(Keys.log(Keys.position(key.apply(entry))));
        }
        List<byte[]> values = database.getAll(Family.LOG, logKeys);
        for (int i = 0; i < values.size(); i++) {
            found.add(result.apply(looked.get(i), StoredChanges.read(logKeys.get(i), values.get(i), schemas)));
        }
        chunk = Math.min(2 * chunk, MOST);
    }
}
