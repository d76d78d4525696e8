package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.Wire;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** A real daemon whose server, network or role lets it down; traffic goes on wherever it can. */
class ServerFaultIT {
    private static final long SEED = Long.getLong("rowback.seed", 1);
    private static final String RECORDER = "io.rowback.daemon.capture.Recorder";

    @TempDir
    Path folder;

    private final PostgresServer server = PostgresServer.version(17)
            .setting("wal_sender_timeout", "3s")
            .setting("password_encryption", "scram-sha-256")
            .start();

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void serverThatEndsAtOnceAndComesBackHasLostNothingOfWhatItCommitted() throws Exception {
        Database app = covered();
        try (Ledger ledger = new Ledger(app, SEED, 3);
                DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            for (int fall = 1; fall <= 2; fall++) {
                daemon.awaitLines("capturing app from", fall);
                awaitTransactions(ledger, 100 * fall);
                server.stop(PostgresServer.Shutdown.IMMEDIATE);
                server.start();
            }
            finish(app, ledger, daemon);
        }
    }

    @Test
    void networkThatIsCutAgainAndAgainLosesNothing() throws Exception {
        Database app = covered();
        SplittableRandom random = new SplittableRandom(SEED);
        try (Wire wire = new Wire(app.port());
                Ledger ledger = new Ledger(app, SEED, 3);
                DaemonProcess daemon = new DaemonProcess(app.at(wire.port()), folder, "")) {
            for (int cut = 1; cut <= 3; cut++) {
                daemon.awaitLines("capturing app from", cut);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(500)));
                wire.cut();
                daemon.awaitLines("next attempt", cut);
                wire.mend();
            }
            finish(app, ledger, daemon);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "rowback.nightly", matches = "true", disabledReason = "waits for a minute")
    void networkThatGoesSilentIsNoticed() throws Exception {
        Database app = covered();
        try (Wire wire = new Wire(app.port());
                Ledger ledger = new Ledger(app, SEED, 1);
                DaemonProcess daemon = new DaemonProcess(app.at(wire.port()), folder, "")) {
            daemon.awaitLine("capturing app from");
            wire.silence();
            daemon.awaitLines("next attempt", 1);
            wire.mend();
            finish(app, ledger, daemon);
        }
    }

    @Test
    void walsenderThatIsTerminatedInTheMiddleOfATransactionSendsTheWholeAgain() throws Exception {
        Database app = covered();
        try (Debugger debugger = new Debugger();
                Ledger ledger = new Ledger(app, SEED, 1);
                DaemonProcess daemon = debugged(app, debugger)) {
            // Parts of a transaction have been written, and the rest waits.
            Debugger.Halt halt = debugger.await(
                    RECORDER,
                    "finished",
                    each -> each.size("batch", "changes") > 0 && each.component("batch", "durable") == null);
            app.query(
                    "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'rowback_app'");
            RunningCapture.awaitTrue(
                    app, "select not active from pg_replication_slots where slot_name = 'rowback_app'");
            halt.resume();
            daemon.awaitLine("next attempt");
            daemon.awaitLines("capturing app from", 2);
            finish(app, ledger, daemon);
        }
    }

    @Test
    void senderTimeoutDoesNotEndAStreamThatHasToWait() throws Exception {
        Database app = covered();
        try (Debugger debugger = new Debugger();
                Ledger ledger = new Ledger(app, SEED, 3);
                DaemonProcess daemon = debugged(app, debugger)) {
            Debugger.Halt halt = debugger.await(RECORDER, "finished", each -> each.size("batch", "changes") > 0);
            String sender = app.query("select active_pid from pg_replication_slots where slot_name = 'rowback_app'")
                    .get(0);
            String start = app.query("select clock_timestamp()").get(0);
            // Much more than the stream may have in hand while nothing is stored.
            awaitTransactions(ledger, 1_000);
            RunningCapture.awaitTrue(
                    app,
                    "select reply_time > timestamptz '%s' + interval '7 s' from pg_stat_replication where pid = %s"
                            .formatted(start, sender));
            halt.resume();
            finish(app, ledger, daemon);
            assertThat(daemon.log()).doesNotContain("next attempt");
        }
    }

    @Test
    void predecessorThatStillHoldsTheSlotIsWaitedFor() throws Exception {
        Database app = covered();
        Properties properties = new Properties();
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("options", "-c wal_sender_timeout=0");
        try (Connection predecessor = DriverManager.getConnection(app.jdbcUrl(), properties)) {
            predecessor
                    .unwrap(PGConnection.class)
                    .getReplicationAPI()
                    .replicationStream()
                    .logical()
                    .withSlotName("rowback_app")
                    .withSlotOption("proto_version", 1)
                    .withSlotOption("publication_names", "rowback")
                    .start();
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                daemon.awaitLines("is active for PID", 2);
                terminate(app);
                daemon.awaitLine("capturing app from");
            }
        }
    }

    @Test
    void whoIsStoppedWhileTheServerWaitsForOthersLeavesNoSlotBehind() throws Exception {
        Database app = server.createDatabase("app");
        app.run("create table t (id bigint primary key, n int)");
        try (Connection open = app.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("insert into t values (1, 0)");
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                RunningCapture.awaitTrue(app, "select count(*) = 1 from pg_replication_slots");
                assertThat(daemon.signal("TERM")).isZero();
                // The other transaction still runs.
                RunningCapture.awaitTrue(app, "select count(*) = 0 from pg_replication_slots");
            }
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                RunningCapture.awaitTrue(app, "select count(*) = 1 from pg_replication_slots");
                daemon.kill();
            }
            open.commit();
            RunningCapture.awaitTrue(app, "select count(*) = 0 from pg_replication_slots");
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                daemon.awaitLine("capturing app from");
                assertThat(app.query("select slot_name, temporary, failover from pg_replication_slots"))
                        .containsExactly("rowback_app|f|t");
            }
        }
    }

    @Test
    void passwordThatWasChangedIsWaitedForAndALostPrivilegeIsNot() throws Exception {
        Database app = server.createDatabase("app");
        app.run("create table t (id bigint primary key, n int);"
                + "create role keeper login superuser password 'first'");
        requirePassword(app, "keeper");
        Path passwords = Files.createFile(
                folder.resolve("pgpass"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwords, "*:*:*:keeper:first\n");
        String config = DaemonProcess.config(Map.of("app", app.as("keeper")), folder, "");
        try (DaemonProcess daemon = new DaemonProcess(folder, config, Map.of("PGPASSFILE", passwords.toString()))) {
            daemon.awaitLine("capturing app from");
            app.run("alter role keeper password 'second'");
            terminate(app);
            daemon.awaitLine("password authentication failed for user \"keeper\"; next attempt in");
            Files.writeString(passwords, "*:*:*:keeper:second\n");
            daemon.awaitLines("capturing app from", 2);

            // As libpq does, nothing is read from a file that others may read too.
            Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-r--r--"));
            terminate(app);
            daemon.awaitLine("The password file is not read, since others may: chmod 600");
            Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-------"));
            daemon.awaitLines("capturing app from", 3);

            app.run("alter role keeper nosuperuser noreplication");
            terminate(app);
            assertThat(daemon.awaitEnd()).isEqualTo(1);
            assertThat(daemon.log()).contains("hint: The role lacks a privilege; `rowbackd setup-sql` prints");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 18})
    void publicationThatWasAwayWhileRowsWereWrittenEndsCoverageAndTheTableIsReadAgain(int major) throws Exception {
        try (PostgresServer other = PostgresServer.start(major)) {
            Database app = other.createDatabase("app");
            app.run("create table t (id bigint primary key, n int); create table quiet (id int primary key)");
            CapturedLedger captured = new CapturedLedger(app, folder);
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                daemon.awaitLine("capturing app from");
                app.run("insert into t values (1, 1); drop publication rowback; insert into t values (2, 2)");
                Lsn behind = Lsn.parse(
                        app.query("select pg_current_wal_insert_lsn()").get(0));
                app.run("create publication rowback for table only t; insert into t values (3, 3)");
                daemon.awaitLines("baseline of t complete", 2);
                captured.catchUp();
                captured.holdsTheTable();
                // What the server did not send is in no stretch that claims to be complete.
                List<Coverage> coverage = captured.coverage("t");
                assertThat(coverage).hasSize(2);
                assertThat(coverage.get(0).to()).isLessThan(behind);
                assertThat(coverage.get(1).from()).isGreaterThanOrEqualTo(behind);
                assertThat(daemon.signal("TERM")).isZero();
            }
        }
    }

    /** A database with table {@code t}, covered by a capture that is over. */
    private Database covered() throws Exception {
        Database app = server.createDatabase("app");
        app.run("create table t (id bigint primary key, n int)");
        try (RunningCapture capture = new RunningCapture(app, folder.resolve("store"))) {
            capture.covering(1);
        }
        RunningCapture.awaitTrue(app, "select not active from pg_replication_slots");
        return app;
    }

    private DaemonProcess debugged(Database app, Debugger debugger) {
        return new DaemonProcess(
                folder, DaemonProcess.config(Map.of("app", app), folder, ""), Map.of(), debugger.option());
    }

    /** Ends the traffic; the daemon that runs must then have stored every bit of it. */
    private void finish(Database app, Ledger ledger, DaemonProcess daemon) throws Exception {
        CapturedLedger captured = new CapturedLedger(app, folder);
        ledger.end();
        captured.catchUp();
        captured.acknowledgedIsDurable();
        assertThat(daemon.signal("TERM")).isZero();
        captured.equalsWhatWasCommitted(ledger);
    }

    private static void awaitTransactions(Ledger ledger, int count) {
        int before = ledger.committed().size();
        RunningCapture.await("traffic", () -> ledger.committed().size() >= before + count);
    }

    private static void terminate(Database app) throws SQLException {
        app.query("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'rowback_app'");
    }

    private static void requirePassword(Database app, String role) throws SQLException {
        app.run("copy (select unnest(array['host all %s all scram-sha-256', 'host all all all trust'])) to program"
                        .formatted(role)
                + " 'cat > pg_hba.conf'; select pg_reload_conf()");
    }
}
