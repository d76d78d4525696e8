package io.rowback.bench;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * pgbench's transactions per second with capture on and REPLICA IDENTITY FULL, against capture off, in turns; medians
 * count. The server and pgbench have all processors but the last one; that belongs to the daemon and, while it
 * captures, to the server process that decodes the log for it.
 */
final class PgbenchRow implements Bench.Measurement {
    private static final int ROUNDS = 5;
    private static final int SECONDS = 8;
    private static final String SCALE = "10";
    private static final String CLIENTS = "4";
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException, IOException {
        String what = "TPS with capture on, of TPS with it off";
        Path pgbench = find().orElse(null);
        int processors = Runtime.getRuntime().availableProcessors();
        if (pgbench == null || processors < 2) {
            String reason = pgbench == null ? "no pgbench on PATH or below /usr/lib/postgresql" : "one processor only";
            told.accept(new Figure("pgbench", what, Double.NaN, Figure.Target.NONE, "not measured: " + reason));
            return;
        }
        String last = Integer.toString(processors - 1);
        String others = processors == 2 ? "0" : "0-" + (processors - 2);
        List<Double> off = new ArrayList<>();
        List<Double> on = new ArrayList<>();
        try (PostgresServer server = Servers.large(18).setting("fsync", "on").start()) {
            Database database = server.createDatabase("bench");
            hold(
                    database,
                    "select pid from pg_stat_activity where pid <> pg_backend_pid() union"
                            + " select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int",
                    others);
            run(pgbench, others, database, "-i", "-q", "-s", SCALE);
            for (int i = 0; i < ROUNDS; i++) {
                database.run("checkpoint");
                off.add(tps(pgbench, others, database));
                database.run("alter table pgbench_accounts replica identity full; alter table pgbench_tellers replica"
                        + " identity full; alter table pgbench_branches replica identity full; checkpoint");
                try (CaptureDaemon daemon = CaptureDaemon.start(
                        database, Files.createDirectory(folder.resolve("round" + i)), List.of("taskset", "-c", last))) {
                    daemon.await(() -> daemon.metric("rowback_covered_tables") == 3);
                    hold(database, "select active_pid from pg_replication_slots", last);
                    on.add(tps(pgbench, others, database));
                }
                dropCapture(database);
            }
        }
        told.accept(new Figure(
                "pgbench",
                what,
                median(on) / median(off),
                Figure.Target.atLeast(0.97),
                String.format(Locale.ROOT, "%,.0f against %,.0f", median(on), median(off))));
    }

    private static void dropCapture(Database database) throws SQLException {
        database.run(
                "do $$ begin while (select active from pg_replication_slots) loop perform pg_sleep(0.01); end loop;"
                        + " end $$; select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    }

    /** Keeps those server processes, and what they start, on these processors. */
    private static void hold(Database database, String pids, String processors) throws SQLException {
        for (String pid : database.query(pids)) {
            Commands.run("taskset", "-p", "-c", processors, pid);
        }
    }

    private static String run(Path pgbench, String processors, Database database, String... arguments) {
        List<String> command = new ArrayList<>(List.of("taskset", "-c", processors, pgbench.toString()));
        command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(database.port()), "-U", database.user()));
        command.addAll(List.of(arguments));
        command.add(database.name());
        return Commands.run(command.toArray(String[]::new));
    }

    private static double tps(Path pgbench, String processors, Database database) {
        String printed = run(pgbench, processors, database, "-n", "-c", CLIENTS, "-T", Integer.toString(SECONDS));
        Matcher tps = TPS.matcher(printed);
        if (!tps.find()) {
            throw new IllegalStateException("pgbench printed no tps:\n" + printed);
        }
        return Double.parseDouble(tps.group(1));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static Optional<Path> find() {
        Stream<Path> path = Stream.of(System.getenv("PATH").split(":", -1)).map(Path::of);
        return Stream.concat(path, installed())
                .map(folder -> folder.resolve("pgbench"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Stream<Path> installed() {
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return Stream.empty();
        }
        try (Stream<Path> folders = Files.list(versions)) {
            return folders.map(folder -> folder.resolve("bin")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
