package io.rowback.bench;

import io.rowback.bench.BareStream.Reading;
import io.rowback.bench.Users.Traffic;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A backlog of a million changes into the store, durable with all indexes, against the driver alone. The daemon is warm
 * and held still while the backlog grows. The driver reads it once before the daemon and once after; its better reading
 * counts.
 */
final class DrainRow implements Bench.Measurement {
    private static final int CHANGES = 1_000_000;
    private static final int WARM_UP = 300_000;

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                BareStream bare = BareStream.create(database, "bare");
                for (Traffic traffic : Traffic.values()) {
                    drain(users, traffic, WARM_UP, daemon, bare);
                }
                for (Traffic traffic : Traffic.values()) {
                    drain(users, traffic, CHANGES, daemon, bare).forEach(told);
                }
            }
        }
    }

    private static List<Figure> drain(Users users, Traffic traffic, int changes, CaptureDaemon daemon, BareStream bare)
            throws SQLException {
        long stored = daemon.changes();
        daemon.pause();
        bare.advance();
        users.change(traffic, changes);
        users.database().run("checkpoint");
        Reading before = bare.read(changes);
        Reading captured = daemon.resumeUntil(stored + changes);
        Reading after = bare.read(changes);
        Reading best = before.seconds() < after.seconds() ? before : after;
        return List.of(
                new Figure(
                        "drain",
                        traffic.label() + ", of the bare driver",
                        best.seconds() / captured.seconds(),
                        Figure.Target.atLeast(0.9),
                        String.format(
                                Locale.ROOT,
                                "%,.0f/s against %,.0f and %,.0f/s",
                                changes / captured.seconds(),
                                changes / before.seconds(),
                                changes / after.seconds())),
                new Figure(
                        "drain",
                        traffic.label() + ", CPU of the bare driver",
                        captured.cpuSeconds() / best.cpuSeconds(),
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%.2f us per change against %.2f",
                                captured.cpuSeconds() * 1e6 / changes,
                                best.cpuSeconds() * 1e6 / changes)));
    }
}
