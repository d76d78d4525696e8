package io.rowback.history;

import org.jspecify.annotations.Nullable;

/**
 * A stretch of commit order behind a table's coverage in which its history is not complete: changes with a commit LSN in
 * [from, to) may be missing.
 *
 * @param from where coverage ended
 * @param to where the next coverage begins, {@link Lsn#MAX} if there is none
 * @param gap the loss of log that ended the coverage, or null: then the table was dropped or not published
 */
public record Hole(Lsn from, Lsn to, @Nullable Gap gap) {
    /** Whether a change that may be missing has its commit in [begin, end). */
    public boolean overlaps(Lsn begin, Lsn end) {
        return from.isBefore(end) && begin.isBefore(to);
    }

    /** What is not known and why, for people. */
    @Override
    public String toString() {
        String reason = gap == null ? "it was dropped or not published" : gap.toString();
        String end = to.equals(Lsn.MAX) ? " on" : " to " + to;
        return "what changed from LSN " + from + end + " is not known: " + reason;
    }
}
