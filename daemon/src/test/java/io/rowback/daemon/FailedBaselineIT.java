package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of which the last row cannot be read: WIN1252 has characters that UTF-8 has not. */
class FailedBaselineIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    Path folder;

    @Test
    void nothingIsLeftOfABaselineThatFailedAndOthersGoOn() throws Exception {
        Database app = tableThatCannotBeRead("late");
        int port = Ports.free();
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "127.0.0.1:" + port)) {
            daemon.awaitLine("t is not covered: its baseline failed: ");
            daemon.awaitLine("capturing app from");
            // Of a single table the metrics tell: what is captured goes on.
            assertThat(DaemonIT.get(port, "/ready").statusCode()).isEqualTo(200);
            assertThat(DaemonIT.get(port, "/metrics").body())
                    .contains(
                            "rowback_uncovered_tables{database=\"app\"} 1.0",
                            "rowback_covered_tables{database=\"app\"} 1.0");
            assertThat(daemon.signal("TERM")).isZero();
        }
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            assertThat(reader.info().notCovered()).singleElement().satisfies(table -> {
                assertThat(table.table()).hasToString("t");
                assertThat(table.reason()).startsWith("its baseline failed: ").contains("0x81");
            });
        }
        assertThat(storedRows(app)).isEqualTo(1);
        StringWriter found = new StringWriter();
        Main.execute(
                new String[] {
                    "check", "--config", folder.resolve("rowback.toml").toString()
                },
                new PrintWriter(found, true),
                new PrintWriter(Writer.nullWriter(), true));
        assertThat(found.toString())
                .containsPattern(
                        "warn  t is not covered: its baseline failed: .*0x81.*  ->  mend what is told there, or leave");
    }

    private static Database tableThatCannotBeRead(String name) throws Exception {
        server.database().run("create database " + name + " encoding 'WIN1252' locale 'C' template template0");
        Database app = new Database(server.port(), "postgres", name);
        app.run("create table t (id int primary key, a text); create table u (id int primary key)");
        app.run("insert into t select g, repeat('x', 100) from generate_series(1, 20000) g; insert into u values (1)");
        app.run("insert into t values (20001, chr(129))");
        return app;
    }

    /** Rows of all baselines, those too that were never completed. */
    private long storedRows(Database app) throws Exception {
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            return reader.verify((family, entries) -> {}).baselineRows();
        }
    }
}
