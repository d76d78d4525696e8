package io.rowback.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of the log that was lost: commits in [from, to) may be missing from the history.
 *
 * @param from the first LSN that may be missing
 * @param to the first LSN from which nothing is missing
 * @param since every commit with an earlier time lies below {@code from}; {@link Instant#MIN} if that is not known
 * @param until the server's clock when its log was at {@code to}, or a little later
 * @param reason what happened, for people
 */
public record Gap(Lsn from, Lsn to, Instant since, Instant until, String reason) implements Loss {
    /** Whether the commit at this position may be missing; of a gap that has only begun, its beginning. */
    public boolean includes(Lsn commit) {
        return commit.equals(from) || (from.isBefore(commit) && commit.isBefore(to));
    }

    /** Whether a commit that may be missing lies in [begin, end). */
    public boolean overlaps(Lsn begin, Lsn end) {
        return from.isBefore(end) && begin.isBefore(to);
    }

    /** This gap up to {@code at} at most. */
    public Gap endedBy(Lsn at) {
        return at.isBefore(to) ? new Gap(from, at, since, until, reason) : this;
    }

    /** Those gaps and this one, which lengthens the last of them where it goes on from its end for the same reason. */
    public List<Gap> addedTo(List<Gap> gaps) {
        List<Gap> all = new ArrayList<>(gaps);
        int last = all.size() - 1;
        if (last >= 0
                && all.get(last).to().equals(from)
                && all.get(last).reason().equals(reason)) {
            Gap begun = all.get(last);
            all.set(last, new Gap(begun.from(), to, begun.since(), until, reason));
        } else {
            all.add(this);
        }
        return List.copyOf(all);
    }

    /** From when to when and why, for people. */
    @Override
    public String toString() {
        String begin = since.equals(Instant.MIN) ? "" : " (" + since + ")";
        return "the log from LSN " + from + begin + " to " + to + " (" + until + ") was lost: " + reason;
    }
}
