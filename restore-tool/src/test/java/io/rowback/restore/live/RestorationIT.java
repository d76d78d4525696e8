package io.rowback.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.RestoreScript;
import io.rowback.restore.sql.ScriptStatement.Phase;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.PostgresServer.Shutdown;
import io.rowback.testbed.Wire;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Plans written to a real server, while others write and connections break: all or nothing, and the truth is told. */
final class RestorationIT {
    private static final List<String> RESTORED = List.of("1|pro", "2|pro", "3|pro");
    /** As it goes over the wire: with the end of its text, which READ COMMITTED does not have there. */
    private static final String COMMIT = "COMMIT\0";

    private static final String CANCELLED = "ERROR: canceling statement due to user request";
    private static final List<String> DAMAGED = List.of("1|test", "2|test");

    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    private Database database;
    private RestorePlan plan;

    @BeforeEach
    void planARestore(TestInfo test) throws SQLException {
        planARestore(server.createDatabase(test.getTestMethod().orElseThrow().getName()));
    }

    private void planARestore(Database app) throws SQLException {
        database = app;
        database.run(
                "create table u (id int primary key, plan text); insert into u select i, 'pro' from generate_series(1, 3) i");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u where id = 3; update u set plan = 'test'");
        plan = new Target(history, database).compare(xid).plan();
    }

    private Restoration restoration(Database target) {
        return new Restoration(connections(target), plan, statement -> {});
    }

    private static Connections connections(Database target) {
        return new Connections(ConnectionSettings.parse(target.url()), "rowback");
    }

    private List<String> rows() throws SQLException {
        return database.query("select id, plan from u order by id");
    }

    private static void assertFails(ErrorCode code, String message, ThrowingCallable restoring) {
        assertThatThrownBy(restoring)
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    /** Waits until so many sessions of ours wait for a lock. */
    private void awaitWaiting(int sessions) throws SQLException {
        String count =
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while (!database.query(count).equals(List.of(Integer.toString(sessions)))) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    @Test
    void planIsWrittenByOneTransactionAndTwiceDoesNoHarm() throws SQLException {
        String transaction = restoration(database).run();
        assertThat(rows()).isEqualTo(RESTORED);
        assertThat(database.query("select distinct xmin from u")).containsExactly(transaction);
        restoration(database).run();
        assertThat(database.query("select distinct xmin from u")).containsExactly(transaction);
    }

    @Test
    void manyRowsComeBackWithTheValuesThatTheyHad() throws SQLException {
        String all = "select v::text from v order by id";
        database.run("""
                create table v (id int primary key, t text, c char(3), a text[], j json, b bytea, n numeric, u int);
                insert into v select i, (array[E'a\\tb\\nc\\rd\\\\', '\\N', '\\.', '', null, 'naïve ''quoted'' $1 ?', E'\\x01'])[i % 7 + 1],
                  'x', array['\\', null, '{,}', chr(i + 60)], '{"a" : "\\\\"}', '\\x00ff5c09', i + 0.50, i
                  from generate_series(1, 60) i
                """);
        List<String> before = database.query(all);
        LiveHistory history = new LiveHistory(database);
        plan = new Target(history, database)
                .compare(history.commit("delete from v where id <= 30; update v set t = 'x', n = 0 where id > 30"))
                .plan();
        restoration(database).run();
        assertThat(database.query(all)).isEqualTo(before);
    }

    @Test
    void rowChangedSinceFailsByNameAndNothingIsWritten() throws SQLException {
        database.run("update u set plan = 'gold' where id = 2");
        assertFails(ErrorCode.REFUSED, "u 2", () -> restoration(database).run());
        assertThat(rows()).containsExactly("1|test", "2|gold");
    }

    @Test
    void nothingIsWrittenToWhateverHasTheNameOfATableOrColumnByNow() throws SQLException {
        database.run("create table w (id int primary key, a text, b text); insert into w values (1, 'a', 'b')");
        LiveHistory history = new LiveHistory(database);
        RestorePlan ofW = new Target(history, database)
                .compare(history.commit("delete from w"))
                .plan();
        Restoration late = new Restoration(connections(database), ofW, statement -> {});
        for (String since : List.of(
                "alter table w rename a to c; alter table w rename b to a; alter table w rename c to b",
                "alter table w rename to v; create table w (id int primary key, a text, b text)",
                "drop table w; alter table v rename to w; alter table w rename a to c;"
                        + " alter table w rename b to a; alter table w rename c to b; alter table w alter b type varchar(9)")) {
            database.run(since);
            assertFails(ErrorCode.REFUSED, "w is another table than this was made for", late::run);
            assertThat(database.query("select from w")).isEmpty();
        }
        database.run("alter table w alter b type text, add d int");
        late.run();
        assertThat(database.query("select id, a, b from w")).containsExactly("1|a|b");
    }

    @Test
    void nothingIsWrittenWhereValuesWereComputedAnewSinceTheLastLook() throws SQLException {
        database.run("create table price (id int primary key, a int); insert into price values (1, 5)");
        LiveHistory history = new LiveHistory(database);
        history.writer().forms(List.of(form("price", List.of())));
        long xid = history.commit("update price set a = null");
        Restoration late = new Restoration(
                connections(database),
                new Target(history, database).compare(xid).plan(),
                statement -> {});
        database.run("alter table price alter a type int using a * 100");
        assertFails(ErrorCode.REFUSED, "price is another table than this was made for", late::run);
        assertThat(database.query("select a from price")).containsExactly("");
        history.writer().forms(List.of(form("price", List.of())));
        Restoration unharmed = new Restoration(
                connections(database),
                new Target(history, database).compare(xid).plan(),
                statement -> {});
        database.run("vacuum full price");
        unharmed.run();
        assertThat(database.query("select a from price")).containsExactly("5");
    }

    @Test
    void nothingIsWrittenWhereATypePrintsItsValuesOtherwiseSinceTheLastLook() throws SQLException {
        database.run(
                "create type mood as enum ('low', 'high'); create type pair as (a int, b int); create table felt (id"
                        + " int primary key, m mood[], p pair, n int); insert into felt values (1, '{low}', '(1,2)', 1)");
        LiveHistory history = new LiveHistory(database);
        List<TableForm.TypeForm> types = List.of(
                new TableForm.TypeForm(
                        oid("mood"), database.query("select concat_ws(' ', oid, enumlabel) from pg_enum order by oid")),
                new TableForm.TypeForm(oid("pair"), List.of("1 2")));
        history.writer().forms(List.of(form("felt", types)));
        long xid = history.commit("update felt set m = '{high}', p = '(3,4)'");
        RestorePlan planned = new Target(history, database).compare(xid).plan();
        String swap = "alter type mood rename value 'low' to 'x'; alter type mood rename value 'high' to 'low';"
                + " alter type mood rename value 'x' to 'high';";
        database.run(swap);
        refusesAnotherType(planned);
        database.run(swap + "alter type mood add value 'none'");
        new Restoration(connections(database), planned, statement -> {}).run();
        assertThat(database.query("select m, p from felt")).containsExactly("{low}|(1,2)");
        database.run("alter type pair drop attribute a; alter type pair add attribute a int");
        refusesAnotherType(planned);
    }

    private void refusesAnotherType(RestorePlan planned) {
        Restoration late = new Restoration(connections(database), planned, statement -> {});
        assertFails(ErrorCode.REFUSED, "felt is another table than this was made for", late::run);
    }

    private int oid(String type) throws SQLException {
        return Integer.parseUnsignedInt(
                database.query("select '" + type + "'::regtype::oid").get(0));
    }

    private TableForm form(String table, List<TableForm.TypeForm> types) throws SQLException {
        List<TableForm.ColumnForm> columns = new ArrayList<>();
        for (String row : database.query("select attnum, atttypid, xmin from pg_attribute where attnum > 0"
                + " and attrelid = '" + table + "'::regclass order by attnum")) {
            String[] fields = row.split("\\|", -1);
            columns.add(new TableForm.ColumnForm(Integer.parseInt(fields[0]), fields[1], fields[2]));
        }
        String[] file = database.query("select oid, relfilenode from pg_class where oid = '" + table + "'::regclass")
                .get(0)
                .split("\\|", -1);
        return new TableForm(
                new TableId(Integer.parseUnsignedInt(file[0])), Long.parseLong(file[1]), 0, columns, types);
    }

    @Test
    void changeThatIsNotCommittedYetIsWaitedForAndKept() throws Exception {
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin; update u set plan = 'gold' where id = 2");
            CompletableFuture<String> restoring = CompletableFuture.supplyAsync(restoration(database)::run);
            awaitWaiting(1);
            statement.execute("commit");
            assertThatThrownBy(restoring::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .hasMessageContaining("u 2")
                    .hasMessageContaining("nothing was written");
        }
        assertThat(rows()).containsExactly("1|test", "2|gold");
    }

    @Test
    void defaultsOfTheDatabaseDoNotKeepARestoreFromSeeingWhatItWaitedFor() throws Exception {
        for (String setting : List.of("isolation = 'repeatable read'", "read_only = on")) {
            database.run("alter database \"" + database.name() + "\" set default_transaction_" + setting);
        }
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin read write; update u set plan = 'pro' where id = 2");
            CompletableFuture<String> restoring = CompletableFuture.supplyAsync(restoration(database)::run);
            awaitWaiting(1);
            statement.execute("commit");
            restoring.get();
        }
        assertThat(rows()).isEqualTo(RESTORED);
    }

    @Test
    void twoRestoresAtOnceWriteOnce() throws Exception {
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin; select from u where id = 1 for update");
            CompletableFuture<String> one = CompletableFuture.supplyAsync(restoration(database)::run);
            CompletableFuture<String> other = CompletableFuture.supplyAsync(restoration(database)::run);
            awaitWaiting(2);
            statement.execute("rollback");
            assertThat(List.of(one.get(), other.get())).containsAll(database.query("select distinct xmin from u"));
        }
        assertThat(rows()).isEqualTo(RESTORED);
        assertThat(database.query("select count(distinct xmin::text) from u")).containsExactly("1");
    }

    @Test
    void sequenceFarBehindWaitsForWhoDrawsAndNeverGoesBack() throws Exception {
        database.run("create table s (id bigserial primary key); insert into s values (1000000)");
        LiveHistory history = new LiveHistory(database);
        plan = new Target(history, database)
                .compare(history.commit("delete from s"))
                .plan();
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin; select nextval('s_id_seq')");
            CompletableFuture<String> restoring = CompletableFuture.supplyAsync(restoration(database)::run);
            awaitWaiting(1);
            statement.execute("select setval('s_id_seq', 1000020); commit");
            restoring.get();
        }
        assertThat(database.query("select last_value from s_id_seq")).containsExactly("1000020");
    }

    @Test
    void sessionThatDoesNotCheckForeignKeysIsRefused() throws SQLException {
        database.run(
                "alter role postgres in database \"" + database.name() + "\" set session_replication_role = replica");
        assertFails(ErrorCode.REFUSED, "foreign keys are not checked", () -> restoration(database)
                .run());
        assertThat(rows()).isEqualTo(DAMAGED);
    }

    @Test
    void triggersFindWhatTheyNameInThePathOfTheDatabase() throws SQLException {
        database.run("create schema app; create table app.audit (what text); alter database \"" + database.name()
                + "\" set search_path = app, public; create function app.note() returns trigger language plpgsql as"
                + " $$ begin insert into audit values (tg_op); return new; end $$;"
                + " create trigger note before insert or update on u for each row execute function app.note()");
        restoration(database).run();
        assertThat(rows()).isEqualTo(RESTORED);
        assertThat(database.query("select count(*) from app.audit")).containsExactly("3");
    }

    @Test
    void operatorsAheadOfTheServersInThePathOfTheDatabaseAreNotOurs() throws SQLException {
        database.run(
                "create schema app; create function app.same(text, text) returns bool language sql as 'select true';"
                        + " create operator app.= (leftarg = text, rightarg = text, function = app.same);"
                        + " create domain app.text as pg_catalog.text check (value is null); alter database \""
                        + database.name()
                        + "\" set search_path = app, pg_catalog, public");
        restoration(database).run();
        assertThat(rows()).isEqualTo(RESTORED);
    }

    @Test
    void connectionLostBeforeCommitLeavesNothing() throws SQLException, IOException {
        try (Wire wire = new Wire(database.port())) {
            wire.cutAt("INSERT INTO", true);
            assertFails(ErrorCode.NO_POSTGRES, "nothing was written", () -> restoration(database.at(wire.port()))
                    .run());
        }
        assertThat(rows()).isEqualTo(DAMAGED);
    }

    @Test
    void commitThatWasLostOnItsWayIsToldAsNotDone() throws SQLException, IOException {
        try (Wire wire = new Wire(database.port())) {
            wire.cutAt(COMMIT, false);
            assertFails(ErrorCode.NO_POSTGRES, "which was not committed", () -> restoration(database.at(wire.port()))
                    .run());
        }
        assertThat(rows()).isEqualTo(DAMAGED);
    }

    @Test
    void commitWhoseAnswerWasLostIsToldAsDone() throws SQLException, IOException {
        try (Wire wire = new Wire(database.port())) {
            wire.cutAt(COMMIT, true);
            String transaction = restoration(database.at(wire.port())).run();
            assertThat(database.query("select distinct xmin from u")).containsExactly(transaction);
        }
        assertThat(rows()).isEqualTo(RESTORED);
    }

    @Test
    void serverThatEndsAtOnceInTheMiddleOfCommitIsAskedOnceItIsBack() throws Exception {
        // It waits for a standby that does not exist, with the commit in its log already.
        try (PostgresServer crashing = PostgresServer.version(18)
                .setting("synchronous_commit", "local")
                .setting("synchronous_standby_names", "nobody")
                .start()) {
            planARestore(crashing.createDatabase("app"));
            database.run("create role careful superuser login; alter role careful set synchronous_commit = on");
            CompletableFuture<String> restoring =
                    CompletableFuture.supplyAsync(restoration(database.as("careful"))::run);
            String committing = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
            while (!database.query(committing).equals(List.of("1"))) {
                assertThat(restoring).isNotDone();
            }
            assertThat(rows()).as("nobody sees it yet").isEqualTo(DAMAGED);
            crashing.stop(Shutdown.IMMEDIATE);
            crashing.start();
            assertThat(database.query("select distinct xmin from u")).containsExactly(restoring.get());
            assertThat(rows()).isEqualTo(RESTORED);
        }
    }

    @Test
    void serverThatEndsAtOnceBeforeCommitHasWrittenNothing() throws SQLException {
        try (PostgresServer crashing = PostgresServer.start(18)) {
            planARestore(crashing.createDatabase("app"));
            List<Phase> written = new ArrayList<>();
            Restoration restoration = new Restoration(connections(database), plan, statement -> {
                written.add(statement.phase());
                if (statement.phase() == Phase.VERIFY) {
                    crashing.stop(Shutdown.IMMEDIATE);
                    crashing.start();
                }
            });
            assertFails(ErrorCode.NO_POSTGRES, "nothing was written", restoration::run);
            assertThat(written).contains(Phase.WRITE).endsWith(Phase.VERIFY);
            assertThat(rows()).isEqualTo(DAMAGED);
        }
    }

    @Test
    void idThatACrashedServerLostOrHandedOutAgainIsNotTakenForACommit() throws SQLException {
        UnansweredCommit lost = new UnansweredCommit(connections(database), new RestoreScript(plan), "4000000000");
        assertFails(ErrorCode.NO_POSTGRES, "which was not committed", lost::transaction);
        String another = database.query("select pg_current_xact_id()").get(0);
        UnansweredCommit again = new UnansweredCommit(connections(database), new RestoreScript(plan), another);
        assertFails(ErrorCode.FAILED, "cannot be told", again::transaction);
    }

    @Test
    void whoeverHoldsARowForTooLongIsToBeWaitedFor() throws SQLException {
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin; select from u where id = 1 for update");
            assertThatThrownBy(restoration(database)::run).isInstanceOfSatisfying(RowbackException.class, e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
                assertThat(e).hasMessage("canceling statement due to lock timeout; nothing was written");
                assertThat(e.hint()).contains("pg_stat_activity tells who");
            });
        }
        assertThat(rows()).isEqualTo(DAMAGED);
    }

    @Test
    void interruptionCancelsAndLeavesNothing() throws Exception {
        try (Connection application = database.connect();
                Statement statement = application.createStatement()) {
            statement.execute("begin; select from u where id = 1 for update");
            Restoration restoration = restoration(database);
            CompletableFuture<String> restoring = CompletableFuture.supplyAsync(restoration::run);
            awaitWaiting(1);
            restoration.interrupt();
            assertThatThrownBy(restoring::get).cause().isInstanceOfSatisfying(RowbackException.class, e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED);
                assertThat(e).rootCause().as("not that it waited too long").hasMessageStartingWith(CANCELLED);
            });
            awaitWaiting(0);
        }
        assertThat(rows()).isEqualTo(DAMAGED);
    }
}
