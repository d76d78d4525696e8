package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.history.Operation;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.live.Restoration;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * An incident of 200,000 rows of two tables among five million changes: the whole command that plans it and writes the SQL, and
 * the SQL against COPY FROM of the same rows into the same tables, the better of one before and one after.
 */
final class RestoreRow implements Bench.Measurement {
    private static final int ROWS = 200_000;
    private static final int CHANGES = 4_800_000;

    /** The rows of both tables as COPY prints them. */
    private record Rows(ByteArrayOutputStream users, ByteArrayOutputStream orders) {}

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException, IOException, InterruptedException {
        Path store = folder.resolve("store");
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            try (StoredIncident incident = new StoredIncident(database, store)) {
                incident.update(CHANGES / 10 * 9);
                incident.delete();
                incident.update(CHANGES / 10);
            }
            // The first start makes what later ones are quick by.
            Commands.run(CaptureDaemon.program("rowback").toString(), "--version");
            Planned planned = plan(store, folder.resolve("restore.sql"));
            told.accept(new Figure(
                    "restore", "200,000 rows of 5M changes to SQL, s", planned.seconds, Target.atMost(2), ""));
            told.accept(
                    new Figure("restore", "peak resident meanwhile, MB", planned.megabytes, Target.atMost(256), ""));
            Rows rows = incident(database);
            double before = copy(database, rows);
            delete(database);
            double restored = restore(database, store);
            delete(database);
            double after = copy(database, rows);
            told.accept(new Figure(
                    "restore",
                    "rows/s applied, of COPY FROM of these rows",
                    restored / Math.max(before, after),
                    Target.atLeast(0.5),
                    String.format(Locale.ROOT, "%,.0f/s against %,.0f and %,.0f/s", restored, before, after)));
        }
    }

    private record Planned(double seconds, double megabytes) {}

    private static Planned plan(Path store, Path file) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process command = new ProcessBuilder(
                        CaptureDaemon.program("rowback").toString(),
                        "restore",
                        "--store",
                        store.toString(),
                        "--tx",
                        Long.toString(StoredIncident.XID),
                        "--max-rows",
                        Integer.toString(ROWS),
                        "-o",
                        file.toString())
                .inheritIO()
                .start();
        Path status = Path.of("/proc", Long.toString(command.pid()), "status");
        long peak = 0;
        while (command.isAlive()) {
            peak = Math.max(peak, peak(status));
            Thread.sleep(10);
        }
        if (command.exitValue() != 0) {
            throw new IllegalStateException("the restore failed");
        }
        return new Planned((System.nanoTime() - begin) / 1e9, peak / 1024.0);
    }

    private static long peak(Path status) throws IOException {
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (NoSuchFileException e) {
            // It has just ended.
            return 0;
        }
    }

    /** Deletes the rows from the database as the transaction did in the history, and keeps what COPY needs. */
    private static Rows incident(Database database) throws SQLException, IOException {
        try (Connection connection = database.connect()) {
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            ByteArrayOutputStream users = new ByteArrayOutputStream();
            ByteArrayOutputStream orders = new ByteArrayOutputStream();
            copy.copyOut("copy (select * from " + StoredIncident.DELETED + ") to stdout", users);
            copy.copyOut("copy (select * from " + StoredIncident.DELETED_ORDERS + ") to stdout", orders);
            delete(database);
            return new Rows(users, orders);
        }
    }

    private static void delete(Database database) throws SQLException {
        database.run("delete from " + StoredIncident.DELETED + "; vacuum analyze users, orders; checkpoint");
    }

    private static double copy(Database database, Rows rows) throws SQLException, IOException {
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            long begin = System.nanoTime();
            long copied = copy.copyIn("copy users from stdin", new ByteArrayInputStream(rows.users.toByteArray()));
            copied += copy.copyIn("copy orders from stdin", new ByteArrayInputStream(rows.orders.toByteArray()));
            connection.commit();
            return copied / ((System.nanoTime() - begin) / 1e9);
        }
    }

    private static double restore(Database database, Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            Scope scope = new Scope(
                    List.of(Scope.Window.of(
                            PointInTime.transaction(reader, StoredIncident.XID).commit())),
                    false,
                    List.of());
            RestorePlan plan = RestorePlanner.plan(
                    reader,
                    new RestoreRequest(
                            scope, null, ColumnChoice.ALL, Set.of(Operation.DELETE), ConflictMode.REFUSE, false, ROWS));
            Connections connections = new Connections(ConnectionSettings.parse(database.url()), "bench");
            long begin = System.nanoTime();
            new Restoration(connections, plan, statement -> {}).run();
            return ROWS / ((System.nanoTime() - begin) / 1e9);
        }
    }
}
