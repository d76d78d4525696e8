package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.history.Lsn;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What a daemon takes that has nothing to do; and from the answer to COMMIT until the daemon's metrics say that it is
 * durable, at 5,000 changes a second in 5-row UPDATE transactions on a server that syncs. The metrics are asked every two
 * milliseconds, by which a result may be too high.
 */
final class LatencyRow implements Bench.Measurement {
    private static final int TRANSACTIONS_PER_SECOND = 1000;
    private static final int WARM_UP = 10_000;
    private static final int MEASURED = 20_000;
    private static final int IDLE_SECONDS = 20;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** A position, and when it was reached. */
    private record Reached(long position, long nanos) {}

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException, InterruptedException {
        try (PostgresServer server = Servers.large(18).setting("fsync", "on").start()) {
            Database database = server.createDatabase("bench");
            new Users(database).create().fill();
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                told.accept(idle(daemon));
                List<Reached> durable = new ArrayList<>();
                Thread poll = new Thread(() -> poll(daemon, durable), "poll");
                poll.start();
                List<Reached> commits = commits(database);
                daemon.awaitDurable(new Lsn(commits.get(commits.size() - 1).position()));
                // The poll's own answer may take that long.
                TimeUnit.SECONDS.sleep(1);
                poll.interrupt();
                poll.join();
                figures(commits, durable).forEach(told);
            }
        }
    }

    private static Figure idle(CaptureDaemon daemon) throws InterruptedException {
        daemon.awaitRest();
        double cpu = daemon.cpuSeconds();
        TimeUnit.SECONDS.sleep(IDLE_SECONDS);
        double percent = 100 * (daemon.cpuSeconds() - cpu) / IDLE_SECONDS;
        return new Figure("latency", "an idle daemon, % of a processor", percent, Target.NONE, "");
    }

    private static List<Figure> figures(List<Reached> commits, List<Reached> durable) {
        double[] millis = new double[MEASURED];
        int next = 0;
        for (int i = 0; i < MEASURED; i++) {
            Reached commit = commits.get(WARM_UP + i);
            while (durable.get(next).position() < commit.position()) {
                next++;
            }
            millis[i] = (durable.get(next).nanos() - commit.nanos()) / 1e6;
        }
        Arrays.sort(millis);
        double seconds = (commits.get(WARM_UP + MEASURED - 1).nanos()
                        - commits.get(WARM_UP).nanos())
                / 1e9;
        String rate = String.format(Locale.ROOT, "at %,.0f changes/s", 5 * MEASURED / seconds);
        return List.of(
                new Figure("latency", "commit to durable, p50, ms", millis[MEASURED / 2], Target.NONE, rate),
                new Figure(
                        "latency", "commit to durable, p99, ms", millis[MEASURED * 99 / 100], Target.atMost(100), rate),
                new Figure("latency", "commit to durable, longest, ms", millis[MEASURED - 1], Target.NONE, rate));
    }

    private static void poll(CaptureDaemon daemon, List<Reached> durable) {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                long position = (long) daemon.metric("rowback_durable_lsn");
                durable.add(new Reached(position, System.nanoTime()));
            } catch (IllegalStateException e) {
                return;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static List<Reached> commits(Database database) throws SQLException {
        List<Reached> commits = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            long begin = System.nanoTime();
            for (int i = 0; i < WARM_UP + MEASURED; i++) {
                long due = begin + i * (TimeUnit.SECONDS.toNanos(1) / TRANSACTIONS_PER_SECOND);
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                statement.execute("update users set credits = credits + 1, seen_at = clock_timestamp()"
                        + " where id = any (array(select spread(" + i
                        + " * 5 + i, 200000) from generate_series(1, 5) i))");
                try (ResultSet row = statement.executeQuery("select pg_current_wal_lsn()")) {
                    row.next();
                    commits.add(new Reached(Lsn.parse(row.getString(1)).value(), System.nanoTime()));
                }
            }
        }
        return commits;
    }
}
