package io.rowback.restore.plan;

import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.Predicate;

/** Rows in parts that are read at once, as they are found; at the end those that wait until all others are known. */
final class ScopeParts implements Iterator<List<Row>> {
    /** What is read ahead is garbage soon, and is not to outlive a collection. */
    private static final int MOST = 250;

    private final Iterator<Row> rows;
    private final Predicate<Row> waits;
    private final Queue<Row> waiting = new ArrayDeque<>();

    ScopeParts(Iterator<Row> rows, Predicate<Row> waits) {
        this.rows = rows;
        this.waits = waits;
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext() || !waiting.isEmpty();
    }

    @Override
    public List<Row> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        List<Row> part = new ArrayList<>(MOST);
        while (part.size() < MOST && rows.hasNext()) {
            Row row = rows.next();
            if (waits.test(row)) {
                waiting.add(row);
            } else {
                part.add(row);
            }
        }
        while (part.size() < MOST && !waiting.isEmpty()) {
            part.add(waiting.remove());
        }
        return part;
    }
}
