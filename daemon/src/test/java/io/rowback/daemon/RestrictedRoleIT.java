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
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** What an operator meets whose role owns nothing; but for the set-up, on the oldest server there is. */
class RestrictedRoleIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(14);

    @TempDir
    Path folder;

    @ParameterizedTest
    @OnServers
    void setupSqlIsAllThatARoleWithoutAnyOtherPrivilegeNeeds(int major) throws Exception {
        if (major == server.major()) {
            setUpAndCapture(server);
        } else {
            try (PostgresServer other = PostgresServer.start(major)) {
                setUpAndCapture(other);
            }
        }
    }

    /** As the README tells a DBA: printed and run, and once more when the role is there. */
    private void setUpAndCapture(PostgresServer on) throws Exception {
        Database app = on.createDatabase("twice");
        app.run("create table t (id serial primary key, a text, big text generated always as (a || a) stored);"
                + " create table nothing (id int primary key); alter table nothing replica identity nothing;"
                + " create table parts (id int primary key) partition by range (id);"
                + " create table part partition of parts for values from (0) to (10); insert into t (a) values ('x');"
                + " create schema hidden; create table hidden.secret (id int primary key)");
        Database role = app.as("newcomer");

        Result first = run("setup-sql", role);
        assertThat(first.out())
                .contains("CREATE ROLE newcomer", "-- GRANT rds_replication TO newcomer;")
                .contains("what the role is to read is granted for each")
                .doesNotContain("\nCREATE PUBLICATION", "\nGRANT pg_read_all_data");
        app.run(first.out());
        Result second = run("setup-sql", role);
        assertThat(second.out())
                .doesNotContain("CREATE ROLE")
                .contains("\n-- ALTER TABLE public.nothing REPLICA IDENTITY FULL;");
        app.run(second.out());

        // It reads what it captures and nothing else, which is all that a third print has to say.
        assertThat(
                        app.query(
                                "select has_table_privilege('newcomer', t, 'select') from unnest('{t,part,hidden.secret}'::text[]) t"))
                .containsExactly("t", "t", "f");
        // Not even what it has, which a DBA who is no superuser may not give.
        assertThat(run("setup-sql", role).out())
                .contains("GRANT CONNECT")
                .doesNotContain("ALTER ROLE", "rds_replication", "GRANT SELECT", "GRANT USAGE");
        assertThat(app.query("select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls from pg_roles"
                        + " where rolname = 'newcomer'"))
                .containsExactly("f|f|f|f");
        assertThat(run("check", role).status()).isZero();
        try (RunningCapture capture = new RunningCapture(app, role, folder, Map.of())) {
            capture.covering(2);
            app.run("update t set a = 'y'; insert into parts values (1)");
            capture.catchUp();
            assertThat(capture.changes("t")).hasSize(1);
            assertThat(capture.changes("part")).containsExactly("INSERT -> 1");
        }
    }

    @Test
    void roleThatIsThereIsNotCreatedAnewBecauseSomethingIsLocked() throws Exception {
        Database app = server.createDatabase("locking");
        app.run("create sequence busy");
        try (Connection other = app.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("alter sequence busy restart");

            Result setup = run("setup-sql", app);

            assertThat(setup.status()).isNotZero();
            assertThat(setup.out()).isEmpty();
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

        assertThat(run("setup-sql", role).out()).contains("\n-- ALTER ROLE reader BYPASSRLS;");
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
                .containsSubsequence(
                        "fail  connecting to nobody@127.0.0.1:1/nowhere failed",
                        "ok    the store's disk has room for",
                        "near: ",
                        "ok    wal_level is logical");
    }

    private record Result(int status, String out) {}

    private Result run(String command, Database database) throws IOException {
        Path config = folder.resolve("rowback.toml");
        String keys = "url = '" + database.url() + "'\nexclude = ['hidden.*']\n";
        return run(command, Files.writeString(config, "[databases.app]\n" + keys));
    }

    private static Result run(String command, Path config) {
        StringWriter out = new StringWriter();
        String[] arguments = {command, "--config", config.toString()};
        int status = Main.execute(arguments, new PrintWriter(out, true), new PrintWriter(new StringWriter(), true));
        return new Result(status, out.toString());
    }
}
