package io.rowback.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The lives of a table's rows, each under one key: changes in commit order, their images resolved from the baseline and
 * from each other, so that an unchanged TOAST value or a before image that the stream lacked is known wherever the
 * history knows it. Where the table is not covered nothing is carried from one change to the next, since changes
 * between them may be missing. Pure but for the reader it asks; as little thread-safe as that.
 */
public final class RowTimeline {
    /** So many keys that a row had in turn are followed back for a value; a row that had more keeps it unknown. */
    private static final int MAX_MOVES = 500;

    private final HistoryReader reader;
    private final TableInfo table;
    /** Images of rows just after an UPDATE gave them this key; without them keys that rows exchange are resolved anew each time. */
    private final Map<Position, RowImage> moved = new HashMap<>();

    private int moves;

    public RowTimeline(HistoryReader reader, TableInfo table) {
        this.reader = reader;
        this.table = table;
    }

    /**
     * A change and the row around it.
     *
     * @param change as stored
     * @param before the row under this key just before; null if there was none, or none is known where the table is not
     *     covered
     * @param after the row under this key just after, null if there is none: deleted, truncated, or moved to another key
     */
    public record Version(
            Change change,
            @Nullable RowImage before,
            @Nullable RowImage after) {
        /** The same change seen from the row's other key as well: each of the two knows one of the images. */
        public Version joined(Version other) {
            return new Version(change, before == null ? other.before : before, after == null ? other.after : after);
        }
    }

    /** What the table held under a key: a row, no row, or the history cannot tell. */
    public sealed interface State {
        /**
         * A row was there; its unknown columns are those that the history does not know.
         *
         * @param image the row
         * @param count how many equal ones there were: 1, but in a table without a key
         */
        record Present(RowImage image, long count) implements State {
            public Present(RowImage image) {
                this(image, 1);
            }
        }

        /** No row was there. */
        record Absent() implements State {}

        /** The moment is not covered. */
        record NotCovered() implements State {}

        /** The row, or null if none was there or the history cannot tell. */
        default @Nullable RowImage imageOrNull() {
            return this instanceof Present present ? present.image() : null;
        }
    }

    /**
     * What is under the key between two changes.
     *
     * @param rows of a table with a key several only within a transaction: a key that is checked at its end may be taken
     *     before it is given up; of one without a key one for all
     * @param count how many equal ones each of them stands for
     */
    private record Held(List<RowImage> rows, long count) {
        static final Held NOTHING = new Held(List.of(), 0);

        Held {
            rows = List.copyOf(rows);
        }

        /** The row that was there last, null if there is none. */
        @Nullable
        RowImage row() {
            return rows.isEmpty() ? null : rows.get(rows.size() - 1);
        }

        /** The row that a change found, by what it tells of it; null if there is none. */
        @Nullable
        RowImage found(RowImage before) {
            return rows.size() < 2 ? row() : before.among(rows).orElse(rows.get(0));
        }

        /** What a transaction leaves: one row at most, even where the history holds one that should have gone. */
        Held settled() {
            return rows.size() < 2 ? this : new Held(rows.subList(rows.size() - 1, rows.size()), 1);
        }

        /** Without a key each change adds one of the equal rows or takes one away. */
        Held after(Version version) {
            RowImage before = version.before();
            RowImage after = version.after();
            if (version.change().operation() == Operation.TRUNCATE) {
                return NOTHING;
            }
            List<RowImage> left = new ArrayList<>(rows);
            if (version.change().schema().hasKey()) {
                if (before != null) {
                    left.remove(found(before));
                }
                if (after != null) {
                    left.add(after);
                }
                return new Held(left, 1);
            }
            long number = count + (after == null ? 0 : 1) - (before == null ? 0 : 1);
            RowImage any = after == null ? before : after;
            return any == null || number <= 0 ? NOTHING : new Held(List.of(any), number);
        }
    }

    private record Replay(List<Version> versions, Held held) {}

    /**
     * The changes of the row with a commit LSN in [from, to), resolved, oldest first. A TRUNCATE is among them unless it
     * is known that it found no row under this key.
     */
    public List<Version> versions(RowKey key, Lsn from, Lsn to) {
        Lsn start = table.coverage(from).map(Coverage::from).orElse(from);
        return replay(key, start, new Position(to, 0)).versions().stream()
                .filter(version -> !version.change().position().commit().isBefore(from))
                .toList();
    }

    /** What the table held under the key, told in the schema it had then, after all commits below {@code at} and none above. */
    public State asOf(RowKey key, Lsn at) {
        State held = held(key, at);
        return held instanceof State.Present present
                ? new State.Present(table.told(present.image(), at), present.count())
                : held;
    }

    /** The same in the schema that the row was written in last. */
    State held(RowKey key, Lsn at) {
        if (table.coverage(at).isEmpty()) {
            return new State.NotCovered();
        }
        Held held = heldBefore(key, new Position(at, 0));
        return held.row() == null ? new State.Absent() : new State.Present(held.row(), held.count());
    }

    /** What is under the key just before that position; nothing if the position is not covered. */
    private Held heldBefore(RowKey key, Position end) {
        return table.coverage(end.commit())
                .map(coverage -> replay(key, coverage.from(), end).held())
                .orElse(Held.NOTHING);
    }

    private Held baseline(RowKey key, Lsn at) {
        TableId id = table.schema().id();
        RowImage row = reader.baseline(id, key, at).orElse(null);
        if (row == null) {
            return Held.NOTHING;
        }
        return new Held(List.of(row), row.schema().hasKey() ? 1 : reader.baselineCount(id, key, at));
    }

    private Replay replay(RowKey key, Lsn from, Position end) {
        List<Version> versions = new ArrayList<>();
        Coverage coverage = table.coverage(from).orElse(null);
        Held held = coverage == null ? Held.NOTHING : baseline(key, from);
        Lsn transaction = from;
        for (Change change : changes(key, from, end)) {
            Lsn commit = change.position().commit();
            held = commit.equals(transaction) ? held : held.settled();
            transaction = commit;
            Coverage current = table.coverage(commit).orElse(null);
            if (current == null) {
                held = Held.NOTHING;
            } else if (!current.equals(coverage)) {
                held = baseline(key, commit);
            }
            coverage = current;
            boolean foundNothing = change.operation() == Operation.TRUNCATE && coverage != null && held.row() == null;
            if (!foundNothing) {
                Version version = resolve(change, key, held);
                versions.add(version);
                held = held.after(version);
            }
        }
        return new Replay(versions, held);
    }

    /** Read at once, since resolving them reads again and cursors are dear. */
    private List<Change> changes(RowKey key, Lsn from, Position end) {
        Lsn to = end.ordinal() == 0 ? end.commit() : end.commit().next();
        try (Stream<Change> changes = reader.changes(table.schema().id(), key, from, to)) {
            return changes.filter(change -> change.position().compareTo(end) < 0)
                    .toList();
        }
    }

    private Version resolve(Change change, RowKey key, Held held) {
        return switch (change.operation()) {
            case TRUNCATE -> new Version(change, held.row(), null);
            case INSERT -> new Version(change, null, change.after());
            case DELETE -> new Version(change, before(change, held), null);
            case UPDATE -> {
                if (change.oldKey() == null) {
                    RowImage before = before(change, held);
                    yield new Version(change, before, after(change).filledFrom(before));
                }
                boolean movedAway = key.equals(change.oldKey());
                yield movedAway
                        ? new Version(change, before(change, held), null)
                        : new Version(change, null, movedHere(change));
            }
        };
    }

    /** The row just after an UPDATE that gave it another key; what the change lacks is known under the old one. */
    private RowImage movedHere(Change change) {
        RowImage known = moved.get(change.position());
        if (known != null) {
            return known;
        }
        RowImage after = after(change).filledFrom(change.before());
        if (!after.complete() && moves < MAX_MOVES) {
            moves++;
            RowKey oldKey = Objects.requireNonNull(change.oldKey());
            after = after.filledFrom(before(change, heldBefore(oldKey, change.position())));
            moves--;
            moved.put(change.position(), after);
        }
        return after;
    }

    /** The row that the change found, filled from what is held of it. */
    private static RowImage before(Change change, Held held) {
        RowImage before = Objects.requireNonNull(change.before());
        return before.filledFrom(held.found(before));
    }

    private static RowImage after(Change change) {
        return Objects.requireNonNull(change.after());
    }
}
