package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the slot costs the server, and the ways past it: given up, skipped, another server, tables read anew. */
class SlotIT {
    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(18).setting("max_replication_slots", "50").start();

    @TempDir
    Path folder;

    @ParameterizedTest
    @OnServers
    void slotOfAnIdleDatabaseKeepsNoLogWhileOthersWrite(int major) throws Exception {
        try (PostgresServer own = PostgresServer.start(major)) {
            Database idle = own.createDatabase("idle");
            Database busy = own.createDatabase("busy");
            idle.run("create table t (id int primary key)");
            busy.run("create table t (id int, a text)");
            try (RunningCapture capture = new RunningCapture(idle, folder)) {
                capture.covering(1);
                for (int i = 0; i < 3; i++) {
                    busy.run("insert into t select g, repeat('x', 200) from generate_series(1, 50000) g");
                    String end = query(busy, "select pg_current_wal_lsn()").get(0);
                    busy.run("checkpoint");
                    RunningCapture.await("the slot follows to " + end, () -> query(
                                    idle,
                                    "select confirmed_flush_lsn >= '" + end + "' and restart_lsn >= '" + end
                                            + "' from pg_replication_slots where slot_name = 'rowback_idle'")
                            .equals(List.of("t")));
                }
                assertThat(capture.transactions()).isEmpty();
            }
        }
    }

    @Test
    void slotForWhichTheServerKeepsTooMuchIsGivenUp() throws Exception {
        Database app = server.createDatabase("valve");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture =
                        new RunningCapture(app, app, folder, Map.of("ROWBACK_DATABASES_APP_WAL_LIMIT", "16MB"));
                Connection open = app.connect();
                Statement statement = open.createStatement()) {
            capture.covering(1);
            open.setAutoCommit(false);
            statement.execute("insert into t values (1)");
            for (int i = 0; i < 4; i++) {
                // Their baseline waits for the open transaction, and with it the look at the tables.
                app.run("create table filler" + i + " (a int primary key); select pg_switch_wal()");
            }
            app.run("checkpoint");
            RunningCapture.await("the slot is given up", () -> query(
                            app,
                            "select 1 from pg_replication_slots where slot_name = 'rowback_valve'"
                                    + " and confirmed_flush_lsn is not null")
                    .isEmpty());
            open.commit();
            RunningCapture.await("the gap is recorded", () -> gaps(capture).size() == 1);
            assertThat(gaps(capture).get(0).reason())
                    .contains("slot rowback_valve was given up: for it the server kept ");
            RunningCapture.await(() -> capture.baseline("t").equals(List.of("1")));
        }
    }

    /** More log than the limits of these tests allow. */
    private static void fillLog(Database app) throws SQLException {
        for (int i = 0; i < 4; i++) {
            app.run("insert into filler values (1); select pg_switch_wal()");
        }
    }

    @Test
    void slotThatIsGivenUpIsToldAsThatAndNotAsAServerThatCannotBeReached() throws Exception {
        Database app = server.createDatabase("told");
        app.run("create table t (id int primary key); create table filler (a int)");
        String config = DaemonProcess.config(Map.of("app", app), folder, "");
        try (DaemonProcess daemon =
                        new DaemonProcess(folder, config, Map.of("ROWBACK_DATABASES_APP_WAL_LIMIT", "16MB"));
                Connection open = app.connect();
                Statement statement = open.createStatement()) {
            daemon.awaitLine("capturing app from");
            open.setAutoCommit(false);
            statement.execute("insert into t values (1)");
            fillLog(app);
            daemon.awaitLine("slot rowback_told was given up: for it the server kept ")
                    .awaitLine("more than wal_limit allows; next attempt in");
            assertThat(daemon.log()).doesNotContain("Is the server running");
        }
    }

    @Test
    void whileATransactionStaysOpenTheLossIsToldAndTheNewSlotKeepsNoMoreThanAllowed() throws Exception {
        Database app = server.createDatabase("held");
        app.run("create table t (id int primary key); create table filler (a int)");
        String waiting = "select slot_name from pg_replication_slots where database = 'held' and temporary";
        try (RunningCapture capture =
                        new RunningCapture(app, app, folder, Map.of("ROWBACK_DATABASES_APP_WAL_LIMIT", "16MB"));
                Connection open = app.connect();
                Statement statement = open.createStatement()) {
            capture.covering(1);
            open.setAutoCommit(false);
            statement.execute("insert into t values (1)");
            fillLog(app);
            RunningCapture.await(
                    "a slot is waited for", () -> !query(app, waiting).isEmpty());
            Lsn now = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
            assertThat(gaps(capture)).as("while it is waited for").hasSize(1);
            assertThat(capture.rows("t", now)).isEmpty();

            List<String> first = app.query(waiting);
            fillLog(app);
            RunningCapture.await(
                    "the log is let go", () -> query(app, waiting).stream().noneMatch(first::contains));
            RunningCapture.await(
                    "the wait begins anew", () -> !query(app, waiting).isEmpty());
            assertThat(app.query("select count(*) from pg_replication_slots where database = 'held'"
                            + " and pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 16 * 1024 * 1024"))
                    .containsExactly("0");
            open.commit();
            capture.covering(1).catchUp();
            assertThat(capture.baseline("t")).containsExactly("1");
            assertThat(gaps(capture)).singleElement().satisfies(gap -> {
                assertThat(gap.reason()).contains("slot rowback_held was given up: for it the server kept ");
                assertThat(gap.to()).as("up to where the new slot begins").isGreaterThan(now);
            });
        }
    }

    @Test
    void slotForWhichTheServerKeepsMuchIsWarnedOfAndKept() throws Exception {
        Database app = server.createDatabase("warned");
        app.run("create table t (id int primary key)");
        String config = DaemonProcess.config(Map.of("app", app), folder, "");
        try (DaemonProcess daemon =
                        new DaemonProcess(folder, config, Map.of("ROWBACK_DATABASES_APP_WAL_WARN", "16MB"));
                Connection open = app.connect();
                Statement statement = open.createStatement()) {
            daemon.awaitLine("capturing app from");
            assertThat(daemon.log()).doesNotContain("wal_warn");
            open.setAutoCommit(false);
            statement.execute("insert into t values (1)");
            for (int i = 0; i < 4; i++) {
                app.run("create table filler" + i + " (a int); select pg_switch_wal()");
            }
            daemon.awaitLine(
                    "MB of its log for slot rowback_warned, more than wal_warn; a transaction that stays open");
            open.commit();
            assertThat(app.query("select active from pg_replication_slots where slot_name = 'rowback_warned'"))
                    .containsExactly("t");
            assertThat(daemon.log()).doesNotContain("GAP in the history");
        }
    }

    @Test
    void transactionThatTheServerCannotDecodeIsNamedAndCanBeSkipped() throws Exception {
        Database app = server.createDatabase("undecodable");
        // Values of this type go in, but the server cannot print them.
        app.run("create type bad; create function bad_in(cstring) returns bad as 'int4in' language internal strict;"
                + " create function bad_out(bad) returns cstring as 'enum_out' language internal strict;"
                + " create type bad (input = bad_in, output = bad_out, like = int4);"
                + " create table t (id int primary key, v bad)");
        String lsn;
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
            app.run("insert into t values (1)");
            capture.catchUp();
            app.run("insert into t values (2, '7')");
            lsn = undecodable(capture.failure());
        }
        app.run("insert into t values (3); delete from t where id = 2");
        try (RunningCapture again = new RunningCapture(app, folder)) {
            assertThat(undecodable(again.failure())).isEqualTo(lsn);
            assertThat(again.changes("t")).as("nothing later is let through").containsExactly("INSERT -> 1|NULL");
        }
        Path config = config(app);
        assertThat(run(config, "skip", "0/1").err()).contains("is held, there is nothing to skip at 0/1");
        assertThat(run(config, "skip", "FFFFFFFF/0").status()).isEqualTo(4);
        assertThat(run(config, "skip", "here").status()).isEqualTo(2);
        Result skipped = run(config, "skip", lsn);
        assertThat(skipped.status()).as(skipped.err()).isZero();
        assertThat(skipped.out()).contains("gap recorded: ").contains("given up by rowbackd skip " + lsn);
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            capture.catchUp();
            assertThat(capture.changes("t"))
                    .containsExactly("INSERT -> 1|NULL", "INSERT -> 3|NULL", "DELETE 2|UNKNOWN");
            assertThat(capture.baseline("t")).containsExactly("1|NULL", "3|NULL");
            assertThat(gaps(capture)).singleElement().satisfies(gap -> assertThat(gap.to())
                    .isEqualTo(Lsn.parse(lsn).next()));
        }
    }

    @Test
    void rowThatDoesNotFitIntoTheHeapIsNamedAndCanBeSkipped() throws Exception {
        Database app = server.createDatabase("heap");
        app.run("create table t (id int primary key, a text); create table u (id int primary key)");
        String small = "-Xmx130m";
        String config = DaemonProcess.config(Map.of("app", app), folder, "");
        String refused = "a row of 11 MB does not fit into the heap of ";
        String log;
        try (DaemonProcess daemon = new DaemonProcess(folder, config, Map.of(), small)) {
            daemon.awaitLine("capturing app from");
            app.run("insert into t values (1, repeat('x', 12000000))");
            assertThat(daemon.awaitEnd()).isEqualTo(ErrorCode.FAILED.exitCode());
            log = daemon.log();
        }
        assertThat(log).contains(refused).contains("a larger heap takes it (ROWBACK_JAVA_OPTS=-Xmx1g");
        String lsn = log.replaceFirst("(?s).*rowbackd skip (\\S+) gives this transaction up.*", "$1");
        assertThat(run(folder.resolve("rowback.toml"), "skip", lsn).out()).contains("gap recorded: ");
        try (DaemonProcess daemon = new DaemonProcess(folder, config, Map.of(), small)) {
            daemon.awaitLine("t is not covered: its baseline failed: " + refused);
            daemon.awaitLine("baseline of u complete");
            daemon.awaitLine("capturing app from");
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "rowback.nightly", matches = "true", disabledReason = "takes the server gigabytes")
    void rowOverTheServersLimitForAMessageIsNamedAndCanBeSkipped() throws Exception {
        Database app = server.createDatabase("too_large");
        app.run("create table t (id int primary key, a bytea, b bytea, c bytea, d bytea, e bytea, f bytea)");
        String lsn;
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
            // Small when stored, 600 MB as a row, which the server takes, and twice that as text.
            app.run("insert into t select 1, x, x, x, x, x, x from (select repeat('x', 100000000)::bytea x) large");
            RowbackException failure = capture.failure();
            assertThat(failure).hasMessageStartingWith("the server cannot decode the transaction that commits at LSN ");
            lsn = String.valueOf(failure.hint()).replaceFirst(".*rowbackd skip (\\S+) gives.*", "$1");
        }
        app.run("delete from t; insert into t values (2)");
        assertThat(run(config(app), "skip", lsn).out()).contains("gap recorded: ");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            assertThat(capture.baseline("t")).singleElement().asString().startsWith("2|");
            assertThat(gaps(capture)).hasSize(1);
        }
    }

    private static String undecodable(RowbackException failure) {
        String begin = "the server cannot decode the transaction that commits at LSN ";
        assertThat(failure).hasMessageStartingWith(begin).hasMessageContaining("invalid internal value for enum");
        String lsn =
                String.valueOf(failure.getMessage()).substring(begin.length()).split(":", 2)[0];
        assertThat(failure.hint()).contains("rowbackd skip " + lsn + " gives this transaction up");
        return lsn;
    }

    @Test
    void tablesAreReadAnewOnRequestWhileOnlyOneDaemonWrites() throws Exception {
        Database app = server.createDatabase("anew");
        app.run("create table t (id int primary key); create table \"Other\" (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(2);
            Path config = config(app);
            assertThat(run(config, "run").status()).isEqualTo(11);
            assertThat(run(config, "skip", "0/1").status()).isEqualTo(11);
            assertThat(run(config, "rebaseline", "none").err()).contains("the history has no table none");
            assertThat(run(config, "rebaseline", "t").out()).isEqualTo("t will be read anew\n");
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            assertThat(capture.table("Other").coverage()).hasSize(1);
            app.run("drop table t");
            RunningCapture.await(() -> capture.covered().equals(List.of("Other")));
            assertThat(run(config, "rebaseline").out()).isEqualTo("Other will be read anew\n");
            RunningCapture.await(() -> capture.table("Other").coverage().size() == 2);
            run(config, "rebaseline", "t");
            RunningCapture.await(
                    "what was asked for is let go", () -> requests().isEmpty());
        }
    }

    private List<String> requests() {
        String[] files = folder.resolve("app").toFile().list((store, name) -> name.startsWith("rebaseline-"));
        return List.of(Objects.requireNonNull(files));
    }

    @ParameterizedTest
    @CsvSource({
        "create table p (id int primary key) partition by range (id); create table t partition of p default;"
                + " create publication rowback for table p, table p",
        "create table t (id int primary key); create publication rowback for tables in schema public,"
                + " tables in schema public"
    })
    void publicationByRootOrBySchemaThatWasInterruptedIsNoticed(String setUp, String published) throws Exception {
        Database app = server.createDatabase("by_" + published.split(" ", 2)[0]);
        app.run(setUp);
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
        }
        app.run("alter publication rowback drop %s; insert into t values (1); alter publication rowback add %s"
                .formatted(published, published));
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            assertThat(capture.baseline("t")).containsExactly("1");
            assertThat(capture.changes("t")).isEmpty();
        }
    }

    @Test
    void tableThatWasNotPublishedWhileNobodyLookedIsReadAnew() throws Exception {
        Database app = server.createDatabase("republished");
        app.run("create table t (id int primary key); create table u (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(2);
            app.run("insert into t values (1)");
            capture.catchUp();
        }
        app.run(
                "alter publication rowback drop table t; insert into t values (2); alter publication rowback add table t;"
                        + " insert into t values (3)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            RunningCapture.await(() -> capture.table("t").coverage().size() == 2);
            capture.catchUp();
            assertThat(capture.baseline("t")).containsExactly("1", "2", "3");
            assertThat(capture.changes("t")).containsExactly("INSERT -> 1", "INSERT -> 3");
            assertThat(capture.table("t").holes(List.of()))
                    .as("the stretch that nobody saw")
                    .hasSize(1);
            assertThat(capture.table("u").coverage()).hasSize(1);
        }
    }

    @Test
    void anotherServerUnderTheSameAddressIsRefused() throws Exception {
        Database app = server.createDatabase("same");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
        }
        try (PostgresServer other = PostgresServer.start(18);
                RunningCapture capture = new RunningCapture(other.createDatabase("same"), folder)) {
            assertThat(capture.failure().code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(capture.failure()).hasMessageContaining("but this is database same of server");
        }
    }

    private static List<Gap> gaps(RunningCapture capture) {
        return capture.read(reader -> reader.info().gaps());
    }

    private static List<String> query(Database database, String sql) {
        try {
            return database.query(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Result(int status, String out, String err) {}

    private static Result run(Path config, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--config";
        all[arguments.length + 1] = config.toString();
        int status = Main.execute(all, new PrintWriter(out, true), new PrintWriter(err, true));
        return new Result(status, out.toString(), err.toString());
    }

    private Path config(Database database) throws IOException {
        return Files.writeString(
                folder.resolve("rowback.toml"),
                "[databases.app]\nurl = '" + database.url() + "'\nslot = 'rowback_" + database.name()
                        + "'\n[store]\ndir = '" + folder + "'\n[http]\nlisten = ''\n");
    }
}
