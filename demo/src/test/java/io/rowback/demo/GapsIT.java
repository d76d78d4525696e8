package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever takes the slot from the daemon leaves a gap that every command tells of, and that no restore reaches over. */
class GapsIT {
    private static final Path HOME = Path.of(System.getProperty("rowback.home"));
    private static final long PATIENCE_SECONDS = 60;

    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(18).setting("max_slot_wal_keep_size", "1MB").start();

    @TempDir
    private Path folder;

    private final int port = Ports.free();

    @SuppressWarnings("NullAway.Init")
    private Installation installation;

    /** What becomes of the slot while nobody reads it; the delete is what the history misses. */
    enum Fault {
        DROPPED("was gone", "select pg_drop_replication_slot('SLOT'); delete from users where id = 2"),
        MADE_ANEW(
                "was advanced or made anew by somebody else",
                "select pg_drop_replication_slot('SLOT'); delete from users where id = 2;"
                        + " select pg_create_logical_replication_slot('SLOT', 'pgoutput')"),
        ADVANCED(
                "was advanced or made anew by somebody else",
                "delete from users where id = 2; select pg_replication_slot_advance('SLOT', pg_current_wal_lsn())"),
        INVALIDATED(
                "was lost: wal_removed",
                "delete from users where id = 2;"
                        + "select pg_switch_wal(); checkpoint; create table a (); select pg_switch_wal(); checkpoint;"
                        + "create table b (); select pg_switch_wal(); checkpoint");

        private final String reason;
        private final String script;

        Fault(String reason, String script) {
            this.reason = reason;
            this.script = script;
        }
    }

    @BeforeEach
    void install() {
        installation = new Installation(HOME, folder);
    }

    @ParameterizedTest
    @EnumSource
    void everyCommandTellsOfTheGapAndNoRestoreReachesOverIt(Fault fault) throws Exception {
        Database app = server.createDatabase(fault.name().toLowerCase(java.util.Locale.ROOT));
        configure(app);
        app.run("create table users (id int primary key, name text); alter table users replica identity full;"
                + " insert into users values (1, 'ann'), (2, 'bob'), (3, 'cid')");
        String xid;
        Process daemon = installation.startDaemon(RunningDaemon.ARCHIVE);
        try {
            await(reader -> coverage(reader).size() == 1);
            xid = app.query("with u as (update users set name = 'x' where id = 1 returning 1)"
                            + " select pg_current_xact_id() from u")
                    .get(0);
            awaitCaughtUp(app);
        } finally {
            end(daemon);
        }
        awaitFree(app);
        app.run(fault.script.replace("SLOT", slot(app)));
        daemon = installation.startDaemon(RunningDaemon.ARCHIVE);
        try {
            await(reader -> coverage(reader).size() == 2);
            app.run("update users set name = 'cindy' where id = 3");
            awaitCaughtUp(app);
            assertThat(metrics()).contains("rowback_gaps{database=\"app\"} 1.0");
        } finally {
            end(daemon);
        }
        Gap gap = gap();
        String reason = slot(app) + " " + fault.reason;
        assertThat(gap.reason()).contains(reason);
        assertThat(rowback(4, "restore", "--tx", xid).err())
                .contains("1 refused row")
                .contains(reason);
        assertThat(rowback(0, "status").out())
                .contains("gap:               the log from LSN " + gap.from() + " ")
                .contains(reason);
        if (fault == Fault.DROPPED) {
            // What the commands tell comes from the record, not from the fault.
            assertTold(gap, reason);
        }
    }

    private void assertTold(Gap gap, String reason) {
        String told = "the log from LSN " + gap.from() + " ";
        assertThat(rowback(0, "status", "--json").out())
                .contains("\"gaps\":[{\"from\":\"" + gap.from() + "\",\"to\":\"" + gap.to() + "\",\"since\":");
        assertThat(rowback(0, "history", "users", "2").out())
                .contains("GAP  users: what changed from LSN " + gap.from() + " to ")
                .contains(told)
                .contains(reason);
        assertThat(rowback(0, "history", "users", "1").out().lines())
                .as("the change before the gap, then the gap")
                .hasSize(3)
                .last()
                .asString()
                .startsWith("GAP  users: ");
        assertThat(rowback(0, "history", "users", "2", "--json").out())
                .startsWith(
                        "{\"operation\":\"gap\",\"schema\":\"public\",\"table\":\"users\",\"from\":\"" + gap.from());
        assertThat(rowback(0, "transactions").err()).contains("note: " + told);
        assertThat(rowback(12, "show", "users", "2", "--at", "lsn:" + gap.to()).err())
                .contains("error: table users is not covered at LSN " + gap.to())
                .contains(reason);
        assertThat(rowback(12, "show", "users", "--where", "id = 2", "--at", "lsn:" + gap.to())
                        .err())
                .contains(reason);
        assertThat(rowback(0, "show", "users", "2", "--at", "lsn:" + gap.from()).out())
                .contains("bob");
        assertThat(rowback(4, "restore", "--from", "lsn:" + gap.from(), "--to", "now", "--table", "users")
                        .err())
                .contains("gap in the window: what changed from LSN " + gap.from())
                .contains(reason);
        assertThat(rowback(4, "restore", "--from", "lsn:" + gap.from(), "--to", "now")
                        .err())
                .contains("gap in the window");
        assertThat(rowback(0, "restore", "--from", "lsn:" + coverage(gap.to()), "--to", "now")
                        .out())
                .as("what lies behind the gap")
                .contains("cindy");
        assertThat(rowback(0, "verify").out()).contains("all sound");
    }

    private Output rowback(int status, String... arguments) {
        Output output = installation.rowback(List.of(arguments));
        assertThat(output.exitCode()).as(output.toString()).isEqualTo(status);
        return output;
    }

    private void configure(Database app) throws Exception {
        Files.writeString(installation.config(), """
                [databases.app]
                url = "%s"
                slot = "%s"
                [store]
                dir = "%s"
                [http]
                listen = "127.0.0.1:%d"
                """.formatted(app.url(), slot(app), folder.resolve("store"), port));
    }

    private static String slot(Database app) {
        return "rowback_" + app.name();
    }

    private static List<Coverage> coverage(RocksHistoryReader reader) {
        return reader.tables().stream()
                .filter(table -> table.schema().name().toString().equals("users"))
                .flatMap(table -> table.coverage().stream())
                .toList();
    }

    private Lsn coverage(Lsn after) {
        try (RocksHistoryReader reader = open()) {
            return coverage(reader).stream()
                    .map(Coverage::from)
                    .filter(from -> !from.isBefore(after))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Gap gap() {
        try (RocksHistoryReader reader = open()) {
            assertThat(reader.info().gaps().size()).isEqualTo(1);
            return reader.info().gaps().get(0);
        }
    }

    private void awaitCaughtUp(Database app) throws SQLException {
        Lsn end = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
        await(reader -> !reader.info().durable().isBefore(end));
    }

    /** The server notices a moment later than we that nobody reads the slot any more. */
    private static void awaitFree(Database app) throws SQLException {
        while (!app.query("select active from pg_replication_slots where slot_name = '" + slot(app) + "'")
                .equals(List.of("f"))) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private void await(Predicate<RocksHistoryReader> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!holds(condition)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private boolean holds(Predicate<RocksHistoryReader> condition) {
        try (RocksHistoryReader reader = open()) {
            return condition.test(reader);
        } catch (RowbackException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.NO_STORE);
            return false;
        }
    }

    private RocksHistoryReader open() {
        return RocksHistoryReader.open(folder.resolve("store/app"));
    }

    private String metrics() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void end(Process daemon) throws InterruptedException {
        daemon.destroy();
        assertThat(daemon.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
