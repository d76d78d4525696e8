package io.rowback.restore.plan;

import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.restore.expression.Expression;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The incident: the commits whose changes are to be undone, and the rows that count.
 *
 * @param windows half-open windows of commits, in order, not overlapping; a transaction is a window of one commit
 * @param open whether the last window has no end, so that every later change belongs to the scope
 * @param narrowings which rows count, those of any of these; empty for all. No two are about the same table
 * @param searched where the windows were looked for: what the history lacks there may be a part of the incident
 * @param withParents whether the rows that these refer to come back too where they are gone, whoever deleted them
 */
public record Scope(
        List<Window> windows, boolean open, List<Narrowing> narrowings, List<Window> searched, boolean withParents) {
    public Scope {
        windows = List.copyOf(windows);
        searched = List.copyOf(searched);
        narrowings = List.copyOf(narrowings);
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("a scope has at least one window");
        }
    }

    /** A scope of windows that are known without a search. */
    public Scope(List<Window> windows, boolean open, List<Narrowing> narrowings) {
        this(windows, open, narrowings, windows, false);
    }

    /** This scope and one more commit. */
    Scope with(Lsn commit) {
        if (contains(commit)) {
            return this;
        }
        List<Window> more = new ArrayList<>(windows);
        more.add(Window.of(commit));
        more.sort(Comparator.comparing(Window::from));
        return new Scope(more, open, narrowings, searched, withParents);
    }

    /** The commits in [from, to). */
    public record Window(Lsn from, Lsn to) {
        /** The window of one commit. */
        public static Window of(Lsn commit) {
            return new Window(commit, commit.next());
        }

        boolean contains(Lsn commit) {
            return !commit.isBefore(from) && commit.isBefore(to);
        }

        /** Whether it is the window of one commit. */
        public boolean isOneCommit() {
            return to.equals(from.next());
        }
    }

    /** The values of a key's first column from {@code low} to {@code high}, both included, as {@link RowKey} orders them. */
    public record KeyRange(String low, String high) {
        boolean contains(RowKey key) {
            RowKey first = RowKey.of(key.values().get(0));
            return RowKey.of(low).compareTo(first) <= 0 && first.compareTo(RowKey.of(high)) <= 0;
        }
    }

    /**
     * Which rows of which table count.
     *
     * @param table the table
     * @param key one row, or null
     * @param related whether the rows that refer to that row count as well, whatever their table
     * @param range the stretch of keys outside of which no row counts, or null; the conditions say the same
     * @param conditions what holds of the rows that count; told by the row that is to be put back, or if there is none by
     *     the first image that the scope made
     */
    public record Narrowing(
            TableInfo table,
            @Nullable RowKey key,
            boolean related,
            @Nullable KeyRange range,
            List<Expression> conditions) {
        public Narrowing {
            conditions = List.copyOf(conditions);
        }

        /** A narrowing without a range of keys. */
        public Narrowing(TableInfo table, @Nullable RowKey key, boolean related, List<Expression> conditions) {
            this(table, key, related, null, conditions);
        }
    }

    /** Whether rows of tables count that no narrowing is about. */
    public boolean countsAllTables() {
        return narrowings.isEmpty() || narrowings.stream().anyMatch(Narrowing::related);
    }

    /** Whether rows of this table count. */
    boolean counts(TableId table) {
        return countsAllTables() || narrowing(table).isPresent();
    }

    /** The narrowing that is about this table, if one is. */
    Optional<Narrowing> narrowing(TableId table) {
        for (Narrowing narrowing : narrowings) {
            if (narrowing.table().schema().id().equals(table)) {
                return Optional.of(narrowing);
            }
        }
        return Optional.empty();
    }

    boolean contains(Position position) {
        return contains(position.commit());
    }

    private boolean contains(Lsn commit) {
        int first = 0;
        int behind = windows.size();
        while (behind - first > 1) {
            int middle = (first + behind) >>> 1;
            boolean later = commit.isBefore(windows.get(middle).from());
            first = later ? first : middle;
            behind = later ? middle : behind;
        }
        return windows.get(first).contains(commit);
    }

    /** The LSN below which no change belongs to the scope. */
    public Lsn begin() {
        return windows.get(0).from();
    }

    /** The LSN from which on no change belongs to the scope. */
    public Lsn end() {
        return windows.get(windows.size() - 1).to();
    }
}
