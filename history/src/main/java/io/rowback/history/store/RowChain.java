package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Follows what is under one key from change to change: each must have found what the history holds before it, as far as
 * the stream carried that. Where the table is not covered nothing is demanded, since changes may be missing there. Of a
 * table without a key the equal rows are counted.
 */
final class RowChain {
    private final TableInfo table;
    private final RowKey key;
    private final StoredBaselines baselines;
    private final Findings findings;
    /** More than one only within a transaction: a key that is checked at its end may be taken before it is given up. */
    private final List<RowImage> held = new ArrayList<>();

    private long equalRows;
    private @Nullable Coverage coverage;
    private @Nullable Position last;

    RowChain(TableInfo table, RowKey key, StoredBaselines baselines, Findings findings) {
        this.table = table;
        this.key = key;
        this.baselines = baselines;
        this.findings = findings;
    }

    /** The position of the change that was followed last, null before the first. */
    @Nullable
    Position last() {
        return last;
    }

    /** Follows the next change that left or found a row under the key, or a TRUNCATE of the table. */
    void follow(Change change) {
        Lsn commit = change.position().commit();
        if (last != null && !last.commit().equals(commit)) {
            requireOne();
        }
        last = change.position();
        Coverage now = table.coverage(commit).orElse(null);
        if (now != null && !now.equals(coverage)) {
            begin(now);
        }
        coverage = now;
        if (coverage != null) {
            apply(change);
        }
    }

    /** To be called behind the last change. */
    void end() {
        requireOne();
    }

    private void begin(Coverage now) {
        held.clear();
        equalRows = 0;
        RowImage row = baselines.row(table.schema().id(), key, now.from()).orElse(null);
        if (row != null && row.schema().hasKey()) {
            held.add(row);
        } else if (row != null) {
            equalRows = baselines.count(table.schema().id(), key, now.from());
        }
    }

    private void apply(Change change) {
        RowImage before = change.before();
        RowImage after = change.after();
        switch (change.operation()) {
            case TRUNCATE -> {
                held.clear();
                equalRows = 0;
            }
            case INSERT -> put(Objects.requireNonNull(after));
            case DELETE -> take(Objects.requireNonNull(before));
            case UPDATE -> {
                RowKey old = change.oldKey();
                RowImage found = old == null || old.equals(key) ? take(Objects.requireNonNull(before)) : null;
                if (old == null || !old.equals(key)) {
                    put(Objects.requireNonNull(after).filledFrom(before).filledFrom(found));
                }
            }
        }
    }

    private void put(RowImage row) {
        if (row.schema().hasKey()) {
            held.add(row);
        } else {
            equalRows++;
        }
    }

    /** Takes away the row that the change found; null if the history holds none. */
    private @Nullable RowImage take(RowImage before) {
        if (!before.schema().hasKey()) {
            if (equalRows == 0) {
                broken("found a row, the history holds none");
            }
            equalRows = Math.max(0, equalRows - 1);
            return null;
        }
        // Where a column was dropped and one of its name added, changes are told of the former until it is certain.
        Lsn commit = Objects.requireNonNull(last).commit();
        RowImage found = before.among(held)
                .or(() -> table.certain(before, commit).among(held))
                .orElse(null);
        if (found != null) {
            held.remove(found);
            return found;
        }
        if (held.isEmpty()) {
            broken("found a row, the history holds none");
            return null;
        }
        RowImage other = held.remove(0);
        broken("found other values than the history holds in "
                + before.contradictions(other).stream().map(Column::name).collect(Collectors.joining(", ")));
        return other;
    }

    private void requireOne() {
        if (held.size() > 1) {
            broken("left a row where the history holds another one");
            held.subList(0, held.size() - 1).clear();
        }
    }

    private void broken(String what) {
        Position at = Objects.requireNonNull(last);
        findings.add("chain of " + table.schema().name() + " " + key + ": change " + at.ordinal()
                + " of the transaction at LSN " + at.commit() + " " + what);
    }
}
