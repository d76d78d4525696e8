package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.store.StoredChanges.OfRow;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Follows the changes of every row, table by table in the order of the keys. One row at a time is in memory, and where its
 * table was truncated; the log is read where each row's changes stand, so this takes longer than all else.
 */
final class Chains {
    private static final long PROGRESS_EVERY = 10_000;

    private final StoredChanges changes;
    private final StoredBaselines baselines;
    private final Findings findings;
    private final ObjLongConsumer<String> progress;
    private long rows;

    Chains(StoredChanges changes, StoredBaselines baselines, Findings findings, ObjLongConsumer<String> progress) {
        this.changes = changes;
        this.baselines = baselines;
        this.findings = findings;
        this.progress = progress;
    }

    /** How many rows were followed. */
    long rows() {
        return rows;
    }

    void follow(TableInfo table) {
        TableId id = table.schema().id();
        NavigableMap<Position, Change> truncates = new TreeMap<>();
        try (Stream<Change> all = changes.of(id, RowKey.of(), Lsn.ZERO, Lsn.MAX)) {
            all.forEach(change -> truncates.put(change.position(), change));
        }
        try (Stream<OfRow> all = changes.byRow(id)) {
            RowKey current = null;
            RowChain chain = null;
            for (OfRow each : (Iterable<OfRow>) all::iterator) {
                if (chain == null || !each.row().equals(current)) {
                    end(chain);
                    current = each.row();
                    chain = new RowChain(table, current, baselines, findings);
                }
                Map.Entry<Position, Change> truncate =
                        truncates.lowerEntry(each.change().position());
                Position last = chain.last();
                if (truncate != null && (last == null || last.compareTo(truncate.getKey()) < 0)) {
                    chain.follow(truncate.getValue());
                }
                chain.follow(each.change());
            }
            end(chain);
        }
        progress.accept("rows followed", rows);
    }

    private void end(@Nullable RowChain chain) {
        if (chain != null) {
            chain.end();
            rows++;
            if (rows % PROGRESS_EVERY == 0) {
                progress.accept("rows followed", rows);
            }
        }
    }
}
