package io.rowback.daemon.http;

import io.rowback.history.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How far the history is behind the server. The age of the log at the durable position is told from samples of where the
 * server's log ended when, so that it needs no clock but ours and is 0 for a database where nothing happens. Thread-safe.
 */
final class Lag {
    private static final int SAMPLES_MAX = 1_000;

    private record Sample(Lsn end, Instant time) {}

    /** Samples that lie above the durable position, oldest first. */
    private final Deque<Sample> behind = new ArrayDeque<>();

    private Lsn durable = Lsn.ZERO;
    private Lsn server = Lsn.ZERO;

    synchronized Lsn durable() {
        return durable;
    }

    synchronized void stored(Lsn position) {
        durable = position;
        behind.removeIf(sample -> !position.isBefore(sample.end()));
    }

    synchronized void serverAt(Lsn end, Instant time) {
        server = end;
        // When there are too many, the oldest stays: it is the one that tells the age.
        if (durable.isBefore(end) && behind.size() < SAMPLES_MAX) {
            behind.addLast(new Sample(end, time));
        }
    }

    synchronized double bytes() {
        return server.compareTo(durable) > 0 ? (double) (server.value() - durable.value()) : 0;
    }

    synchronized double seconds(Instant now) {
        Sample oldest = behind.peekFirst();
        return oldest == null ? 0 : Duration.between(oldest.time(), now).toMillis() / 1000.0;
    }
}
