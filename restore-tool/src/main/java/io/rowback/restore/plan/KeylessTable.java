package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.Column.Identity;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.Finding.Refusal;
import io.rowback.restore.plan.Finding.RowConflict;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.RowTally.Entry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plans a table without a key, by the number of equal rows: as many as the scope left must be there for the writes to be
 * right; as many as are wanted, and nothing is to be done; any other number is somebody's later work, a conflict. Rows of
 * which there are too many become those of which there are too few.
 */
final class KeylessTable {
    private final HistoryReader reader;
    private final RestoreRequest request;
    private final CurrentRows current;
    private final MovedRows moved;
    private final TableInfo table;
    private final TableSchema schema;
    private final List<Finding> findings = new ArrayList<>();
    private final List<EqualRows> counts = new ArrayList<>();
    private final List<Repair> repairs = new ArrayList<>();
    private long left;

    /**
     * Plans the rows of these keys.
     *
     * @throws RowbackException of code REFUSED if there are more than allowed
     */
    KeylessTable(
            HistoryReader reader,
            RestoreRequest request,
            CurrentRows current,
            MovedRows moved,
            TableInfo table,
            Set<RowKey> keys) {
        this.reader = reader;
        this.request = request;
        this.current = current;
        this.moved = moved;
        this.table = table;
        this.schema = table.schema();
        plan(keys);
    }

    /** What is in the way. */
    List<Finding> findings() {
        return findings;
    }

    /** How many of which rows there are and are to be, where that is to change. */
    List<EqualRows> counts() {
        return counts;
    }

    /** The same as writes of single rows. */
    List<Repair> repairs() {
        return repairs;
    }

    /** How many rows the scope inserted that stay. */
    long left() {
        return left;
    }

    private void plan(Set<RowKey> keys) {
        Map<RowKey, Entry> entries = new RowTally(reader, request, moved, table, keys).read();
        entries.values().removeIf(entry -> {
            left += entry.left;
            return entry.delta == 0 && entry.problem == null && request.at() == null;
        });
        Lsn begin = entries.values().stream()
                .map(entry -> entry.first.commit())
                .min(Lsn::compareTo)
                .orElse(Lsn.MAX);
        String missing = entries.isEmpty() ? null : new LifeReader(reader, table, request.scope()).missingFrom(begin);
        String obstacle =
                missing == null && !entries.isEmpty() ? current.obstacle(table).orElse(null) : missing;
        if (obstacle != null) {
            findings.add(new Refusal(schema, RowKey.of(), obstacle));
            return;
        }
        Map<RowKey, Long> last = new LinkedHashMap<>();
        entries.keySet().forEach(key -> last.put(key, count(key, reader.info().durable())));
        Map<RowKey, Long> there = entries.isEmpty() ? Map.of() : current.counts(table, last);
        int untouched = 0;
        for (Map.Entry<RowKey, Entry> entry : entries.entrySet()) {
            RowKey key = entry.getKey();
            long now = Objects.requireNonNull(there.get(key));
            untouched += judge(key, entry.getValue(), now, now - Objects.requireNonNull(last.get(key))) ? 0 : 1;
        }
        boolean moves = entries.values().stream().anyMatch(entry -> entry.delta < 0);
        if (moves && untouched > 0) {
            leaveAll();
        }
        repair(entries);
    }

    /** Rows that become others cannot do so in part: which of them became which is not known. */
    private void leaveAll() {
        String reason = "rows without a key that belong together are put back all or none";
        for (EqualRows rows : counts) {
            findings.add(
                    request.onConflict() == ConflictMode.OVERWRITE
                            ? new Refusal(schema, rows.key(), reason)
                            : new RowConflict(schema, rows.key(), reason, null));
        }
        counts.clear();
    }

    /**
     * Judges equal rows, of which there are {@code now}, so many more than the history knows; false if something is to be done
     * about them that is not planned, or was done already.
     */
    private boolean judge(RowKey key, Entry entry, long now, long unknown) {
        if (entry.problem != null) {
            findings.add(new Refusal(schema, key, entry.problem));
            return false;
        }
        Later later = later(key, entry, unknown);
        Lsn at = request.at();
        long wanted = at == null ? now - later.more + entry.delta : count(key, at) + entry.left;
        if (at != null && wanted == now) {
            return entry.delta == 0;
        }
        if (at == null && !later.truncated && later.more == entry.delta) {
            return false;
        }
        boolean untouched = !later.truncated && later.more == 0 && now + entry.delta == wanted;
        if (!untouched) {
            String reason = later.by == null && unknown == 0
                    ? "others had changed it in the meantime"
                    : "somebody changed such rows since";
            findings.add(new RowConflict(schema, key, reason, later.by));
            if (request.onConflict() != ConflictMode.OVERWRITE) {
                return false;
            }
        }
        long after = at == null ? now + entry.delta : wanted;
        if (after < 0) {
            findings.add(new Refusal(schema, key, "somebody changed or deleted it, and without a key it is not found"));
            return false;
        }
        counts.add(new EqualRows(schema, key, cells(entry.image), now, after, entry.causes));
        return true;
    }

    private long count(RowKey key, Lsn at) {
        RowTimeline.State state = new RowTimeline(reader, table).asOf(key, at);
        if (state instanceof RowTimeline.State.NotCovered) {
            throw table.notCovered(at, reader.info().gaps());
        }
        return state instanceof RowTimeline.State.Present present ? present.count() : 0;
    }

    /** What others did to equal rows after the scope: so many more, by whom last, and whether they emptied the table. */
    private record Later(long more, @Nullable Transaction by, boolean truncated) {}

    private Later later(RowKey key, Entry entry, long unknown) {
        long more = unknown;
        boolean truncated = false;
        Transaction by = null;
        try (Stream<Change> changes = reader.changes(
                schema.id(), key, entry.last.commit(), reader.info().durable())) {
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (change.position().compareTo(entry.last) > 0) {
                    truncated |= change.operation() == Operation.TRUNCATE;
                    more += change.added(key);
                    by = reader.transaction(change.position().commit()).orElse(by);
                }
            }
        }
        return new Later(more, by, truncated);
    }

    private List<Cell> cells(RowImage image) {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < image.values().size(); i++) {
            int same = schema.indexOfSame(image.schema().columns().get(i));
            if (same >= 0 && !schema.columns().get(same).generated()) {
                cells.add(new Cell(schema.columns().get(same), image.values().get(i)));
            }
        }
        return cells;
    }

    /** So many equal rows become others. */
    private record Becoming(EqualRows rows, EqualRows wanted, long times) {}

    /** Rows become what they were as far as that is known of them; the rest goes, and what is missing then is inserted. */
    private void repair(Map<RowKey, Entry> entries) {
        Map<RowKey, EqualRows> planned = new LinkedHashMap<>();
        Map<RowKey, Long> more = new LinkedHashMap<>();
        for (EqualRows rows : counts) {
            planned.put(rows.key(), rows);
            more.put(rows.key(), rows.after() - rows.before());
        }
        List<Becoming> becoming = new ArrayList<>();
        for (EqualRows rows : rowsThatCanBecomeOthers()) {
            Objects.requireNonNull(entries.get(rows.key())).origins.forEach((origin, made) -> {
                long surplus = -more.getOrDefault(rows.key(), 0L);
                long times = Math.min(made, Math.min(surplus, more.getOrDefault(origin, 0L)));
                if (times > 0) {
                    becoming.add(new Becoming(rows, Objects.requireNonNull(planned.get(origin)), times));
                    more.merge(rows.key(), times, Long::sum);
                    more.merge(origin, -times, Long::sum);
                }
            });
        }
        if (!becoming.isEmpty() && !request.columns().equals(ColumnChoice.ALL)) {
            findings.add(new Refusal(schema, RowKey.of(), "of rows without a key no columns can be chosen"));
            counts.clear();
            return;
        }
        // Equal rows are few to count and may be too many to hold.
        request.refuseMoreThanAllowed(
                becoming.stream().mapToLong(Becoming::times).sum()
                        + more.values().stream().mapToLong(Math::abs).sum());
        for (Becoming some : becoming) {
            EqualRows wanted = some.wanted();
            EqualRows rows = some.rows();
            add(new UpdateRow(schema, rows.key(), wanted.values(), rows.values(), wanted.causes()), some.times());
        }
        more.forEach((key, left) -> {
            EqualRows rows = Objects.requireNonNull(planned.get(key));
            if (left > 0) {
                add(new InsertRow(schema, key, rows.values(), rows.causes()), left);
            } else if (left < 0) {
                add(new DeleteRow(schema, key, rows.values(), rows.causes()), -left);
            }
        });
    }

    private void add(Repair repair, long times) {
        repairs.addAll(Collections.nCopies(Math.toIntExact(times), repair));
    }

    private List<EqualRows> rowsThatCanBecomeOthers() {
        boolean fixed = schema.columns().stream().anyMatch(column -> column.identity() == Identity.ALWAYS);
        return fixed ? List.of() : counts;
    }
}
