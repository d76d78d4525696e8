package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator meets whose role owns nothing, on the oldest server there is. */
class RestrictedRoleIT {
    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start(14);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void setupSqlIsPrintedTwiceAndRunEachTime() throws Exception {
        Database app = server.createDatabase("twice");
        app.run("create table t (id int primary key); create table nothing (id int primary key);"
                + " alter table nothing replica identity nothing");
        Database role = app.as("newcomer");

        Result first = run("setup-sql", role);
        assertThat(first.out()).contains("CREATE ROLE newcomer").doesNotContain("\nCREATE PUBLICATION");
        app.run(first.out());
        Result second = run("setup-sql", role);
        assertThat(second.out())
                .doesNotContain("CREATE ROLE")
                .contains("\n-- ALTER TABLE public.nothing REPLICA IDENTITY FULL;");
        app.run(second.out());

        assertThat(run("check", role).status()).isZero();
        try (RunningCapture capture = new RunningCapture(app, role, folder, Map.of())) {
            capture.covering(1);
        }
    }

    @Test
    void nameWithALineEndDoesNotBreakOutOfAComment() throws Exception {
        Database app = server.createDatabase("breaking_out");
        app.run("create table \"t\ncreate table owned (); --\" (a int)");

        app.run(run("setup-sql", app).out());

        assertThat(app.query("select count(*) from pg_class where relname = 'owned'"))
                .containsExactly("0");
        assertThat(run("check", app).out()).contains("t\\ncreate table owned (); -- is not covered");
    }

    @Test
    void rowSecurityIsFoundBeforeItHidesRows() throws Exception {
        Database app = server.createDatabase("hiding");
        app.run("create table t (id int primary key); alter table t enable row level security;"
                + " insert into t values (1); create role reader login replication;"
                + " grant pg_read_all_data to reader; create publication rowback for table only t");
        Database role = app.as("reader");

        assertThat(run("check", role).out())
                .contains("t is not covered: row-level security hides rows of it from role reader"
                        + "  ->  ALTER ROLE reader BYPASSRLS;");
        app.run("alter role reader bypassrls");
        assertThat(run("check", role).out()).doesNotContain("row-level");
        try (RunningCapture capture = new RunningCapture(app, role, folder, Map.of())) {
            capture.covering(1);
            assertThat(capture.baseline("t")).containsExactly("1");
        }
    }

    @Test
    void tableWhoseUpdatesFailIsToldWithTheSqlThatHelps() throws Exception {
        Database app = server.createDatabase("keyless");
        app.run("create table t (id int primary key); create publication rowback for table only t;"
                + " alter table t drop constraint t_pkey");

        assertThat(run("check", app).out())
                .contains("while publication rowback lists it the application's UPDATE and DELETE of it may fail"
                        + "  ->  ALTER PUBLICATION rowback DROP TABLE ONLY public.t;");
        app.run("alter publication rowback drop table only public.t");
        assertThat(run("check", app).out()).contains("->  ALTER TABLE public.t REPLICA IDENTITY FULL;");
    }

    @Test
    void oneDatabaseOutOfReachDoesNotKeepTheOthersFromBeingLookedAt() throws Exception {
        Database app = server.createDatabase("within_reach");
        Path config = Files.writeString(
                folder.resolve("two.toml"),
                "[databases.far]\nurl = '" + new Database(1, "nobody", "nowhere").url() + "'\n[databases.near]\nurl = '"
                        + app.url() + "'\n");

        Result check = run("check", config);

        assertThat(check.status()).isEqualTo(13);
        assertThat(check.out())
                .contains("fail  connecting to nobody@127.0.0.1:1/nowhere failed")
                .contains("ok    wal_level is logical");
    }

    private record Result(int status, String out) {}

    private Result run(String command, Database database) throws IOException {
        Path config = folder.resolve("rowback.toml");
        return run(command, Files.writeString(config, "[databases.app]\nurl = '" + database.url() + "'\n"));
    }

    private static Result run(String command, Path config) {
        StringWriter out = new StringWriter();
        String[] arguments = {command, "--config", config.toString()};
        int status = Main.execute(arguments, new PrintWriter(out, true), new PrintWriter(new StringWriter(), true));
        return new Result(status, out.toString());
    }
}
