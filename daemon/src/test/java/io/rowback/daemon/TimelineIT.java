package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.tables.SlotMark;
import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.Voided;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.PostgresServer.Shutdown;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server goes on from an earlier place than the history has reached: what it never saw is no history of it. */
class TimelineIT {
    private static final String TABLE = "create table t (id int primary key, a text)";

    @TempDir
    Path folder;

    @Test
    void aServerPutBackOnTheSameTimelineIsRefusedAlsoOnceItHasWrittenMoreThanTheHistoryHolds() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run(TABLE);
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(1).catchUp();
            }
            server.stop(Shutdown.FAST);
            // Nothing asks for recovery: it goes on as after a stop, like a disk that was put back.
            try (PostgresServer earlier = server.startCopy("nothing.signal", Map.of())) {
                server.start();
                Database other = on(earlier, app);
                // The copy has no slots; this one is as old as the one that it lacks.
                other.run("select pg_create_logical_replication_slot('rowback_app', 'pgoutput')");
                Lsn before = Lsn.parse(other.query("select restart_lsn from pg_replication_slots")
                        .get(0));
                try (RunningCapture capture = new RunningCapture(app, folder)) {
                    capture.covering(1);
                    // The ids of the subtransactions are not handed out again within the test.
                    app.run("do $$ begin for i in 1..100 loop begin insert into t values (1, 'no');"
                            + " raise 'no'; exception when others then null; end; end loop; end $$");
                    app.run("insert into t values (1, 'never was'); create table filler (a text); checkpoint");
                    capture.catchUp();
                    RunningCapture.await("it is marked from where on the server keeps its log", () -> SlotMark.find(
                                    folder.resolve("app"))
                            .filter(mark -> before.isBefore(mark.restart()))
                            .isPresent());
                }
                refusesAnEarlierState(other, "the server's log ends at");
                other.run("create table filler (a text); insert into filler select repeat('x', 1000)"
                        + " from generate_series(1, 20000); insert into t values (2, 'not seen')");
                refusesAnEarlierState(other, "keeps the log from");
                other.query("select pg_drop_replication_slot('rowback_app')");
                refusesAnEarlierState(other, "is not there in the server's log");
                other.run("checkpoint");
                refusesAnEarlierState(other, "never did");
                goesOnWhereTheSlotWasLost(app);
            }
        }
    }

    /** The server that it always was, which has given the slot up since: what it keeps for that says nothing. */
    private void goesOnWhereTheSlotWasLost(Database server) throws SQLException {
        server.run("alter system set max_slot_wal_keep_size = '1MB'; select pg_reload_conf();"
                + " select pg_switch_wal(); checkpoint; create table a (); select pg_switch_wal(); checkpoint;"
                + " create table b (); select pg_switch_wal(); checkpoint");
        try (RunningCapture capture = new RunningCapture(server, folder)) {
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            List<Gap> gaps = capture.read(reader -> reader.info().gaps());
            assertThat(gaps).singleElement().satisfies(gap -> assertThat(gap.reason())
                    .contains("was lost: "));
        }
    }

    private void refusesAnEarlierState(Database server, String why) {
        try (RunningCapture capture = new RunningCapture(server, folder)) {
            RowbackException refused = capture.failure();
            assertThat(refused.code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(refused)
                    .hasMessageContaining(why)
                    .hasMessageEndingWith(": the server was put back to an earlier state");
        }
    }

    @Test
    void whatAServerRestoredToAnEarlierTimeNeverSawIsVoided() throws Exception {
        try (PostgresServer primary = PostgresServer.start(14)) {
            Database app = primary.createDatabase("app");
            app.run(TABLE);
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(1);
                app.run("insert into t values (1, 'kept')");
                capture.catchUp();
            }
            primary.stop(Shutdown.FAST);
            try (PostgresServer restored = primary.startCopy("recovery.signal", Map.of("restore_command", "false"))) {
                primary.start();
                try (RunningCapture capture = new RunningCapture(app, folder)) {
                    capture.covering(1);
                    app.run("insert into t values (2, 'phantom'); create table u (id int primary key)");
                    capture.covering(2).catchUp();
                }
                Database later = on(restored, app);
                awaitPrimary(later);
                later.run("insert into t values (3, 'not captured')");
                try (RunningCapture capture = new RunningCapture(later, folder)) {
                    RunningCapture.await(() ->
                            capture.read(reader -> reader.info().timelines().size() == 2
                                    && open(reader, "t").equals(List.of(false, true))));
                    later.run("insert into t values (4, 'new')");
                    capture.catchUp();
                    assertThat(capture.changes("t")).containsExactly("INSERT -> 1|kept", "INSERT -> 4|new");
                    assertThat(capture.baseline("t")).containsExactly("1|kept", "3|not captured");
                    assertThat(capture.covered()).containsExactly("t");
                    Lsn fork = capture.read(
                            reader -> reader.info().timelines().get(1).from());
                    assertThat(capture.<List<Gap>>read(reader -> reader.info().gaps()))
                            .singleElement()
                            .satisfies(gap -> assertThat(gap.from()).isEqualTo(fork));
                    Voided voided =
                            capture.read(reader -> reader.info().voided().get(0));
                    assertThat(voided.transactions()).isEqualTo(1);
                    assertThat(changes(folder.resolve("app").resolve(voided.folder())))
                            .containsExactly("1", "2");
                    assertSound(capture);
                }
                refusesTheFormerPrimary(app);
            }
        }
    }

    private void refusesTheFormerPrimary(Database app) {
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            assertThat(capture.failure().code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(capture.failure()).hasMessageContaining("the server runs on timeline 1, which the history left");
        }
    }

    @Test
    void aPromotedStandbyThatKeptTheSlotLeavesNoGap() throws Exception {
        try (PostgresServer primary =
                PostgresServer.version(18).setting("wal_keep_size", "64MB").start()) {
            Database app = primary.createDatabase("app");
            app.run(TABLE);
            app.query("select pg_create_physical_replication_slot('standby', true)");
            primary.stop(Shutdown.FAST);
            try (PostgresServer standby = primary.startCopy("standby.signal", standbySettings(app))) {
                primary.start();
                try (RunningCapture capture = new RunningCapture(app, folder)) {
                    capture.covering(1);
                    app.run("insert into t values (1, 'kept')");
                    capture.catchUp();
                    awaitKept(app, standby);
                    app.run("insert into t values (2, 'kept too')");
                    capture.catchUp();
                    awaitReplayed(app, standby);
                    standby.stop(Shutdown.FAST);
                    app.run("insert into t values (3, 'phantom')");
                    capture.catchUp();
                }
                primary.stop(Shutdown.IMMEDIATE);
                standby.start();
                Database later = on(standby, app);
                later.query("select pg_promote()");
                awaitPrimary(later);
                later.run("insert into t values (4, 'before the daemon comes')");
                try (RunningCapture capture = new RunningCapture(later, folder)) {
                    RunningCapture.await(() -> capture.changes("t").contains("INSERT -> 4|before the daemon comes"));
                    assertThat(capture.changes("t"))
                            .containsExactly(
                                    "INSERT -> 1|kept", "INSERT -> 2|kept too", "INSERT -> 4|before the daemon comes");
                    assertThat(capture.<List<Gap>>read(reader -> reader.info().gaps()))
                            .isEmpty();
                    assertThat(capture.<List<Voided>>read(
                                    reader -> reader.info().voided()))
                            .hasSize(1);
                    assertThat(capture.table("t").coverage()).hasSize(1);
                    assertThat(capture.<List<Timeline>>read(
                                    reader -> reader.info().timelines()))
                            .hasSize(2);
                    assertSound(capture);
                }
            }
        }
    }

    @Test
    void aPromotedStandbyWithoutTheSlotLeavesAGapWithItsBounds() throws Exception {
        try (PostgresServer primary =
                PostgresServer.version(16).setting("wal_keep_size", "64MB").start()) {
            Database app = primary.createDatabase("app");
            app.run(TABLE);
            primary.stop(Shutdown.FAST);
            try (PostgresServer standby =
                    primary.startCopy("standby.signal", Map.of("primary_conninfo", address(app)))) {
                primary.start();
                try (RunningCapture capture = new RunningCapture(app, folder)) {
                    capture.covering(1);
                    app.run("insert into t values (1, 'kept')");
                    capture.catchUp();
                    awaitReplayed(app, standby);
                    standby.stop(Shutdown.FAST);
                    app.run("insert into t values (2, 'phantom')");
                    capture.catchUp();
                }
                primary.stop(Shutdown.IMMEDIATE);
                standby.start();
                Database later = on(standby, app);
                later.query("select pg_promote()");
                awaitPrimary(later);
                later.run("insert into t values (3, 'missed')");
                String end = query(later, "select pg_current_wal_lsn()").get(0);
                try (RunningCapture capture = new RunningCapture(later, folder)) {
                    RunningCapture.await(
                            () -> capture.read(reader -> open(reader, "t").equals(List.of(false, true))));
                    later.run("insert into t values (4, 'new')");
                    capture.catchUp();
                    assertThat(capture.changes("t")).containsExactly("INSERT -> 1|kept", "INSERT -> 4|new");
                    assertThat(capture.baseline("t")).containsExactly("1|kept", "3|missed");
                    Lsn fork = capture.read(
                            reader -> reader.info().timelines().get(1).from());
                    assertThat(capture.<List<Gap>>read(reader -> reader.info().gaps()))
                            .singleElement()
                            .satisfies(gap -> assertThat(gap.from()).isEqualTo(fork))
                            .satisfies(gap -> assertThat(gap.to()).isGreaterThanOrEqualTo(Lsn.parse(end)));
                    assertThat(capture.table("t").coverage().get(0).to()).isLessThanOrEqualTo(fork);
                    assertSound(capture);
                }
            }
        }
    }

    private static String address(Database primary) {
        return "host=127.0.0.1 port=" + primary.port() + " user=postgres dbname=app";
    }

    private static Map<String, String> standbySettings(Database primary) {
        return Map.of(
                "primary_conninfo",
                address(primary),
                "primary_slot_name",
                "standby",
                "hot_standby_feedback",
                "on",
                "wal_receiver_status_interval",
                "1",
                "sync_replication_slots",
                "on");
    }

    /** The standby keeps the slot once the primary's has moved beyond where the standby could begin. */
    private static void awaitKept(Database app, PostgresServer standby) {
        Database there = on(standby, app);
        RunningCapture.await("the standby keeps the slot", () -> {
            query(app, "select pg_log_standby_snapshot()");
            return query(
                            there,
                            "select synced and not temporary from pg_replication_slots where slot_name = 'rowback_app'")
                    .equals(List.of("t"));
        });
    }

    private static void awaitReplayed(Database app, PostgresServer standby) {
        String end = query(app, "select pg_current_wal_lsn()").get(0);
        Database there = on(standby, app);
        RunningCapture.await(() ->
                query(there, "select pg_last_wal_replay_lsn() >= '" + end + "'").equals(List.of("t")));
    }

    private static void awaitPrimary(Database database) {
        RunningCapture.await(() -> query(database, "select pg_is_in_recovery()").equals(List.of("f")));
    }

    private static Database on(PostgresServer server, Database database) {
        return new Database(server.port(), "postgres", database.name());
    }

    private static List<String> query(Database database, String sql) {
        try {
            return database.query(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Boolean> open(RocksHistoryReader reader, String table) {
        return reader.tables().stream()
                .filter(info -> info.schema().name().name().equals(table))
                .flatMap(info -> info.coverage().stream())
                .map(Coverage::to)
                .map(Lsn.MAX::equals)
                .toList();
    }

    private static List<String> changes(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store);
                Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
            return transactions
                    .flatMap(transaction -> reader.changes(
                            transaction.commit(), transaction.commit().next()))
                    .map(change -> change.key() + "")
                    .toList();
        }
    }

    private static void assertSound(RunningCapture capture) {
        assertThat(capture.<List<String>>read(
                        reader -> reader.verify((family, entries) -> {}).findings()))
                .isEmpty();
    }
}
