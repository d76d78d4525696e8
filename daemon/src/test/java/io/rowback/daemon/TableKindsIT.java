package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowback.daemon.preflight.Finding;
import io.rowback.daemon.preflight.Preflight;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableName;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;

/** Partitions, inheritance, replica identities, and all that cannot be covered, while a server streams. */
@ParameterizedClass
@OnServers(18)
class TableKindsIT {
    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @Parameter
    int version;

    @TempDir
    Path folder;

    @BeforeParameterizedClassInvocation
    static void startServer(int version) {
        // Each test leaves a slot.
        server = PostgresServer.version(version)
                .setting("max_replication_slots", "20")
                .start();
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        server.close();
    }

    @Test
    void partitionsKeepTheirHistoryWhereverRowsAndTheyThemselvesGo() throws Exception {
        Database app = server.createDatabase("partitions");
        app.run("create table m (id int, at int, v text, primary key (id, at)) partition by range (at);"
                + "create table m_1 partition of m for values from (0) to (10);"
                + "create table m_2 partition of m for values from (10) to (20) partition by list (id);"
                + "create table m_2_a partition of m_2 for values in (1, 2);"
                + "create table apart (v text, at int not null, id int not null, primary key (id, at));"
                + "insert into m values (1, 1, 'a'), (2, 11, 'b')");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(3)) {
            assertThat(partitionOf(capture, "m_2_a")).containsExactly("m_2", "m");
            app.run(
                    "update m set at = 12 where id = 1; alter table m attach partition apart for values from (20) to (30);"
                            + "insert into m values (2, 26, 'y'); create table m_3 partition of m for values from (30) to (40);"
                            + "insert into m values (1, 31, 'z'); create table aside (like m_1 including all)");
            capture.covering(5);
            app.run(
                    "alter table m detach partition m_1; alter table m attach partition aside for values from (0) to (10)");
            RunningCapture.await(() -> partitionOf(capture, "m_1").isEmpty()
                    && partitionOf(capture, "aside").equals(List.of("m")));
            app.run("insert into m_1 values (5, 5, 'd'); truncate m_3; insert into m values (3, 32, 'e'); truncate m");
            capture.catchUp();

            assertThat(partitionOf(capture, "apart")).containsExactly("m");
            assertThat(capture.changes("m_1")).containsExactly("DELETE 1|1|UNKNOWN", "INSERT -> 5|5|d");
            assertThat(capture.changes("m_2_a")).containsExactly("INSERT -> 1|12|a", "TRUNCATE");
            assertThat(capture.changes("apart")).containsExactly("INSERT -> y|26|2", "TRUNCATE");
            assertThat(capture.baseline("m_3")).containsExactly("1|31|z");
            assertThat(capture.changes("m_3")).containsExactly("TRUNCATE", "INSERT -> 3|32|e", "TRUNCATE");

            app.run("drop table m_3");
            RunningCapture.await(() -> partitionOf(capture, "m_3").isEmpty());
        }
    }

    private static List<String> partitionOf(RunningCapture capture, String table) {
        return capture.table(table).schema().partitionOf().stream()
                .map(TableName::toString)
                .toList();
    }

    @Test
    void rowsThatTakeEachOthersKeyBeforeItIsGivenUpAreToldAsTheTableHeldThem() throws Exception {
        Database app = server.createDatabase("swaps");
        app.run("create table swap (id int primary key deferrable initially deferred, v text);"
                + "alter table swap replica identity full;"
                + "insert into swap values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
        List<String> changes = List.of(
                "update swap set id = 3 - id where id in (1, 2)",
                "update swap set id = id % 3 + 1 where id < 4",
                "update swap set id = 2 where v = 'a'; update swap set v = v || '!' where v <> 'a' and id = 2;"
                        + "update swap set id = 3 where v like '_!'",
                "insert into swap values (4, 'new'); delete from swap where v = 'd'",
                "update swap set id = 3 - id where id in (1, 2); delete from swap where id = 1",
                "delete from swap");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            for (String change : changes) {
                app.run("begin; " + change + "; update swap set v = v where id = 4; commit");
                List<String> held = app.query("select format('id=%s v=%s', id, v) from swap order by id");
                Lsn now = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
                capture.catchUp();
                assertThat(capture.rows("swap", now)).as(change).contains(held);
                assertThat(foundByKey(capture, 4, now)).as(change).isEqualTo(held.size());
            }
        }
    }

    /** How many rows of the only table are found under the keys from 1 on. */
    private static long foundByKey(RunningCapture capture, int upTo, Lsn at) {
        return capture.read(reader -> {
            RowTimeline rows = new RowTimeline(reader, reader.tables().get(0));
            return IntStream.rangeClosed(1, upTo)
                    .mapToObj(id -> rows.asOf(RowKey.of(Integer.toString(id)), at))
                    .filter(RowTimeline.State.Present.class::isInstance)
                    .count();
        });
    }

    @Test
    void parentsAndChildrenByInheritanceAreTablesOfTheirOwn() throws Exception {
        Database app = server.createDatabase("inheritance");
        app.run(
                "create table kin (id int primary key); create table child (extra text, primary key (id)) inherits (kin);"
                        + "insert into kin values (1); insert into child values (2, 'x')");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(2)) {
            app.run("update kin set id = id + 10; truncate kin");
            capture.catchUp();

            assertThat(capture.baseline("kin")).containsExactly("1");
            assertThat(capture.baseline("child")).containsExactly("2|x");
            assertThat(capture.changes("kin")).containsExactly("UPDATE 1 -> 11", "TRUNCATE");
            assertThat(capture.changes("child")).containsExactly("UPDATE 2|UNKNOWN -> 12|x", "TRUNCATE");
            assertThat(partitionOf(capture, "child")).isEmpty();
        }
    }

    @Test
    void aRowIsKnownByTheIndexThatIsItsReplicaIdentity() throws Exception {
        Database app = server.createDatabase("using_index");
        app.run(
                "create table t (id int primary key, code text not null unique, v text);"
                        + "alter table t replica identity using index t_code_key;"
                        + "create table n (code text not null unique, v text); alter table n replica identity using index n_code_key");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(2)) {
            app.run("insert into t values (1, 'a', 'x'); update t set v = 'y'; update t set code = 'b';"
                    + "update t set id = 2; delete from t; insert into n values ('a', 'x'); update n set v = null;"
                    + "update n set code = 'b'; delete from n; insert into n values ('c', ''); truncate n");
            capture.catchUp();

            assertThat(capture.table("t").schema().key()).containsExactly("code");
            assertThat(capture.changes("t"))
                    .containsExactly(
                            "INSERT -> 1|a|x",
                            "UPDATE UNKNOWN|a|UNKNOWN -> 1|a|y",
                            "UPDATE UNKNOWN|a|UNKNOWN -> 1|b|y",
                            "UPDATE UNKNOWN|b|UNKNOWN -> 2|b|y",
                            "DELETE UNKNOWN|b|UNKNOWN");
            assertThat(capture.changes("n"))
                    .containsExactly(
                            "INSERT -> a|x",
                            "UPDATE a|UNKNOWN -> a|NULL",
                            "UPDATE a|UNKNOWN -> b|NULL",
                            "DELETE b|UNKNOWN",
                            "INSERT -> c|",
                            "TRUNCATE");
        }
    }

    @Test
    void identitySwitchedWhileStreamingLosesNoChangeAndCoverageGoesOnWhereTheKeyStays() throws Exception {
        Database app = server.createDatabase("switched");
        app.run("create table t (id int primary key, v text not null unique); insert into t values (1, 'a')");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set v = 'b'; update t set id = 2; alter table t replica identity full;"
                    + "update t set v = 'c'; update t set id = 3; alter table t replica identity default;"
                    + "update t set v = 'd'");
            capture.catchUp();
            assertThat(capture.table("t").coverage()).hasSize(1);
            app.run("alter table t replica identity using index t_v_key; update t set v = 'e'");
            RunningCapture.await(() -> capture.baseline("t").equals(List.of("3|e")));
            app.run("update t set id = 4, v = 'f'");
            capture.catchUp();

            assertThat(capture.table("t").schema().key()).containsExactly("v");
            assertThat(capture.changes("t"))
                    .containsExactly(
                            "UPDATE 1|UNKNOWN -> 1|b",
                            "UPDATE 1|UNKNOWN -> 2|b",
                            "UPDATE 2|b -> 2|c",
                            "UPDATE 2|c -> 3|c",
                            "UPDATE 3|UNKNOWN -> 3|d",
                            "UPDATE UNKNOWN|d -> 3|e",
                            "UPDATE UNKNOWN|e -> 4|f");
        }
    }

    @Test
    void whatCannotBeCoveredIsReportedAndNeverBreaksTheApplication() throws Exception {
        Database app = server.createDatabase("not_covered");
        app.run("create table t (id int primary key); insert into t values (1);"
                + "create unlogged table fast (id int primary key); insert into fast values (1);"
                + "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table far (a int) server s;"
                + "create materialized view mv as select 1 a; create view v as select 1 a;"
                + "create table keyless (a int); insert into keyless values (1);"
                + "create table nothing (id int primary key); insert into nothing values (1);"
                + "alter table nothing replica identity nothing");
        String updates = "update fast set id = id + 1; update keyless set a = a + 1; update nothing set id = id + 1;";
        try (Connection session = app.connect();
                Statement temporary = session.createStatement();
                RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run(updates + "refresh materialized view mv; delete from keyless; delete from nothing");
            RunningCapture.await(() -> notCovered(capture).equals(List.of("far", "fast", "keyless", "mv", "nothing")));
            temporary.execute("create temporary table passing (id int primary key)");
            assertThat(check(app))
                    .contains("1 temporary tables are not covered: their rows are not in the log")
                    .contains("fast is not covered: unlogged: its rows are not in the log")
                    .anyMatch(line -> line.startsWith("mv is not covered: a materialized view"));

            app.run("alter table t replica identity nothing; insert into t values (2)");
            RunningCapture.await(() -> notCovered(capture).contains("t"));
            app.run(updates + "update t set id = id + 10; delete from t where id = 11");
            assertThat(capture.covered()).isEmpty();
            NotCovered told = capture.read(reader -> reader.info().notCovered()).stream()
                    .filter(table -> table.table().name().equals("t"))
                    .findFirst()
                    .orElseThrow();
            app.run(String.valueOf(told.mend()));
            capture.covering(1);
            assertThat(notCovered(capture)).doesNotContain("t");
            assertThat(capture.baseline("t")).containsExactly("12");
        }
    }

    @Test
    void tableThatThePublicationTellsOnlyInPartIsNotCoveredAndNamed() throws Exception {
        assumeTrue(version >= 15, "publications tell whole tables");
        Database app = server.createDatabase("narrowed");
        app.run("create table t (id int primary key, a int); create table few (id int primary key, a int);"
                + "create table thin (id int primary key, a int);"
                + "create publication rowback for table only t, only few where (id > 1), only thin (id)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            RunningCapture.await(() -> notCovered(capture).equals(List.of("few", "thin")));
            assertThat(check(app))
                    .contains("few is not covered: publication rowback leaves out some of its rows or columns");
            assertThat(capture.covered()).containsExactly("t");

            app.run(
                    "create table p (id int primary key) partition by range (id); create table p_1 partition of p default;"
                            + "alter publication rowback set (publish_via_partition_root = true)");
            assertThat(check(app))
                    .contains(
                            "p_1 is not covered: publication rowback publishes it as its root, which loses its TRUNCATE");
        }
    }

    @Test
    void publicationThatDoesNotTellEveryOperationAnyMoreCoversNothingUntilItDoes() throws Exception {
        Database app = server.createDatabase("operations");
        app.run("create table t (id int primary key, a int); insert into t values (1, 1), (2, 2)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set a = 10 where id = 1");
            capture.catchUp();
            app.run(
                    "alter publication rowback set (publish = 'insert'); update t set a = 20; delete from t where id = 2");
            RunningCapture.await("it is told", () -> notCovered(capture).equals(List.of("t")));
            app.run("insert into t values (3, 3)");
            capture.catchUp();
            assertThat(capture.covered()).isEmpty();
            Lsn partial = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
            assertThat(capture.rows("t", partial)).isEmpty();
            NotCovered told = capture.read(reader -> reader.info().notCovered()).get(0);
            assertThat(told.reason()).isEqualTo("publication rowback does not publish every operation");

            app.run(String.valueOf(told.mend()));
            capture.covering(1);
            app.run("update t set a = 30 where id = 3");
            capture.catchUp();
            Lsn whole = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
            assertThat(capture.rows("t", whole)).contains(List.of("id=1 a=20", "id=3 a=30"));
            assertThat(capture.rows("t", partial)).isEmpty();
            assertThat(notCovered(capture)).isEmpty();
        }
    }

    @Test
    void tableThatSomebodyHasLockedHoldsUpNeitherTheStreamNorTheLookAtTheOthers() throws Exception {
        Database app = server.createDatabase("locked");
        app.run("create table t (id int primary key); create table u (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(2);
                Connection session = app.connect();
                Statement other = session.createStatement()) {
            String sender = "select active_pid from pg_replication_slots where slot_name = 'rowback_locked'";
            RunningCapture.awaitTrue(app, "select active from pg_replication_slots where slot_name = 'rowback_locked'");
            List<String> before = app.query(sender);
            session.setAutoCommit(false);
            other.execute("create table fresh (id int primary key); create table keyless (a int)");
            session.commit();
            other.execute("lock table t, fresh in access exclusive mode");
            RunningCapture.await(() -> notCovered(capture).contains("keyless"));
            app.run("insert into u values (1)");
            capture.catchUp();
            assertThat(capture.changes("u")).containsExactly("INSERT -> 1");
            session.rollback();
            capture.covering(3);
            assertThat(app.query(sender)).isEqualTo(before);
        }
    }

    @Test
    void publishedByHandATableWithoutIdentityBreaksUpdatesOnlyUntilTheDaemonLooks() throws Exception {
        Database app = server.createDatabase("by_hand");
        app.run("create table t (id int primary key); create table keyless (a int); insert into keyless values (1)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            // In one transaction, so that the daemon does not look before the UPDATE.
            app.run("""
                    do $$
                      begin
                        alter publication rowback add table keyless;
                        begin
                          update keyless set a = 2;
                          raise exception 'the UPDATE went';
                        exception when object_not_in_prerequisite_state then null;
                        end;
                      end $$
                    """);
            RunningCapture.await(() -> updates(app));
            assertThat(capture.covered()).containsExactly("t");
        }
    }

    @Test
    void whileABaselineWaitsForATransactionNoUpdateFailsForLongAndTheHistoryIsCompleteUntilNow() throws Exception {
        Database app = server.createDatabase("waiting");
        app.run("create table t (id int primary key); create table keyless (a int); insert into keyless values (1)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1);
                Connection session = app.connect();
                Statement other = session.createStatement()) {
            session.setAutoCommit(false);
            other.execute("insert into t values (1)");
            app.run("create table fresh (id int primary key)");
            RunningCapture.awaitTrue(
                    app,
                    "select count(*) = 1 from pg_stat_activity where query like 'CREATE_REPLICATION_SLOT%' and state = 'active'"
                            + " and datname = current_database()");
            Instant then = Instant.now();
            app.run("alter publication rowback add table keyless");
            RunningCapture.await("no UPDATE fails", () -> updates(app));
            RunningCapture.await(
                    "the history is complete beyond then",
                    () -> capture.<Boolean>read(
                            reader -> then.isBefore(reader.info().completeUntil())));
            assertThat(capture.covered()).containsExactly("t");
            session.rollback();
            capture.covering(2);
        }
    }

    private static boolean updates(Database app) {
        try {
            app.run("update keyless set a = 2");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static List<String> notCovered(RunningCapture capture) {
        return capture.read(reader -> reader.info().notCovered()).stream()
                .map(table -> table.table().toString())
                .toList();
    }

    private static List<String> check(Database app) throws SQLException {
        Config config = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()));
        try (Connection connection = app.connect()) {
            return Preflight.findings(connection, config.database("app")).stream()
                    .map(Finding::text)
                    .toList();
        }
    }
}
