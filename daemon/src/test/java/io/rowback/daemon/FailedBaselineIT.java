package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
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
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            daemon.awaitLine("t is not covered: its baseline failed: ");
            daemon.awaitLine("capturing app from");
            assertThat(daemon.signal("TERM")).isZero();
        }
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            assertThat(reader.info().notCovered()).singleElement().satisfies(table -> {
                assertThat(table.table()).hasToString("t");
                assertThat(table.reason()).startsWith("its baseline failed: ").contains("0x81");
            });
        }
        assertThat(storedRows(app)).isEqualTo(1);
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
