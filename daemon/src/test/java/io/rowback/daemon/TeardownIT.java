package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;

/** Giving a database up leaves nothing on its server that costs anything, and nothing is taken away that may be another's. */
@ParameterizedClass
@OnServers(14)
class TeardownIT {
    private static final Map<String, String> SLOT = Map.of("ROWBACK_DATABASES_APP_SLOT", "rowback_app");

    private static final String LEFT =
            "select (select count(*) from pg_replication_slots where database = current_database()),"
                    + " (select count(*) from pg_publication),"
                    + " (select string_agg(relname || relreplident::text, ' ' order by relname) from pg_class"
                    + "   where relkind = 'r' and relnamespace = 'public'::regnamespace)";

    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @Parameter
    int version;

    @TempDir
    Path folder;

    @BeforeParameterizedClassInvocation
    static void startServer(int version) {
        server = PostgresServer.start(version);
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        server.close();
    }

    private record Result(int status, String out, String err) {}

    @Test
    void whatTheHistorySawChangeIsSetBackAndTheRestIsLeftToAPerson() throws Exception {
        Database app = captured("all");
        Path store = folder.resolve("app");
        app.run("alter publication rowback drop table switched; create table later (id int primary key);"
                + " alter table later replica identity full");

        Result printed = teardown(app);
        assertThat(printed.status()).isZero();
        assertThat(printed.out().lines().filter(line -> !line.startsWith("--")))
                .containsExactly(
                        "SELECT pg_catalog.pg_drop_replication_slot('rowback_app');",
                        "DROP PUBLICATION rowback;",
                        "ALTER TABLE public.switched REPLICA IDENTITY DEFAULT;");
        assertThat(printed.out())
                .contains("\n-- ALTER TABLE public.always REPLICA IDENTITY DEFAULT; -- if FULL was set for Rowback")
                .contains(
                        "\n-- ALTER TABLE public.shared REPLICA IDENTITY DEFAULT; -- unless readers of publication other")
                .contains("rm -r " + store)
                .doesNotContain("annotate", "later");
        assertThat(run(app, folder.resolve("elsewhere")).out())
                .contains("\n-- ALTER TABLE public.always REPLICA IDENTITY DEFAULT; -- if FULL was set for Rowback");
        assertThat(run(new Database(1, "nobody", "nowhere"), folder).out())
                .contains("\nALTER TABLE public.switched REPLICA IDENTITY DEFAULT;\n");
        assertThat(app.query(LEFT)).containsExactly("1|2|alwaysf laterf plaind sharedf switchedf");

        try (Connection other = app.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("lock table switched");
            Result left = teardown(app, "--yes");
            assertThat(left.status()).isEqualTo(3);
            assertThat(left.out()).contains("""
                            -- left, ERROR: canceling statement due to lock timeout:
                            ALTER TABLE public.switched REPLICA IDENTITY DEFAULT;
                            """);
        }
        Result done = teardown(app, "--yes");
        assertThat(done.status()).isEqualTo(3);
        assertThat(app.query(LEFT)).containsExactly("0|1|alwaysf laterf plaind sharedf switchedd");
        assertThat(store).isNotEmptyDirectory();

        app.run(
                "drop publication other; alter table always replica identity default; alter table shared replica identity default");
        assertThat(teardown(app, "--yes").status()).isZero();
    }

    @Test
    void sqlThatIsPrintedIsWhatTheServerTakes() throws Exception {
        Database app = captured("printed");

        app.run("create schema rowback; create function rowback.annotate() returns int language sql as 'select 1'");
        Result printed = teardown(app);
        assertThat(printed.out()).contains("psql -X -v ON_ERROR_STOP=1 -f share/annotate-remove.sql printed");

        app.run(printed.out());

        assertThat(app.query(LEFT)).containsExactly("0|1|alwaysf plaind sharedf switchedd");
    }

    @Test
    void nothingIsTakenFromUnderADaemonThatRuns() throws Exception {
        Database app = server.createDatabase("running");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, app, folder, SLOT)) {
            capture.covering(1);
            assertThat(teardown(app, "--yes").status()).isEqualTo(11);
            assertThat(teardown(app).status()).isZero();
            // The same slot, seen from where the store is not.
            Result elsewhere = run(app, folder.resolve("elsewhere"), "--yes");
            assertThat(elsewhere.status()).isEqualTo(4);
            assertThat(elsewhere.err()).contains("the slot rowback_app is read by server process");
            app.run("insert into t values (1)");
            assertThat(capture.catchUp().changes("t")).containsExactly("INSERT -> 1");
        }
        assertThat(teardown(app, "--yes").status()).isZero();
    }

    @Test
    void roleThatMayNotLeavesTheRestAsSql() throws Exception {
        Database app = server.createDatabase("restricted");
        app.run("create table t (id int primary key); create role modest login replication;"
                + " create publication rowback for table only t;"
                + " select pg_create_logical_replication_slot('rowback_app', 'pgoutput')");

        Result left = teardown(app.as("modest"), "--yes");

        assertThat(left.status()).isEqualTo(3);
        assertThat(left.out())
                .contains("-- done: SELECT pg_catalog.pg_drop_replication_slot('rowback_app');")
                .contains("-- left, ERROR: must be owner of publication rowback:\nDROP PUBLICATION rowback;\n");
        app.run(left.out());
        assertThat(app.query(LEFT)).containsExactly("0|0|td");
    }

    @Test
    void publicationThatAnotherSlotMayReadIsLeft() throws Exception {
        Database app = server.createDatabase("shared_publication");
        app.run("create table t (id int primary key); create publication rowback for table only t;"
                + " select pg_create_logical_replication_slot('other_reader', 'pgoutput');"
                + " select pg_create_logical_replication_slot('rowback_app', 'test_decoding')");
        try {
            Result done = teardown(app, "--yes");
            assertThat(done.status()).isEqualTo(3);
            assertThat(done.out()).contains("-- DROP PUBLICATION rowback; -- unless it is read through other_reader");
            assertThat(app.query(LEFT)).containsExactly("2|1|td");
        } finally {
            app.run("select pg_drop_replication_slot('other_reader'); select pg_drop_replication_slot('rowback_app')");
        }
    }

    @Test
    void slotsThatCannotReadThePublicationAreNeitherDroppedNorInItsWay() throws Exception {
        Database neighbour = server.createDatabase("neighbour");
        neighbour.run("select pg_create_logical_replication_slot(name, 'pgoutput')"
                + " from unnest('{rowback_app,other_reader}'::text[]) name");
        Database app = server.createDatabase("beside");
        app.run("create table t (id int primary key); create publication rowback for table only t;"
                + " select pg_create_logical_replication_slot('decoding', 'test_decoding')");
        try (Connection connection = app.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("select pg_create_logical_replication_slot('passing', 'pgoutput', true)");
            assertThat(teardown(app).out().lines().filter(line -> !line.startsWith("--")))
                    .containsExactly("DROP PUBLICATION rowback;");
        } finally {
            neighbour.run("select pg_drop_replication_slot(slot_name) from pg_replication_slots where not temporary");
        }
    }

    @Test
    void serverOutOfReachIsToldWhatToRunLater() throws Exception {
        Result told = run(new Database(1, "nobody", "nowhere"), folder, "--yes");
        assertThat(told.status()).isEqualTo(13);
        assertThat(told.out())
                .contains("SELECT pg_catalog.pg_drop_replication_slot('rowback_app');\nDROP PUBLICATION rowback;\n");
        assertThat(told.err()).startsWith("error: asking nobody@127.0.0.1:1/nowhere failed");
    }

    /** A database whose history saw the identity of one table change. */
    private Database captured(String name) throws Exception {
        Database app = server.createDatabase(name);
        app.run("create table plain (id int primary key); create table switched (id int primary key);"
                + " create table always (a int); alter table always replica identity full;"
                + " create table shared (id int primary key); create publication other for table shared");
        try (RunningCapture capture = new RunningCapture(app, app, folder, SLOT)) {
            capture.covering(4);
            app.run("alter table switched replica identity full; alter table shared replica identity full;"
                    + " insert into switched values (1); insert into shared values (1)");
            capture.catchUp();
        }
        return app;
    }

    private Result teardown(Database app, String... options) throws IOException {
        return run(app, folder, options);
    }

    private Result run(Database app, Path stores, String... options) throws IOException {
        Path config = Files.writeString(
                folder.resolve("rowback.toml"),
                "[store]\ndir = '" + stores + "'\n[databases.app]\nurl = '" + app.url() + "'\n");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> arguments = Stream.concat(Stream.of("teardown", "--config", config.toString()), Stream.of(options))
                .toList();
        int status =
                Main.execute(arguments.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
        return new Result(status, out.toString(), err.toString());
    }
}
