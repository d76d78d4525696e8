package io.rowback.daemon;

import io.rowback.history.Transaction;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/**
 * Measures how fast a backlog comes from the slot into the store, and beside it how fast the driver alone reads the same
 * backlog. Not part of the build; arguments: rows, rows per transaction.
 */
public final class CaptureBench {
    private CaptureBench() {}

    /** Prints rows per second of both. */
    public static void main(String[] arguments) throws Exception {
        int rows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 500_000;
        int perTransaction = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 100;
        Path folder = Files.createTempDirectory("rowback-bench");
        try (PostgresServer server = PostgresServer.version(18)
                .setting("max_wal_size", "8GB")
                .setting("shared_buffers", "512MB")
                .start()) {
            Database app = server.createDatabase("bench");
            app.run(
                    "create table t (id int primary key, a int, b bigint, c text, d text, e numeric(12,2), f timestamptz,"
                            + " g uuid, h boolean, i jsonb)");
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(1).catchUp();
            }
            app.query("select pg_create_logical_replication_slot('raw', 'pgoutput')");
            fill(app, rows, perTransaction);

            report("driver alone", rows, time(() -> readRaw(app, rows)));
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                report("into the store", rows, time(capture::catchUp));
                long stored = capture.transactions().stream()
                        .mapToLong(Transaction::changes)
                        .sum();
                System.out.println(stored + " changes stored");
            }
        }
        System.exit(0);
    }

    private static void fill(Database app, int rows, int perTransaction) throws SQLException {
        app.run("create procedure fill(n int, per int) language plpgsql as $$ begin "
                + "for x in 0 .. n / per - 1 loop "
                + "insert into t select g, g * 2, g::bigint * 1000000, 'some text ' || g, md5(g::text), g / 7.0, "
                + "'2026-05-01'::timestamptz + g * interval '1 second', md5(g::text)::uuid, g % 2 = 0, "
                + "jsonb_build_object('n', g) from generate_series(x * per + 1, (x + 1) * per) g; commit; "
                + "end loop; end $$; call fill(" + rows + ", " + perTransaction + "); drop procedure fill");
    }

    /** Reads and drops every message of slot "raw". */
    private static void readRaw(Database app, int rows) throws SQLException {
        Connections connections = new Connections(ConnectionSettings.parse(app.url()), "bench");
        try (Connection connection = connections.openReplication()) {
            PGReplicationStream stream = connection
                    .unwrap(PGConnection.class)
                    .getReplicationAPI()
                    .replicationStream()
                    .logical()
                    .withSlotName("raw")
                    .withSlotOption("proto_version", 1)
                    .withSlotOption("publication_names", "rowback")
                    .start();
            int seen = 0;
            while (seen < rows) {
                ByteBuffer message = stream.read();
                if (message != null && message.get(message.position()) == 'I') {
                    seen++;
                }
            }
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static double time(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void report(String what, int rows, double seconds) {
        System.out.printf(
                Locale.ROOT, "%-16s %8d rows in %6.2f s: %8.0f rows/s%n", what, rows, seconds, rows / seconds);
    }
}
