package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.bench.Users.Traffic;
import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What the operator waits for, in a store of a hundred million changes of twenty million users: what is asked inside the
 * process, the disk's cache being warm, and whole commands, while the daemon has nothing to do and while it takes in a backlog.
 */
final class ReadRow implements Bench.Measurement {
    private static final int CHANGES = 100_000_000;
    private static final int LOOKUPS = 2_000;
    private static final int COMMANDS = 21;
    private static final int BACKLOG = 6_000_000;
    /** So much is read of what would take minutes to be read from end to end. */
    private static final int SCANNED = 1_000_000;

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            Path store;
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                store = daemon.store();
            }
            long begin = System.nanoTime();
            LongHistory.write(database, store, CHANGES);
            told.accept(figure("changes/s written straight into the store", CHANGES * 1000.0 / millisSince(begin)));
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                daemon.awaitRest();
                read(store).forEach(told);
                commands(store, users, daemon, told);
            }
        }
    }

    private static List<Figure> read(Path store) {
        long begin = System.nanoTime();
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            final double open = millisSince(begin);
            TableInfo users = reader.tables().stream()
                    .filter(table -> table.schema().name().name().equals("users"))
                    .findFirst()
                    .orElseThrow();
            RowTimeline timeline = new RowTimeline(reader, users);
            Lsn durable = reader.info().durable();
            final double[] histories = millis(key -> timeline.versions(key, Lsn.ZERO, durable));
            final double[] rows = millis(key -> timeline.asOf(key, durable));
            begin = System.nanoTime();
            final double scanned = count(reader.changes(Lsn.ZERO, Lsn.MAX)) * 1000 / millisSince(begin);
            begin = System.nanoTime();
            double held = count(new TableTimeline(reader, users).asOf(durable)) * 1000 / millisSince(begin);
            return List.of(
                    figure("a reader opens, ms", open),
                    figure("history of a row of 5 changes, p50, ms", histories[LOOKUPS / 2]),
                    inProcess("history of a row of 5 changes, p99, ms", histories),
                    figure("a row as of now, p50, ms", rows[LOOKUPS / 2]),
                    inProcess("a row as of now, p99, ms", rows),
                    figure("the log, changes/s", scanned),
                    figure("a table as of now, rows/s", held));
        }
    }

    private static Figure inProcess(String what, double... millis) {
        return new Figure("read", what, millis[LOOKUPS * 99 / 100], Target.atMost(5), "");
    }

    private static void commands(Path store, Users users, CaptureDaemon daemon, Consumer<Figure> told)
            throws SQLException {
        String rowback = CaptureDaemon.program("rowback").toString();
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String user = Long.toString(LongHistory.id(4711));
        String[] history = {rowback, "history", "users", user, "--store", store.toString()};
        String[] show = {rowback, "show", "users", user, "--at", "now", "--store", store.toString()};
        // The first start makes what later ones are quick by.
        Commands.run(history);
        told.accept(command("the JVM alone, p50, s", Target.NONE, () -> true, java, "-Xshare:auto", "-version"));
        told.accept(command("rowback history, daemon idle, p50, s", Target.atMost(0.35), () -> true, history));
        told.accept(command("rowback show, daemon idle, p50, s", Target.atMost(0.35), () -> true, show));
        long stored = daemon.changes();
        daemon.pause();
        users.change(Traffic.INSERTS, BACKLOG);
        daemon.resume();
        daemon.awaitChanges(stored + BACKLOG / 100);
        told.accept(command(
                "rowback history, daemon at full speed, p50, s",
                Target.atMost(1),
                () -> daemon.changes() < stored + BACKLOG / 2,
                history));
        told.accept(command(
                "rowback show, daemon at full speed, p50, s",
                Target.atMost(1),
                () -> daemon.changes() < stored + BACKLOG,
                show));
    }

    /** How long the command takes, the median of the runs that began and ended under the condition. */
    private static Figure command(String what, Target target, BooleanSupplier condition, String... command) {
        List<Double> seconds = new ArrayList<>();
        while (seconds.size() < COMMANDS && condition.getAsBoolean()) {
            long begin = System.nanoTime();
            Commands.run(command);
            double taken = (System.nanoTime() - begin) / 1e9;
            if (condition.getAsBoolean()) {
                seconds.add(taken);
            }
        }
        if (seconds.isEmpty()) {
            throw new IllegalStateException("there was no time for " + String.join(" ", command));
        }
        Collections.sort(seconds);
        return new Figure("read", what, seconds.get(seconds.size() / 2), target, seconds.size() + " runs");
    }

    /** How long it takes for users drawn at random, once what is slow the first time is behind. */
    private static double[] millis(Consumer<RowKey> lookup) {
        Random random = new Random(1);
        double[] millis = new double[LOOKUPS];
        for (int i = -LOOKUPS; i < LOOKUPS; i++) {
            int user = random.nextInt(CHANGES / LongHistory.CHANGES_OF_A_ROW);
            RowKey key = RowKey.of(Long.toString(LongHistory.id(user)));
            long begin = System.nanoTime();
            lookup.accept(key);
            if (i >= 0) {
                millis[i] = millisSince(begin);
            }
        }
        Arrays.sort(millis);
        return millis;
    }

    private static Figure figure(String what, double result) {
        return new Figure("read", what, result, Target.NONE, "");
    }

    private static long count(Stream<?> stream) {
        try (stream) {
            return stream.limit(SCANNED).mapToLong(each -> 1).sum();
        }
    }

    private static double millisSince(long begin) {
        return (System.nanoTime() - begin) / 1e6;
    }
}
