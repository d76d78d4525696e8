package io.rowback.restore.plan;

import io.rowback.restore.plan.ScopeRows.Touched;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.Predicate;

/** Rows in parts that are read at once, as they are found; at the end those that wait until all others are known. */
final class ScopeParts implements Iterator<List<Touched>> {
    /** What is read ahead is garbage soon, and is not to outlive a collection. */
    private static final int MOST = 250;

    private final Iterator<Touched> rows;
    private final Predicate<Row> waits;
    private final Queue<Row> waiting = new ArrayDeque<>();

    ScopeParts(Iterator<Touched> rows, Predicate<Row> waits) {
        this.rows = rows;
        this.waits = waits;
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext() || !waiting.isEmpty();
    }

    @Override
    public List<Touched> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        List<Touched> part = new ArrayList<>(MOST);
        while (part.size() < MOST && rows.hasNext()) {
            Touched row = rows.next();
            if (waits.test(row.row())) {
                // All that wait are kept at once: without what was read of them, which takes memory.
                waiting.add(row.row());
            } else {
                part.add(row);
            }
        }
        while (part.size() < MOST && !waiting.isEmpty()) {
            part.add(new Touched(waiting.remove(), null));
        }
        return part;
    }
}
