package io.rowback.restore.plan;

import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.restore.expression.Expression;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The incident: the commits whose changes are to be undone, and the rows that count.
 *
 * @param windows half-open windows of commits, in order, not overlapping; a transaction is a window of one commit
 * @param open whether the last window has no end, so that every later change belongs to the scope
 * @param narrowings which rows count, those of any of these; empty for all. No two are about the same table
 */
public record Scope(List<Window> windows, boolean open, List<Narrowing> narrowings) {
    public Scope {
        windows = List.copyOf(windows);
        narrowings = List.copyOf(narrowings);
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("a scope has at least one window");
        }
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
    }

    /**
     * Which rows of which table count.
     *
     * @param table the table
     * @param key one row, or null
     * @param related whether the rows that refer to that row count as well, whatever their table
     * @param conditions what holds of the rows that count; told by the row that is to be put back, or if there is none by
     *     the first image that the scope made
     */
    public record Narrowing(TableInfo table, @Nullable RowKey key, boolean related, List<Expression> conditions) {
        public Narrowing {
            conditions = List.copyOf(conditions);
        }
    }

    /** Whether rows of tables count that no narrowing is about. */
    public boolean countsAllTables() {
        return narrowings.isEmpty() || narrowings.stream().anyMatch(Narrowing::related);
    }

    /** The narrowing that is about this table, if one is. */
    Optional<Narrowing> narrowing(TableId table) {
        return narrowings.stream()
                .filter(narrowing -> narrowing.table().schema().id().equals(table))
                .findFirst();
    }

    boolean contains(Position position) {
        return windows.stream().anyMatch(window -> window.contains(position.commit()));
    }

    /** The LSN below which no change belongs to the scope. */
    public Lsn begin() {
        return windows.get(0).from();
    }
}
