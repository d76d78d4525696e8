package io.rowback.history;

import org.jspecify.annotations.Nullable;

/**
 * A stretch of commit order behind a table's coverage, or below the history's horizon, in which its history is not
 * complete: changes with a commit LSN in [from, to) may be missing.
 *
 * @param from where coverage ended
 * @param to where the next coverage begins, {@link Lsn#MAX} if there is none
 * @param cause the loss of log ({@link Gap}) that ended the coverage, or the {@link Horizon} below which retention
 *     dropped everything; null if the table was dropped, not published, or rewritten by a change
 *     of its definition
 */
public record Hole(Lsn from, Lsn to, @Nullable Loss cause) {
    /** What retention dropped. */
    public static Hole below(Horizon horizon) {
        return new Hole(Lsn.ZERO, horizon.at(), horizon);
    }

    /** Whether a change that may be missing has its commit in [begin, end). */
    public boolean overlaps(Lsn begin, Lsn end) {
        return from.isBefore(end) && begin.isBefore(to);
    }

    /** What is not known and why, for people. */
    @Override
    public String toString() {
        if (cause instanceof Horizon) {
            return cause.toString();
        }
        String reason = cause == null ? "it was dropped, not published, or rewritten" : cause.toString();
        String end = to.equals(Lsn.MAX) ? " on" : " to " + to;
        return "what changed from LSN " + from + end + " is not known: " + reason;
    }
}
