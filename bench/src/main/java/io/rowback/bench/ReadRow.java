package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.bench.Users.Traffic;
import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the operator waits for, in a store of a million changes to users: mostly without target, to see what a change costs.
 * The daemon runs and has nothing to do.
 */
final class ReadRow implements Bench.Measurement {
    private static final int CHANGES = 1_000_000;
    private static final int LOOKUPS = 2_000;
    private static final int COMMANDS = 21;

    @Override
    public List<Figure> measure(Path folder) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                users.change(Traffic.UPDATES, CHANGES);
                daemon.awaitChanges(CHANGES);
                List<Figure> figures = new ArrayList<>(read(daemon.store()));
                figures.addAll(commands(daemon.store().toString()));
                return figures;
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
            final double[] micros = rowHistories(reader, users);
            begin = System.nanoTime();
            final double scanned = count(reader.changes(Lsn.ZERO, Lsn.MAX)) * 1000 / millisSince(begin);
            begin = System.nanoTime();
            double held =
                    count(new TableTimeline(reader, users).asOf(reader.info().durable())) * 1000 / millisSince(begin);
            return List.of(
                    figure("a reader opens, ms", open),
                    figure("history of a row of 5 changes, p50, us", micros[LOOKUPS / 2]),
                    figure("history of a row of 5 changes, p99, us", micros[LOOKUPS * 99 / 100]),
                    figure("the log from end to end, changes/s", scanned),
                    figure("a table as of now, rows/s", held));
        }
    }

    private static List<Figure> commands(String store) {
        String rowback = CaptureDaemon.program("rowback").toString();
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        double alone = seconds(java, "-Xshare:auto", "-version");
        String detail = String.format(Locale.ROOT, "the JVM alone: %.3f s", alone);
        return List.of(
                command(
                        "rowback history users 4711, p50, s",
                        detail,
                        rowback,
                        "history",
                        "users",
                        "4711",
                        "--store",
                        store),
                command(
                        "rowback show users 4711, p50, s",
                        detail,
                        rowback,
                        "show",
                        "users",
                        "4711",
                        "--at",
                        "now",
                        "--store",
                        store));
    }

    private static Figure command(String what, String detail, String... command) {
        // The first start makes what later ones are quick by.
        Commands.run(command);
        return new Figure("read", what, seconds(command), Target.atMost(0.35), detail);
    }

    /** How long the command takes, the median of some runs. */
    private static double seconds(String... command) {
        return IntStream.range(0, COMMANDS)
                .mapToDouble(run -> {
                    long begin = System.nanoTime();
                    Commands.run(command);
                    return (System.nanoTime() - begin) / 1e9;
                })
                .sorted()
                .skip(COMMANDS / 2)
                .findFirst()
                .orElseThrow();
    }

    private static double[] rowHistories(RocksHistoryReader reader, TableInfo users) {
        Random random = new Random(1);
        double[] micros = new double[LOOKUPS];
        for (int i = 0; i < LOOKUPS; i++) {
            RowKey key = RowKey.of(Integer.toString(random.nextInt(Users.ROWS) + 1));
            long begin = System.nanoTime();
            count(reader.changes(users.schema().id(), key, Lsn.ZERO, Lsn.MAX));
            micros[i] = (System.nanoTime() - begin) / 1e3;
        }
        Arrays.sort(micros);
        return micros;
    }

    private static Figure figure(String what, double result) {
        return new Figure("read", what, result, Target.NONE, "");
    }

    private static long count(Stream<?> stream) {
        try (stream) {
            return stream.mapToLong(each -> 1).sum();
        }
    }

    private static double millisSince(long begin) {
        return (System.nanoTime() - begin) / 1e6;
    }
}
