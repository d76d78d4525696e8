package io.rowback.bench;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * The baseline of one table of two million rows, from its first row to the moment when the table is covered, against COPY
 * of the same table read and thrown away: the better of one before and one after.
 */
final class BaselineRow implements Bench.Measurement {
    private static final int ROWS = 2_000_000;

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            new Users(database).create();
            database.run("call fill(1, " + ROWS + "); vacuum analyze users; checkpoint");
            double before = copy(database);
            double baseline = baseline(database, folder);
            double after = copy(database);
            told.accept(new Figure(
                    "baseline",
                    "rows/s, of COPY TO read and thrown away",
                    baseline / Math.max(before, after),
                    Figure.Target.atLeast(0.7),
                    String.format(Locale.ROOT, "%,.0f/s against %,.0f and %,.0f/s", baseline, before, after)));
        }
    }

    private static double baseline(Database database, Path folder) {
        try (CaptureDaemon daemon = CaptureDaemon.start(database, folder, List.of())) {
            daemon.await(() -> daemon.metric("rowback_baseline_rows_total") > 1000);
            double first = daemon.metric("rowback_baseline_rows_total");
            long begin = System.nanoTime();
            daemon.await(() -> daemon.metric("rowback_covered_tables") == 2);
            return (ROWS - first) / ((System.nanoTime() - begin) / 1e9);
        }
    }

    private static double copy(Database database) throws SQLException {
        try (Connection connection = database.connect()) {
            long begin = System.nanoTime();
            CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY users TO STDOUT");
            long rows = 0;
            while (copy.readFromCopy() != null) {
                rows++;
            }
            return rows / ((System.nanoTime() - begin) / 1e9);
        }
    }
}
