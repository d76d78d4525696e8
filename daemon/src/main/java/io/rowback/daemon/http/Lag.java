package io.rowback.daemon.http;

import io.rowback.history.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How far the history is behind the server, told from samples of where the server's log ended when. Ages are those of
 * the server's clock, carried on by ours. Thread-safe.
 */
final class Lag {
    private static final int SAMPLES_MAX = 1_000;
    /** The server is asked every second; when this long has passed, what it did since is not known. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private record Sample(Lsn end, Instant clock) {}

    /** Samples that lie above the durable position, oldest first. */
    private final Deque<Sample> behind = new ArrayDeque<>();

    private Lsn durable = Lsn.ZERO;
    private Lsn server = Lsn.ZERO;
    private Instant sampled = Instant.MIN;
    /** By how much the server's clock is ahead of ours. */
    private Duration ahead = Duration.ZERO;
    /** Every commit up to here is stored; null before anything is known. */
    private @Nullable Instant held;

    synchronized Lsn durable() {
        return durable;
    }

    /**
     * Everything below a position is stored.
     *
     * @param lastCommit the time of the newest commit below, if it is known; later ones come behind it in commit order
     */
    synchronized void stored(Lsn position, @Nullable Instant lastCommit) {
        durable = position;
        for (Sample oldest = behind.peekFirst();
                oldest != null && !position.isBefore(oldest.end());
                oldest = behind.peekFirst()) {
            holds(oldest.clock());
            behind.removeFirst();
        }
        if (lastCommit != null) {
            holds(lastCommit);
        }
    }

    /** The server's log ended there at that time of its clock, when ours was {@code now}. */
    synchronized void serverAt(Lsn end, Instant clock, Instant now) {
        server = end;
        sampled = now;
        ahead = Duration.between(now, clock);
        if (!durable.isBefore(end)) {
            holds(clock);
        } else {
            if (held == null) {
                // Nothing is stored yet, and what was before is no part of the history.
                held = clock;
            }
            if (behind.size() == SAMPLES_MAX) {
                // The oldest tells the age, and the newest for how long it is known.
                behind.removeLast();
            }
            behind.addLast(new Sample(end, clock));
        }
    }

    private void holds(Instant time) {
        if (held == null || held.isBefore(time)) {
            held = time;
        }
    }

    /** How much of the log is known of and not stored; 0 if all is, NaN if there may be more, since the server cannot be asked. */
    double bytes() {
        return bytes(Instant.now());
    }

    synchronized double bytes(Instant now) {
        return durable.isBefore(server) ? (double) (server.value() - durable.value()) : nothingBehind(now);
    }

    /** The age of the oldest log that is known of and not stored; 0 and NaN as above. */
    double seconds() {
        return seconds(Instant.now());
    }

    synchronized double seconds(Instant now) {
        Sample oldest = behind.peekFirst();
        return oldest == null ? nothingBehind(now) : age(oldest.clock(), now);
    }

    private double nothingBehind(Instant now) {
        return isFresh(now) ? 0 : Double.NaN;
    }

    private boolean isFresh(Instant now) {
        return Duration.between(sampled, now).compareTo(FRESH) <= 0;
    }

    /**
     * The age of the oldest commit that is not stored, at most: 0 if there is none, and if the server cannot be asked, as
     * if one had come right after it was last. NaN before anything is known.
     */
    double commitSeconds() {
        return commitSeconds(Instant.now());
    }

    synchronized double commitSeconds(Instant now) {
        Instant from = held;
        if (from == null) {
            return Double.NaN;
        }
        return isFresh(now) && !durable.isBefore(server) ? 0 : age(from, now);
    }

    private double age(Instant clock, Instant now) {
        return Math.max(0, Duration.between(clock, now.plus(ahead)).toMillis() / 1000.0);
    }
}
