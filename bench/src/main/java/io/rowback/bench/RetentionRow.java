package io.rowback.bench;

import io.rowback.bench.BareStream.Reading;
import io.rowback.bench.Users.Traffic;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A backlog into a store that may take no more than a third of it, so that the oldest changes are folded and dropped
 * meanwhile, every ten seconds, against the same without a limit.
 */
final class RetentionRow implements Bench.Measurement {
    private static final int CHANGES = 2_000_000;
    private static final int WARM_UP = 300_000;
    private static final String LIMIT = "64MB";

    @Override
    public List<Figure> measure(Path folder) throws SQLException, IOException {
        Reading kept = drain(folder.resolve("kept"), Map.of());
        Reading dropped = drain(folder.resolve("dropped"), Map.of("ROWBACK_DATABASES_APP_MAX_SIZE", LIMIT));
        return List.of(
                new Figure(
                        "retention",
                        "drain beside retention, of one without",
                        kept.seconds() / dropped.seconds(),
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%,.0f/s against %,.0f/s",
                                CHANGES / dropped.seconds(),
                                CHANGES / kept.seconds())),
                new Figure(
                        "retention",
                        "CPU per change, times that of one without",
                        dropped.cpuSeconds() / kept.cpuSeconds(),
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%.2f us per change against %.2f",
                                dropped.cpuSeconds() * 1e6 / CHANGES,
                                kept.cpuSeconds() * 1e6 / CHANGES)));
    }

    private static Reading drain(Path folder, Map<String, String> settings) throws SQLException, IOException {
        Files.createDirectory(folder);
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2, settings)) {
                drain(users, WARM_UP, daemon);
                Reading reading = drain(users, CHANGES, daemon);
                requireDropped(daemon.store(), !settings.isEmpty());
                return reading;
            }
        }
    }

    private static Reading drain(Users users, int changes, CaptureDaemon daemon) throws SQLException {
        long stored = daemon.changes();
        daemon.pause();
        users.change(Traffic.UPDATES, changes);
        users.database().run("checkpoint");
        return daemon.resumeUntil(stored + changes);
    }

    private static void requireDropped(Path store, boolean expected) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            if ((reader.info().horizon() != null) != expected) {
                throw new IllegalStateException("retention has not done what was to be measured");
            }
        }
    }
}
