package io.rowback.history;

import java.time.Instant;

/**
 * A stretch of commit order in which a table's history is complete: the baseline taken at {@code from} and every
 * change with a commit LSN at or above it, up to but not including {@code to}.
 *
 * @param from the baseline's LSN: its images hold for all commits below
 * @param since the server's clock when the baseline was taken: at earlier times the table was not covered yet
 * @param to the first LSN no longer covered, {@link Lsn#MAX} while capture goes on
 */
public record Coverage(Lsn from, Instant since, Lsn to) {
    // Spelled out, as each command asks: the methods that a record is given take the JVM long to make.
    @Override
    public boolean equals(Object other) {
        return other instanceof Coverage coverage
                && from.equals(coverage.from)
                && since.equals(coverage.since)
                && to.equals(coverage.to);
    }

    @Override
    public int hashCode() {
        return 31 * from.hashCode() + to.hashCode();
    }

    /** Whether the table's state "all commits below {@code at}" is known. */
    public boolean includes(Lsn at) {
        return !at.isBefore(from) && !to.isBefore(at);
    }

    /** This stretch up to {@code at} at most. A baseline holds at its own LSN whatever follows, so nothing ends before. */
    Coverage endedBy(Lsn at) {
        if (!at.isBefore(to)) {
            return this;
        }
        return new Coverage(from, since, at.isBefore(from) ? from : at);
    }

    /** This stretch from the horizon on, where it has begun. */
    Coverage begunBy(Horizon horizon) {
        return new Coverage(horizon.at(), since.isAfter(horizon.since()) ? since : horizon.since(), to);
    }

    /** This stretch up to the gap; all of it if its baseline was taken behind the gap. */
    Coverage interruptedBy(Gap gap) {
        return from.isBefore(gap.to()) ? endedBy(gap.from()) : this;
    }
}
