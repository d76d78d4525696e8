package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Annotation;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** The script that an operator may install, as it is shipped. */
class AnnotateScriptIT {
    private static final Path SHARE = Path.of("../deploy/src/main/share");
    private static final Map<Integer, PostgresServer> SERVERS = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    @AfterAll
    static void stopServers() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest
    @OnServers
    void whoRanWhatIsToldOnceATransactionAndStatement(int major) throws Exception {
        Database owner = database(major, "statements");
        owner.run("create table users (id int primary key, plan text);"
                + "create table notes (id int primary key, user_id int references users on delete cascade);"
                + "create table parts (id int primary key) partition by range (id);"
                + "create table part_1 partition of parts for values from (0) to (10);"
                + "insert into users select n, 'free' from generate_series(1, 20) n;"
                + "insert into notes select n, n from generate_series(1, 20) n");
        Database application = ordinaryRole(owner);
        try (RunningCapture capture = new RunningCapture(owner, folder).covering(3)) {
            run(owner, "annotate.sql");
            application.run("begin; set application_name = 'it''s';update users set plan = 'a' where id = 1;"
                    + "update users set plan = 'a' where id = 1;update users set plan = 'b' where id = 2;"
                    + "savepoint s; update users set plan = 'c' where id = 3; rollback to s;"
                    + "delete from users where id = 4; commit");
            application.run("update users set plan = 'none' where id = 99");
            application.run("insert into parts values (1)");
            capture.catchUp();

            List<Transaction> transactions = annotated(capture);
            assertThat(transactions).hasSize(2);
            assertThat(notes(transactions.get(0), "sql"))
                    .containsExactly(
                            "update users set plan = 'a' where id = 1",
                            "update users set plan = 'b' where id = 2",
                            "delete from users where id = 4");
            assertThat(notes(transactions.get(0), "user")).containsOnly(application.user());
            assertThat(notes(transactions.get(0), "application")).containsOnly("it's");
            assertThat(notes(transactions.get(0), "client")).containsOnly("127.0.0.1");
            assertThat(notes(transactions.get(0), "role")).containsOnly("null");
            assertThat(notes(transactions.get(1), "sql")).containsExactly("insert into parts values (1)");
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void statementsAreToldUpToALimit(int major) throws Exception {
        Database owner = database(major, "limit");
        owner.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(owner, folder).covering(1)) {
            run(owner, "annotate.sql");
            StringBuilder script = new StringBuilder("begin;");
            for (int i = 0; i < 200; i++) {
                script.append("insert into t values (").append(i).append(");");
            }
            owner.run(script + "commit");
            owner.run("insert into t select n from generate_series(1000, 3000) n where '" + "x".repeat(100_000)
                    + "' <> ''");
            capture.catchUp();

            assertThat(annotated(capture).get(0).annotations()).hasSizeBetween(30, 50);
            assertThat(notes(annotated(capture).get(1), "sql"))
                    .singleElement()
                    .asString()
                    .hasSize(2_000);
        }
    }

    @ParameterizedTest
    @OnServers
    void nothingOfTheCallersIsRun(int major) throws Exception {
        Database owner = database(major, "search_path");
        owner.run("create table t (id int primary key)");
        Database application = ordinaryRole(owner);
        owner.run("grant create on database " + owner.name() + " to " + application.user());
        StringBuilder trap = new StringBuilder("create schema trap; set search_path = trap, pg_catalog;"
                + "create function trap.sprung() returns text language plpgsql as"
                + " $$begin raise 'sprung'; end$$;");
        for (String function : List.of(
                "current_query()",
                "pg_current_xact_id_if_assigned()",
                "hashtext(text)",
                "length(text)",
                "strpos(text, text)",
                "current_setting(text)",
                "inet_client_addr()")) {
            trap.append("create function trap.")
                    .append(function)
                    .append(" returns text language sql as 'select trap.sprung()';");
        }
        trap.append("create function trap.concat(text, text) returns text language sql as 'select trap.sprung()';")
                .append("create operator trap.|| (leftarg = text, rightarg = text, function = trap.concat);");
        try (RunningCapture capture = new RunningCapture(owner, folder).covering(1)) {
            run(owner, "annotate.sql");
            application.run(trap + "insert into public.t values (1); create table trap.t2 (id int primary key)");
            capture.catchUp();

            assertThat(annotated(capture))
                    .anySatisfy(transaction ->
                            assertThat(notes(transaction, "sql")).containsExactly("insert into public.t values (1)"))
                    .anySatisfy(transaction ->
                            assertThat(notes(transaction, "object")).contains("table trap.t2"));
        }
    }

    @ParameterizedTest
    @OnServers
    void ddlIsToldWithItsObjectAndItsTable(int major) throws Exception {
        Database owner = database(major, "ddl");
        owner.run("create table t (id int primary key, a int); insert into t values (1, 1)");
        String oid = owner.query("select 't'::regclass::oid").get(0);
        try (RunningCapture capture = new RunningCapture(owner, folder).covering(1)) {
            run(owner, "annotate.sql");
            owner.run("create index i on t (a)");
            owner.run("alter table t alter a type bigint");
            owner.run("alter table t drop column a");
            owner.run("create temp table scratch (id int); drop table scratch");
            owner.run("begin; alter table t add b int; rollback");
            owner.run("create schema s; create table s.\"odd\nname\" (id int); drop schema s cascade");
            owner.run("drop table t");
            capture.catchUp();

            List<Annotation> ddl = annotated(capture).stream()
                    .flatMap(transaction -> transaction.annotations().stream())
                    .map(Annotation::of)
                    .toList();
            assertThat(ddl)
                    .extracting(note ->
                            note.fields().get("ddl") + ": " + note.fields().get("object"))
                    .containsSubsequence(
                            "CREATE INDEX: index public.i",
                            "ALTER TABLE: table public.t",
                            "ALTER TABLE: table public.t",
                            "ALTER TABLE (dropped): table column public.t.a",
                            "ALTER TABLE: table public.t",
                            "CREATE SCHEMA: schema s",
                            "CREATE TABLE: table s.\"odd\nname\"",
                            "DROP SCHEMA (dropped): schema s",
                            "DROP SCHEMA (dropped): table s.\"odd\nname\"",
                            "DROP TABLE (dropped): table public.t")
                    .noneMatch(line -> line.contains("scratch"));
            assertThat(ddl)
                    .filteredOn(note -> oid.equals(note.fields().get("table")))
                    .hasSize(6);
            List<String> ofTable = capture.read(reader -> {
                TableId id = new TableId(Integer.parseUnsignedInt(oid));
                try (Stream<Transaction> definitions = reader.definitions(id, Lsn.ZERO, Lsn.MAX)) {
                    return definitions
                            .map(transaction -> notes(transaction, "sql").get(0))
                            .toList();
                }
            });
            assertThat(ofTable)
                    .containsExactly(
                            "create index i on t (a)",
                            "alter table t alter a type bigint",
                            "alter table t drop column a",
                            "drop table t");
            assertThat(ddl)
                    .filteredOn(note -> note.fields().containsKey("rewrites"))
                    .singleElement()
                    .satisfies(note -> assertThat(note.fields())
                            .containsEntry("rewrites", "type of a column")
                            .containsEntry("sql", "alter table t alter a type bigint"));
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void applicationWorksWithoutDaemonAndWhenAllIsRemovedAgain(int major) throws Exception {
        Database owner = database(major, "removed");
        String objects = "select (select count(*) from pg_trigger), (select count(*) from pg_proc),"
                + " (select count(*) from pg_event_trigger), (select count(*) from pg_namespace)";
        owner.run("create table t (id int primary key); create publication rowback for table t");
        Database application = ordinaryRole(owner);
        List<String> before = owner.query(objects);
        run(owner, "annotate.sql");
        run(owner, "annotate.sql");
        assertThat(owner.query("select count(*) from pg_trigger where tgname = 'rowback_annotate'"))
                .containsExactly("1");

        application.run("insert into t values (1); truncate t");
        run(owner, "annotate-remove.sql");
        run(owner, "annotate-remove.sql");
        application.run("insert into t values (1)");

        assertThat(owner.query(objects)).isEqualTo(before);
    }

    private static List<Transaction> annotated(RunningCapture capture) {
        return capture.transactions().stream()
                .filter(transaction -> !transaction.annotations().isEmpty())
                .toList();
    }

    private static List<String> notes(Transaction transaction, String field) {
        return transaction.annotations().stream()
                .map(note -> String.valueOf(Annotation.of(note).fields().get(field)))
                .toList();
    }

    @ParameterizedTest
    @OnServers(18)
    void scriptRefusesWhatWouldEndangerTheApplication(int major) throws Exception {
        Database owner = database(major, "refused");
        owner.run("create table t (id int primary key); create publication rowback for table t");
        String emit = owner.query("select oid::regprocedure::text from pg_proc"
                        + " where proname = 'pg_logical_emit_message' and proargtypes[2] = 'text'::regtype")
                .get(0);
        owner.run("revoke execute on function " + emit + " from public");
        assertThatThrownBy(() -> run(owner, "annotate.sql"))
                .hasMessageContaining("PUBLIC may not execute pg_logical_emit_message");
        owner.run("grant execute on function " + emit + " to public");

        Database application = ordinaryRole(owner);
        owner.run("create schema rowback; create function rowback.annotate() returns trigger language plpgsql"
                + " as 'begin return null; end'; alter function rowback.annotate() owner to " + application.user());
        assertThatThrownBy(() -> run(owner, "annotate.sql")).hasMessageContaining("belongs to somebody else");
        assertThat(owner.query("select tgname from pg_trigger where tgname = 'rowback_annotate'"))
                .isEmpty();
    }

    private static void run(Database database, String script) throws IOException, SQLException {
        database.run(Files.readString(SHARE.resolve(script)));
    }

    /** A role with no more rights than an application needs. */
    private static Database ordinaryRole(Database owner) throws SQLException {
        String role = owner.name() + "_application";
        owner.run("create role " + role + " login; grant all on all tables in schema public to " + role);
        return owner.as(role);
    }

    private static Database database(int major, String name) throws SQLException {
        PostgresServer server = SERVERS.computeIfAbsent(major, version -> PostgresServer.version(version)
                .setting("max_replication_slots", "50")
                .start());
        return server.createDatabase(name);
    }
}
