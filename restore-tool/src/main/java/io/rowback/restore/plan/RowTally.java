package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.plan.Repair.Cause;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a scope did to a table without a key: of each of its rows by how many equal ones there are to be more or fewer once
 * that is undone. Rows are followed from change to change as far as the scope goes, so that one that it inserted and deleted
 * again never comes back; of equal ones a change is taken to be about one that the scope had touched before.
 */
final class RowTally {
    /** Where a row comes from that the scope inserted. */
    private static final RowKey NOWHERE = RowKey.of();

    /** Equal rows that the scope touched. */
    static final class Entry {
        final RowImage image;
        final Position first;
        final List<Cause> causes = new ArrayList<>();
        Position last;
        /** So many more there are to be, or fewer. */
        long delta;
        /** How many of them the scope made of rows of these keys. */
        final Map<RowKey, Long> origins = new LinkedHashMap<>();
        /** So many of them the scope inserted, and nobody asks for these to go. */
        long left;
        /** Why they cannot be judged, if so. */
        @Nullable
        String problem;

        private Entry(RowImage image, Position first) {
            this.image = image;
            this.first = first;
            this.last = first;
        }
    }

    private final HistoryReader reader;
    private final RestoreRequest request;
    private final MovedRows moved;
    private final TableInfo table;
    private final Set<RowKey> keys;
    private final Map<RowKey, Entry> entries = new LinkedHashMap<>();
    /** Of the rows that the scope left under a key, which key each came from. */
    private final Map<RowKey, Deque<RowKey>> held = new LinkedHashMap<>();

    private Change current;

    /** Of the rows of these keys. */
    @SuppressWarnings("NullAway.Init") // The change that is looked at is set before it is.
    RowTally(HistoryReader reader, RestoreRequest request, MovedRows moved, TableInfo table, Set<RowKey> keys) {
        this.reader = reader;
        this.request = request;
        this.moved = moved;
        this.table = table;
        this.keys = keys;
    }

    /** The rows that the scope touched, in the order in which it did first. */
    Map<RowKey, Entry> read() {
        TableId id = table.schema().id();
        for (Scope.Window window : request.scope().windows()) {
            try (Stream<Change> changes = reader.changes(id, window.from(), window.to())) {
                changes.filter(this::isUndone).forEach(this::apply);
            }
        }
        held.forEach((key, origins) -> origins.forEach(origin -> undo(key, origin)));
        return entries;
    }

    private boolean isUndone(Change change) {
        boolean sinceThen =
                request.at() == null || !change.position().commit().isBefore(Objects.requireNonNull(request.at()));
        return sinceThen && request.undoes(change.operation());
    }

    private void apply(Change change) {
        current = change;
        RowImage before = change.before();
        RowImage after = change.after();
        if (change.operation() == Operation.TRUNCATE) {
            truncate();
            return;
        }
        RowImage row = before == null ? Objects.requireNonNull(after) : before;
        if (counts(row)) {
            String obstacle = moved.obstacle(change, half -> request.scope().counts(half.table()));
            if (obstacle != null) {
                problem(row, obstacle);
            }
            RowKey origin = before == null ? NOWHERE : take(before);
            if (after != null) {
                held.computeIfAbsent(entry(after), key -> new ArrayDeque<>()).push(origin);
            } else {
                loses(origin);
            }
        }
    }

    /** Whether the change of this row counts, by the keys asked for and the condition. */
    private boolean counts(RowImage row) {
        boolean named = Stream.of(current.key(), current.oldKey(), row.key())
                .filter(Objects::nonNull)
                .anyMatch(keys::contains);
        Scope.Narrowing narrowing =
                request.scope().narrowing(table.schema().id()).orElse(null);
        if (!named || narrowing == null) {
            return named;
        }
        RowImage told = row.in(narrowing.table().schema());
        Truth truth = narrowing.conditions().stream()
                .map(condition -> condition.test(told))
                .reduce(Truth.TRUE, Truth::and);
        if (truth == Truth.UNKNOWN) {
            problem(row, "whether it meets the condition is not known");
        }
        return truth == Truth.TRUE;
    }

    private void problem(RowImage row, String problem) {
        Objects.requireNonNull(entries.get(entry(row))).problem = problem;
    }

    /** Takes a row from under its key and returns where it came from: there, unless the scope brought it. */
    private RowKey take(RowImage row) {
        RowKey key = entry(row);
        Deque<RowKey> origins = held.get(key);
        return origins == null || origins.isEmpty() ? key : origins.pop();
    }

    private void loses(RowKey origin) {
        if (!origin.equals(NOWHERE)) {
            Objects.requireNonNull(entries.get(origin)).delta++;
        }
    }

    private void undo(RowKey key, RowKey origin) {
        Entry entry = Objects.requireNonNull(entries.get(key));
        boolean stays = origin.equals(NOWHERE) && !request.asksFor(Operation.INSERT);
        if (stays) {
            entry.left++;
        } else {
            entry.delta--;
            entry.origins.merge(origin, 1L, Long::sum);
            loses(origin);
        }
    }

    /** Notes that the current change is about a row with these values. */
    private RowKey entry(RowImage row) {
        RowKey key = Objects.requireNonNull(row.key(), "all values of a row without a key are known");
        Entry entry = entries.computeIfAbsent(key, unknown -> new Entry(row, current.position()));
        entry.last = current.position();
        reader.transaction(current.position().commit())
                .map(transaction -> new Cause(current.operation(), transaction))
                .filter(cause -> !entry.causes.contains(cause))
                .ifPresent(entry.causes::add);
        return key;
    }

    /** A TRUNCATE deleted every row that was there, those of its own transaction included. */
    private void truncate() {
        Map<RowKey, Long> counts = new LinkedHashMap<>();
        Map<RowKey, RowImage> images = new HashMap<>();
        try (Stream<RowImage> rows =
                new TableTimeline(reader, table).asOf(current.position().commit())) {
            rows.forEach(row -> add(row, 1, counts, images));
        }
        Scope.Window transaction = Scope.Window.of(current.position().commit());
        try (Stream<Change> changes = reader.changes(table.schema().id(), transaction.from(), transaction.to())) {
            changes.filter(change -> change.position().compareTo(current.position()) < 0)
                    .forEach(change -> {
                        if (change.operation() == Operation.TRUNCATE) {
                            counts.clear();
                        }
                        Stream.ofNullable(change.before()).forEach(row -> add(row, -1, counts, images));
                        Stream.ofNullable(change.after()).forEach(row -> add(row, 1, counts, images));
                    });
        }
        counts.forEach((key, count) -> {
            RowImage row = Objects.requireNonNull(images.get(key));
            for (long i = counts(row) ? count : 0; i > 0; i--) {
                loses(take(row));
            }
        });
    }

    private static void add(RowImage row, long more, Map<RowKey, Long> counts, Map<RowKey, RowImage> images) {
        RowKey key = Objects.requireNonNull(row.key());
        images.putIfAbsent(key, row);
        counts.merge(key, more, Long::sum);
    }
}
