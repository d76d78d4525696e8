package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The lives of rows whose changes since the scope began tell all of it: they kept their key, each change holds all that it
 * found and left, and one coverage held throughout. Such are most rows of a large incident. They are read many at once, and
 * nothing before the scope is looked at.
 */
final class PlainLives {
    private final HistoryReader reader;
    private final TableInfo table;
    private final Scope scope;
    private final Lsn durable;
    private final @Nullable Coverage coverage;

    PlainLives(HistoryReader reader, TableInfo table, Scope scope) {
        this.reader = reader;
        this.table = table;
        this.scope = scope;
        this.durable = reader.info().durable();
        // A TRUNCATE concerns every row, changed or not.
        boolean readable = table.schema().hasKey() && !wasTruncated();
        this.coverage = readable ? table.coverage(durable).orElse(null) : null;
    }

    private boolean wasTruncated() {
        try (Stream<Change> truncates = reader.changes(table.schema().id(), RowKey.of(), scope.begin(), durable)) {
            return truncates.findAny().isPresent();
        }
    }

    /**
     * The lives that can be told so, by key, each from the scope's first change of it on. Several threads may ask at once.
     *
     * @param known changes that were read already, by position
     */
    Map<RowKey, RowLife> of(List<RowKey> keys, Map<Position, Change> known) {
        if (coverage == null) {
            return Map.of();
        }
        Map<RowKey, RowLife> lives = new HashMap<>();
        reader.changes(table.schema().id(), keys, scope.begin(), durable, known).forEach((key, changes) -> {
            List<RowLife.Step> steps = steps(key, changes, coverage);
            if (steps != null) {
                lives.put(key, life(key, steps));
            }
        });
        return lives;
    }

    private RowLife life(RowKey key, List<RowLife.Step> steps) {
        int first = 0;
        while (first < steps.size() && !steps.get(first).inScope()) {
            first++;
        }
        RowImage last = steps.get(steps.size() - 1).after();
        RowImage now = last == null ? null : table.told(last, durable);
        return new RowLife(table, key, key, steps.subList(first, steps.size()), now, false, null);
    }

    /** The changes as steps; null if they do not tell all. */
    private @Nullable List<RowLife.Step> steps(RowKey key, List<Change> changes, Coverage covered) {
        if (changes.get(0).position().commit().isBefore(covered.from())) {
            return null;
        }
        List<RowLife.Step> steps = new ArrayList<>(changes.size());
        Lsn inserted = null;
        for (Change change : changes) {
            RowImage before = change.before();
            RowImage after = change.after() == null ? null : change.after().filledFrom(before);
            boolean whole = (before == null || before.complete())
                    && (after == null || change.operation() == Operation.INSERT || after.complete());
            boolean keptKey = before == null || after == null || key.equals(before.key());
            Lsn commit = change.position().commit();
            // What one transaction inserts and deletes may be two rows, of which one was there and the other stays.
            boolean twoRows = change.operation() == Operation.DELETE && commit.equals(inserted);
            if (!whole || !keptKey || twoRows || !key.equals(change.key())) {
                return null;
            }
            inserted = change.operation() == Operation.INSERT ? commit : inserted;
            steps.add(new RowLife.Step(change, scope.contains(change.position()), before, after));
        }
        return steps;
    }
}
