package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.CLOCK;

import io.rowback.daemon.tables.LogEnd;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** How far the server's clock, which tells when commits were, is from ours, which `-10min` and ages are taken from. */
final class ClockSkew {
    private static final Duration TOLERANCE = Duration.ofSeconds(2);

    private ClockSkew() {}

    static Finding look(Connection connection) throws SQLException {
        Instant before = Instant.now();
        Instant server = LogEnd.clock(connection);
        return finding(before, server, Instant.now());
    }

    /** Judges an answer of the server's clock, that was asked and answered at these times of ours. */
    static Finding finding(Instant before, Instant server, Instant after) {
        Duration uncertain = Duration.between(before, after).dividedBy(2);
        Duration ahead = Duration.between(before.plus(uncertain), server);
        double seconds = ahead.toMillis() / 1000.0;
        String text = "the server's clock is %.1f s %s ours, give or take %.1f s"
                .formatted(Math.abs(seconds), seconds < 0 ? "behind" : "ahead of", uncertain.toMillis() / 1000.0);
        return ahead.abs().minus(uncertain).compareTo(TOLERANCE) <= 0
                ? CLOCK.ok(text)
                : CLOCK.warn(text + ": times relative to now, and ages, are wrong by that", "timedatectl set-ntp true");
    }
}
