package io.rowback.bench;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * pgbench's transactions per second with capture on and REPLICA IDENTITY FULL, against capture off, and the same for
 * the driver alone in the daemon's place, which tells what logical replication costs whoever reads it. The server and
 * pgbench have all processors but the last one; that belongs to the reader and, while it reads, to the server process
 * that decodes the log for it. A machine's speed drifts by tens of percent within a minute: each turn with a reader is
 * compared with those before and after it, and the median of these ratios counts.
 */
final class PgbenchRow implements Bench.Measurement {
    private static final String ROW = "pgbench";
    private static final int TURNS = 18;
    private static final int SECONDS = 5;
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
            told.accept(new Figure(ROW, what, Double.NaN, Figure.Target.NONE, "not measured: " + reason));
            return;
        }
        String last = Integer.toString(processors - 1);
        String others = processors == 2 ? "0" : "0-" + (processors - 2);
        String itself = Long.toString(ProcessHandle.current().pid());
        List<Double> captured = new ArrayList<>();
        List<Double> bare = new ArrayList<>();
        try (PostgresServer server = Servers.large(18).setting("fsync", "on").start()) {
            // The bare driver is in this process.
            Commands.run("taskset", "-a", "-p", "-c", last, itself);
            Database database = server.createDatabase("bench");
            hold(
                    database,
                    "select pid from pg_stat_activity where pid <> pg_backend_pid() union"
                            + " select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int",
                    others);
            run(pgbench, others, database, "-i", "-q", "-s", SCALE);
            double before = tps(pgbench, others, database);
            for (int i = 0; i < TURNS; i++) {
                boolean driver = i % 2 == 1;
                identify(database, "full");
                double with = driver
                        ? besideDriver(pgbench, others, last, database)
                        : besideDaemon(pgbench, others, last, database, folder.resolve("turn" + i));
                dropSlot(database);
                identify(database, "default");
                double after = tps(pgbench, others, database);
                (driver ? bare : captured).add(2 * with / (before + after));
                before = after;
            }
        } finally {
            Commands.run("taskset", "-a", "-p", "-c", "0-" + last, itself);
        }
        told.accept(median(what, captured, Figure.Target.atLeast(0.97)));
        told.accept(median("the same with the bare driver for the daemon", bare, Figure.Target.NONE));
    }

    private static double besideDaemon(Path pgbench, String processors, String last, Database database, Path folder)
            throws SQLException, IOException {
        List<String> held = List.of("taskset", "-c", last);
        try (CaptureDaemon daemon = CaptureDaemon.start(database, Files.createDirectory(folder), held)) {
            daemon.await(() -> daemon.metric("rowback_covered_tables") == 3);
            return tpsWhileRead(pgbench, processors, last, database);
        }
    }

    private static double besideDriver(Path pgbench, String processors, String last, Database database)
            throws SQLException {
        BareStream.Discarding stream = BareStream.create(database, "bare").discard();
        try {
            return tpsWhileRead(pgbench, processors, last, database);
        } finally {
            stream.end();
        }
    }

    private static double tpsWhileRead(Path pgbench, String processors, String last, Database database)
            throws SQLException {
        hold(database, "select active_pid from pg_replication_slots", last);
        return tps(pgbench, processors, database);
    }

    private static Figure median(String what, List<Double> ratios, Figure.Target target) {
        List<Double> sorted = ratios.stream().sorted().toList();
        String detail = String.format(Locale.ROOT, "%.2f to %.2f", sorted.get(0), sorted.get(sorted.size() - 1));
        return new Figure(ROW, what, sorted.get(sorted.size() / 2), target, detail);
    }

    private static void identify(Database database, String identity) throws SQLException {
        for (String table : List.of("accounts", "tellers", "branches")) {
            database.run("alter table pgbench_" + table + " replica identity " + identity);
        }
        database.run("checkpoint");
    }

    private static void dropSlot(Database database) throws SQLException {
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
        String seconds = Integer.toString(SECONDS);
        String printed = run(pgbench, processors, database, "-n", "-c", CLIENTS, "-T", seconds);
        Matcher tps = TPS.matcher(printed);
        if (!tps.find()) {
            throw new IllegalStateException("pgbench printed no tps:\n" + printed);
        }
        return Double.parseDouble(tps.group(1));
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
