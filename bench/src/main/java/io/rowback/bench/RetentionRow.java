package io.rowback.bench;

import io.rowback.bench.BareStream.Reading;
import io.rowback.bench.Users.Traffic;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.StoreInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.StoreFolder;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A backlog into a store that may take no more than a fraction of it, so that the oldest changes are folded and dropped
 * meanwhile, against the same backlog into a store without a limit. Retention looks every ten seconds, so the backlog has
 * to last for longer.
 */
final class RetentionRow implements Bench.Measurement {
    private static final int CHANGES = 4_000_000;
    private static final int WARM_UP = 300_000;
    private static final int LIMIT_MB = 64;

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException, IOException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            Map<String, String> limit = Map.of("MAX_SIZE", LIMIT_MB + "MB", "SLOT", "dropping");
            try (CaptureDaemon keeping = daemon(database, folder.resolve("keeping"), Map.of());
                    CaptureDaemon dropping = daemon(database, folder.resolve("dropping"), limit)) {
                users.change(Traffic.UPDATES, WARM_UP);
                keeping.awaitChanges(WARM_UP);
                dropping.awaitChanges(WARM_UP);
                keeping.pause();
                dropping.pause();
                users.change(Traffic.UPDATES, CHANGES);
                users.database().run("checkpoint");
                Lsn begin = info(dropping).durable();
                Reading kept = keeping.resumeUntil(WARM_UP + CHANGES);
                Reading dropped = dropping.resumeUntil(WARM_UP + CHANGES);
                double part = dropped(info(dropping), begin);
                long end = System.nanoTime();
                dropping.await(() -> megabytes(dropping) <= LIMIT_MB);
                double after = (System.nanoTime() - end) / 1e9;
                figures(kept, dropped, part, megabytes(keeping), megabytes(dropping), after)
                        .forEach(told);
            }
        }
    }

    private static CaptureDaemon daemon(Database database, Path folder, Map<String, String> settings)
            throws IOException {
        return CaptureDaemon.covering(database, Files.createDirectory(folder), 2, settings);
    }

    private static StoreInfo info(CaptureDaemon daemon) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(daemon.store())) {
            return reader.info();
        }
    }

    private static double megabytes(CaptureDaemon daemon) {
        return StoreFolder.bytes(daemon.store()) / (double) (1 << 20);
    }

    /** How much of what came from {@code begin} on was dropped while it was stored, of 1. */
    private static double dropped(StoreInfo info, Lsn begin) {
        Horizon horizon = info.horizon();
        if (horizon == null || !begin.isBefore(horizon.at())) {
            throw new IllegalStateException("nothing of the backlog was dropped while it was stored");
        }
        return (double) (horizon.at().value() - begin.value()) / (info.durable().value() - begin.value());
    }

    private static List<Figure> figures(
            Reading keeping,
            Reading dropping,
            double dropped,
            double megabytesKept,
            double megabytesLeft,
            double secondsAfter) {
        return List.of(
                new Figure(
                        "retention",
                        "drain with retention running, of one without",
                        keeping.seconds() / dropping.seconds(),
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%,.0f/s against %,.0f/s, %.0f %% dropped meanwhile",
                                CHANGES / dropping.seconds(),
                                CHANGES / keeping.seconds(),
                                100 * dropped)),
                new Figure(
                        "retention",
                        "CPU per change, times that of one without",
                        dropping.cpuSeconds() / keeping.cpuSeconds(),
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%.2f us per change against %.2f",
                                dropping.cpuSeconds() * 1e6 / CHANGES,
                                keeping.cpuSeconds() * 1e6 / CHANGES)),
                new Figure(
                        "retention",
                        "size of the store soon after, of one without",
                        megabytesLeft / megabytesKept,
                        Figure.Target.NONE,
                        String.format(
                                Locale.ROOT,
                                "%.0f MB of %d allowed, %.0f s after the last change, against %.0f MB",
                                megabytesLeft,
                                LIMIT_MB,
                                secondsAfter,
                                megabytesKept)));
    }
}
