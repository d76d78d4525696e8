package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a real daemon where it hurts most: stopped at a named place by a debugger, then SIGKILL. */
class CrashPointIT {
    private static final String RECORDER = "io.rowback.daemon.capture.Recorder";
    private static final String RELATIONS = "io.rowback.daemon.capture.Relations";
    private static final String WRITER = "io.rowback.history.store.RocksHistoryWriter";
    /** Some of them are one batch of a baseline, all of them several. */
    private static final int ROWS = 5_000;

    @AutoClose
    private static final PostgresServer server = PostgresServer.version(16)
            .setting("max_replication_slots", "50")
            // So the daemon reports every second.
            .setting("wal_sender_timeout", "3s")
            .start();

    @TempDir
    Path folder;

    /** What the daemon finds in the log. */
    private interface Work {
        void run() throws SQLException;
    }

    @Test
    void whatIsWrittenButNotAcknowledgedIsStoredOnce() throws Exception {
        Database app = coveredTable("acknowledged");
        // The write has returned; nobody has been told.
        killAt(app, RECORDER, "finished", CrashPointIT::hasChanges, () -> app.run("insert into t values (-1, 0)"));

        assertThat(acknowledged(app)).isLessThanOrEqualTo(durable(app));
        assertThat(stored(app)).as("written before the kill").containsExactly("INSERT -1");
        recover(app);
        assertThat(stored(app)).containsExactly("INSERT -1");
    }

    @Test
    void whatIsReceivedButNotWrittenIsNotAcknowledgedAndSentAgain() throws Exception {
        Database app = coveredTable("received");
        app.run("insert into t values (-1, 0)");
        try (Debugger debugger = new Debugger();
                DaemonProcess daemon = debugged(app, debugger)) {
            debugger.await(WRITER, "append", CrashPointIT::hasChanges);
            String halted = app.query("select clock_timestamp()").get(0);
            RunningCapture.awaitTrue(
                    app,
                    "select reply_time > timestamptz '%s' + interval '1.5 s' from pg_stat_replication"
                            .formatted(halted));
            daemon.kill();
        }
        assertThat(acknowledged(app)).isLessThanOrEqualTo(durable(app));
        assertThat(stored(app)).isEmpty();
        recover(app);
        assertThat(stored(app)).containsExactly("INSERT -1");
    }

    @Test
    void partOfALargeTransactionIsNeverSeenAndTheWholeComesAgain() throws Exception {
        Database app = coveredTable("partial");
        // A part that ends no transaction has been written.
        killAt(
                app,
                RECORDER,
                "finished",
                halt -> hasChanges(halt) && halt.component("batch", "durable") == null,
                () -> app.run("insert into t select -g, 0 from generate_series(1, 5000) g"));

        assertThat(stored(app)).isEmpty();
        recover(app);
        assertThat(stored(app)).hasSize(ROWS).doesNotHaveDuplicates();
    }

    @Test
    void tableWhoseBaselineWasInterruptedIsReadAgain() throws Exception {
        Database app = server.createDatabase("baseline");
        app.run(table());
        int[] batches = {0};
        killAt(app, WRITER, "baseline", halt -> ++batches[0] == 2, () -> {});

        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            assertThat(reader.tables()).as("covered tables").isEmpty();
            assertThat(reader.verify((family, entries) -> {}).baselineRows()).isPositive();
        }
        app.run("delete from t where id = 1; update t set n = 7 where id = 2");
        recover(app);
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            assertThat(reader.verify((family, entries) -> {}).baselineRows())
                    .as("rows, none of which an interrupted baseline left")
                    .isEqualTo(
                            Long.parseLong(app.query("select count(*) from t").get(0)));
        }
    }

    @Test
    void baselineThatWasCompleteButNotYetCountedIsReadAgain() throws Exception {
        Database app = server.createDatabase("uncounted");
        app.run(table());
        killAt(app, WRITER, "covered", halt -> true, () -> {});

        app.run("delete from t where id = 1; update t set n = 7 where id = 2");
        recover(app);
    }

    @Test
    void schemaChangeThatWasBeingLearntIsLearntAgain() throws Exception {
        Database app = coveredTable("schema");
        // The first definition is that of the insert, the second that of the altered table.
        int[] definitions = {0};
        killAt(
                app,
                RELATIONS,
                "define",
                halt -> ++definitions[0] == 2,
                () -> app.run(
                        "insert into t values (-1, 0); alter table t add a text; insert into t values (-2, 0, 'x')"));

        // Before and after the column came.
        recover(app, 2);
        assertThat(stored(app)).containsExactly("INSERT -1", "INSERT -2");
    }

    @Test
    void rowsThatAColumnWasAddedToAreReadAgainAlthoughKilledMeanwhile() throws Exception {
        Database app = coveredTable("rewritten");
        killAt(app, WRITER, "covered", halt -> true, () -> app.run("alter table t add a int default 7"));

        app.run("delete from t where id = 1");
        recover(app, 2);
    }

    private static String table() {
        return "create table t (id bigint primary key, n int); insert into t select g, 0 from generate_series(1, "
                + ROWS + ") g";
    }

    /** A database with table {@code t}, covered by a daemon that is gone. */
    private Database coveredTable(String name) throws Exception {
        Database app = server.createDatabase(name);
        app.run(table());
        try (RunningCapture capture = captured(app)) {
            capture.covering(1).catchUp();
        }
        return app;
    }

    private void killAt(Database app, String type, String method, Predicate<Debugger.Halt> condition, Work work)
            throws Exception {
        work.run();
        try (Debugger debugger = new Debugger();
                DaemonProcess daemon = debugged(app, debugger)) {
            debugger.await(type, method, condition);
            daemon.kill();
        }
    }

    /** What a daemon does but for being a process, whose start costs more than all else here. */
    private RunningCapture captured(Database app) {
        return new RunningCapture(app, folder.resolve("store"));
    }

    private DaemonProcess debugged(Database app, Debugger debugger) {
        String config = DaemonProcess.config(Map.of("app", app), folder, "");
        return new DaemonProcess(folder, config, Map.of(), debugger.option());
    }

    private void recover(Database app) throws Exception {
        recover(app, 1);
    }

    /** A capture after the kill makes everything good: the table, its stretches of coverage, and the store as such. */
    private void recover(Database app, int stretches) throws Exception {
        CapturedLedger captured = new CapturedLedger(app, folder);
        try (RunningCapture capture = captured(app)) {
            capture.covering(1);
            RunningCapture.await(() -> captured.coverage("t").size() == stretches);
            capture.catchUp();
        }
        captured.holdsTheTable();
        try (RocksHistoryReader reader = captured.open()) {
            assertThat(reader.info().gaps()).isEmpty();
        }
        assertThat(captured.coverage("t")).last().extracting(Coverage::to).isEqualTo(Lsn.MAX);
    }

    private static boolean hasChanges(Debugger.Halt halt) {
        return halt.size("batch", "changes") > 0;
    }

    private static Lsn acknowledged(Database app) throws SQLException {
        return Lsn.parse(app.query("select confirmed_flush_lsn from pg_replication_slots where slot_name = 'rowback_"
                        + app.name() + "'")
                .get(0));
    }

    private Lsn durable(Database app) {
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open()) {
            return reader.info().durable();
        }
    }

    /** What a reader sees of the log. */
    private List<String> stored(Database app) {
        try (RocksHistoryReader reader = new CapturedLedger(app, folder).open();
                Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
            return changes.map(change -> change.operation() + " " + change.key())
                    .toList();
        }
    }
}
