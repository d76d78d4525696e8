package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.ErrorCode;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code rowbackd check} tells beside what keeps capture from running. */
@ParameterizedClass
@OnServers(18)
class CheckIT {
    private static final Pattern ADDS =
            Pattern.compile("adds? about (\\d+) bytes of log to an UPDATE and (\\d+) bytes");

    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @Parameter
    int version;

    @TempDir
    Path folder;

    private String storeKeys = "";
    private int status;

    @BeforeParameterizedClassInvocation
    static void startServer(int version) {
        // So that nothing but the test writes, and the log holds no images of whole pages.
        PostgresServer.Builder settings = PostgresServer.version(version)
                .setting("autovacuum", "off")
                .setting("full_page_writes", "off")
                .setting("max_slot_wal_keep_size", "64MB")
                .setting("wal_sender_timeout", "0");
        server = (version < 18 ? settings : settings.setting("idle_replication_slot_timeout", "2d")).start();
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        server.close();
    }

    @Test
    void itChangesNothing() throws Exception {
        Database app = server.createDatabase("unchanged");
        app.run("create table p (id int primary key); create table c (id int references p); create sequence s");
        String state = "select pg_snapshot_xmax(pg_current_snapshot()), (select count(*) from pg_replication_slots),"
                + " (select count(*) from pg_publication)";
        List<String> before = app.query(state);

        assertThat(check(app)).anySatisfy(line -> assertThat(line).startsWith("ok    the server's clock"));

        assertThat(app.query(state)).isEqualTo(before);
        assertThat(folder.resolve("store")).doesNotExist();
    }

    @Test
    void settingsThatEndangerTheSlotAreWarnedOfWithTheSqlThatMendsThem() throws Exception {
        Database app = server.createDatabase("habits");
        List<String> lines = check(app);

        assertThat(lines)
                .contains("ok    max_slot_wal_keep_size is 64MB")
                .anySatisfy(line -> assertThat(line)
                        .startsWith("warn  wal_sender_timeout is off")
                        .endsWith("ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();"))
                .anySatisfy(line -> assertThat(line).startsWith("warn  role postgres is a superuser"))
                .contains("ok    the connection is not encrypted, but stays on this machine");
        assertThat(lines.stream().filter(line -> line.startsWith("warn  idle_replication_slot_timeout is 2d")))
                .hasSize(version < 18 ? 0 : 1);
    }

    @Test
    void whatCannotBeCapturedIsToldAndRefused() throws Exception {
        try (PostgresServer small = PostgresServer.version(version)
                .setting("max_replication_slots", "1")
                .start()) {
            small.database().run("create database ascii encoding 'SQL_ASCII' locale 'C' template template0");
            Database app = new Database(small.port(), "postgres", "ascii");
            app.run("create table t (id int primary key);"
                    + " create publication rowback for table only t with (publish = 'insert, update, delete')");

            assertThat(check(app))
                    .contains(
                            "fail  encoding is SQL_ASCII, which does not say what its bytes mean: UTF8 or another is needed"
                                    + "  ->  CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8';"
                                    + " -- then load a dump into it that pg_dump --encoding makes of this one",
                            "fail  max_replication_slots leaves room for 1, 2 are needed"
                                    + "  ->  ALTER SYSTEM SET max_replication_slots = 2; -- then restart the server",
                            "fail  publication rowback publishes every operation: no"
                                    + "  ->  ALTER PUBLICATION rowback SET (publish = 'insert, update, delete, truncate');");
            assertRefused(app, "encoding is SQL_ASCII");

            small.stop(PostgresServer.Shutdown.FAST);
            try (PostgresServer standby = small.startCopy("standby.signal", Map.of())) {
                Database copy = small.database().at(standby.port());
                assertThat(check(copy))
                        .contains("fail  the server is a primary: no, it is a standby"
                                + "  ->  the primary's address in databases.app.url");
            }
        }
    }

    private void assertRefused(Database app, String reason) {
        try (RunningCapture capture = new RunningCapture(app, folder.resolve("store"))) {
            assertThat(capture.failure().code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(capture.failure()).hasMessageContaining(reason);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "external"})
    void costOfIdentityFullIsWhatTheServerLogs(String storage) throws Exception {
        Database app = server.createDatabase("cost_" + storage);
        app.run("create table t (id bigint primary key, n int, a text, b text, c timestamptz);"
                + " alter table t alter b set storage " + storage + ";"
                + " insert into t select g, 0, 'name ' || g, case when g % 2 = 0 then repeat('x', "
                + (storage.equals("plain") ? 100 : 4000)
                + ") end, now() from generate_series(1, 2000) g; vacuum analyze t");
        double without = logged(app, "update t set n = n + 1");
        app.run("alter table t replica identity full");
        double with = logged(app, "update t set n = n + 1");

        String line = check(app).stream()
                .filter(found -> found.contains("t: its key is enough"))
                .findFirst()
                .orElseThrow();

        assertThat(line).startsWith("ok  ").endsWith("  ->  ALTER TABLE public.t REPLICA IDENTITY DEFAULT;");
        Matcher told = ADDS.matcher(line.replaceAll("(\\d)\\.(\\d) kB", "$1$200 bytes"));
        assertThat(told.find()).as(line).isTrue();
        double perRow = (with - without) / 2000;
        assertThat(Double.parseDouble(told.group(1))).isBetween(0.7 * perRow, 1.4 * perRow);
        app.run("alter table t replica identity default");
        assertThat(check(app)).anySatisfy(found -> assertThat(found).startsWith("ok    t: FULL would add about"));
    }

    @Test
    void tablesWithoutAKeyAndThoseThatReferToCapturedOnesAreNamed() throws Exception {
        Database app = server.createDatabase("related");
        app.run("create table p (id int primary key); create table kept (id int primary key references p);"
                + " create table left_out (id int primary key, p int references p on delete cascade);"
                + " create table parts (id int primary key) partition by range (id);"
                + " create table part1 partition of parts for values from (0) to (10);"
                + " create table left_too (id int primary key, part int references parts on delete set null);"
                + " create table equals (a int); alter table equals replica identity full");

        List<String> lines = check(app, "exclude = ['public.left*']\n");

        assertThat(lines.stream().filter(line -> line.contains("refers to")))
                .hasSize(2)
                .anySatisfy(line -> assertThat(line)
                        .startsWith(
                                "warn  left_out refers to p (left_out_p_fkey, ON DELETE CASCADE) and is not captured")
                        .endsWith("add it to databases.app.include or take it out of databases.app.exclude"))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("warn  left_too refers to parts (left_too_part_fkey, ON DELETE SET NULL)"));
        // One statement: pasted as it stands it must not leave the table without an identity.
        assertThat(lines).anySatisfy(line -> assertThat(line)
                .startsWith("warn  equals has no key, so equal rows are counted, and restored in their number;")
                .endsWith("  ->  ALTER TABLE public.equals ADD PRIMARY KEY (...), REPLICA IDENTITY DEFAULT;"));
        app.run("ALTER TABLE public.equals ADD PRIMARY KEY (a), REPLICA IDENTITY DEFAULT;");
    }

    @Test
    void tablesThatArePublishedAndLeftOutAreToldOnceWithTheSqlThatTakesThemOut() throws Exception {
        Database app = server.createDatabase("drifted");
        app.run("create table kept (id int primary key); create table left1 (id int primary key);"
                + " create table \"Left 2\" (id int primary key); create table left3 (id int primary key);"
                + " create publication rowback for table only kept, only left1, only \"Left 2\""
                + publishingAll());
        String leftOut = "exclude = ['public.left*', 'public.Left*']\n";
        String drop = "ALTER PUBLICATION rowback DROP TABLE ONLY public.\"Left 2\", ONLY public.left1;";

        assertThat(check(app, leftOut))
                .filteredOn(line -> line.contains("left1"))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("warn  publication rowback lists 2 tables that the configuration leaves out")
                        .endsWith("  ->  " + drop));
        app.run(drop);
        assertThat(check(app, leftOut)).noneMatch(line -> line.contains("leaves out"));
    }

    @Test
    void whatFailsOrIsAtRiskIsToldWithWhatMendsIt() throws Exception {
        server.database()
                .run("create database ascii template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'");
        Database app = new Database(server.port(), "postgres", "ascii");
        app.run("create table part (id int primary key); create publication rowback for table only part"
                + (version < 15 ? "" : " where (id > 0)") + publishingAll());
        server.database().run("select pg_create_logical_replication_slot('rowback_app', 'pgoutput')");
        try {
            List<String> lines = check(app);

            assertThat(lines)
                    .filteredOn(line -> line.matches("(warn|fail) .*"))
                    .allMatch(line -> line.contains("  ->  "));
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line).startsWith("fail  encoding is SQL_ASCII"))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("fail  slot rowback_app belongs to plugin pgoutput and database postgres")
                            .endsWith("  ->  another name in databases.app.slot"))
                    // It is somebody else's.
                    .noneMatch(line -> line.contains("pg_drop_replication_slot"));
            List<String> narrowed = lines.stream()
                    .filter(line -> line.contains("leaves out some of its rows"))
                    .toList();
            assertThat(narrowed).hasSize(version < 15 ? 0 : 1);
            for (String line : narrowed) {
                app.run(line.substring(line.indexOf("->") + 2));
            }
            assertThat(check(app)).noneMatch(line -> line.contains("is not covered"));
        } finally {
            server.database().run("select pg_drop_replication_slot('rowback_app')");
        }
    }

    @Test
    void slotThatNobodyReadsIsToldWithTheRoomThatIsLeft() throws Exception {
        Database app = server.createDatabase("unread");
        app.run("create table t (id int primary key); create publication rowback for table only t;"
                + " select pg_create_logical_replication_slot('rowback_app', 'pgoutput')");
        try {
            assertThat(check(app))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("warn  nobody reads the slot")
                            .endsWith("SELECT pg_drop_replication_slot('rowback_app');"))
                    .anySatisfy(line -> assertThat(line).matches("ok    the slot is lost after \\d+ MB more of log"));
            app.run("create table big (a text); insert into big select repeat(md5(g::text), 250)"
                    + " from generate_series(1, 1000) g; alter table big alter a set storage external;"
                    + " insert into big select repeat(md5(g::text), 250) from generate_series(1, 7900) g");
            assertThat(check(app)).anySatisfy(line -> assertThat(line)
                    .startsWith("warn  the slot is lost after")
                    .endsWith("ALTER SYSTEM SET max_slot_wal_keep_size = '128MB'; SELECT pg_reload_conf();"));
        } finally {
            app.run("select pg_drop_replication_slot('rowback_app')");
        }
    }

    @Test
    void roomOnBothDisksIsToldWhereItCanBeKnown() throws Exception {
        Database app = server.createDatabase("room");
        app.run("create role reader login replication");
        assertThat(check(app))
                .anySatisfy(line -> assertThat(line).contains("the server's disk has room for"))
                .anySatisfy(line -> assertThat(line).contains("the store's disk has room for"))
                .anySatisfy(line -> assertThat(line)
                        .contains("of log since")
                        .endsWith("too short a time to tell how much it writes a day"));
        // To whom the server does not tell where its data is.
        assertThat(check(app.as("reader")))
                .anySatisfy(line -> assertThat(line).startsWith("ok    the room on the server's disk cannot be told"));
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder.resolve("store"))) {
            capture.covering(1);
            assertThat(check(app)).anySatisfy(line -> assertThat(line)
                    .matches(
                            "ok    the store's disk has room for .* beside the .* that the store has since .*; how long that"
                                    + " lasts can be told after an hour"));
        }
    }

    @Test
    void roomOfTheStoreIsJudgedByWhatIsToStayFree() throws Exception {
        Database app = server.createDatabase("scarce");
        storeKeys = "min_free = '40MB'\n";
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("store"), "64m")) {
            assertThat(check(app)).anySatisfy(line -> assertThat(line)
                    .startsWith("warn  the store's disk has room for 64 MB, less than twice store.min_free, 40 MB:")
                    .contains("  ->  a larger disk for store.dir"));
            disk.remount("size=39m");
            assertThat(check(app)).anySatisfy(line -> assertThat(line)
                    .startsWith("warn  the store's disk has room for 39 MB, less than store.min_free, 40 MB:")
                    .contains("nothing more is stored"));
        }
    }

    @Test
    void annotationsAreToldWhetherTheyAreThereOrNot() throws Exception {
        Database app = server.createDatabase("annotated;$x");
        app.run("create table t (id int primary key); create publication rowback for table only t");
        assertThat(check(app)).anySatisfy(line -> assertThat(line)
                .startsWith("ok    annotations are not installed")
                .endsWith("-f share/annotate.sql 'annotated;$x'"));
        app.run(Files.readString(Path.of("../deploy/src/main/share/annotate.sql")));
        assertThat(check(app)).contains("ok    every captured table is annotated", "ok    event triggers tell DDL");
        app.run("create table u (id int primary key); alter publication rowback add table only u;"
                + " drop event trigger rowback_drop");
        assertThat(check(app))
                .anySatisfy(line -> assertThat(line).startsWith("warn  not annotated: public.u  ->  psql"))
                .anySatisfy(line -> assertThat(line).startsWith("ok    2 of 3 event triggers are there"));
    }

    @Test
    void whatWouldEndTheDaemonAtItsStartBeforeItServesMetricsIsAFailure() throws Exception {
        Database app = server.createDatabase("served");
        app.run("create table t (id int primary key)");

        assertThat(check(app)).endsWith("http: 127.0.0.1:9187", "ok    metrics and health can be served");
        assertThat(status).isZero();
        assertThat(check(app, "[http]\nlisten = '0.0.0.0:9187'\n")).last().satisfies(line -> assertThat(line)
                .startsWith(
                        "fail  http.listen is \"0.0.0.0:9187\", which other machines reach, without a token and TLS")
                .contains("  ->  Set http.token_file"));
        assertThat(status).isEqualTo(1);
        assertThat(check(app, "[http]\nlisten = '9187'\n", "--json"))
                .last()
                .isEqualTo(
                        "{\"database\":null,\"level\":\"fail\",\"topic\":\"http\",\"text\":\"http.listen is \\\"9187\\\", not"
                                + " host:port\",\"mend\":\"Set http.listen to a free host:port, or to \\\"\\\" to serve none.\"}");
        assertThat(check(app, "[http]\nlisten = ''\n")).noneMatch(line -> line.startsWith("http:"));
    }

    @Test
    void jsonIsWhatTheHelpPromises() throws Exception {
        Database app = server.createDatabase("json");
        app.run("create table t (id int primary key, a text)");
        List<JsonNode> documents = new ArrayList<>();
        for (String line : check(app, "", "--json", "--db", "app")) {
            documents.add(new ObjectMapper().readTree(line));
        }
        assertThat(documents).allSatisfy(found -> {
            assertThat(found.fieldNames()).toIterable().containsExactly("database", "level", "topic", "text", "mend");
            assertThat(found.get("level").asText()).isIn("ok", "warn", "fail");
            assertThat(found.get("database").asText()).isEqualTo("app");
        });
        String help = run("check", "--help").replaceAll("\\s+", " ");
        assertThat(documents.stream().map(found -> found.get("topic").asText()))
                .allSatisfy(topic -> assertThat(help).contains(topic));
    }

    /** What the options of a publication are with which it lacks nothing. */
    private String publishingAll() {
        return version < 18 ? "" : " with (publish_generated_columns = stored)";
    }

    private static double logged(Database app, String sql) throws Exception {
        String before = app.query("select pg_current_wal_insert_lsn()").get(0);
        app.run(sql);
        return Double.parseDouble(app.query("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + before + "')")
                .get(0));
    }

    private List<String> check(Database app) throws IOException {
        return check(app, "");
    }

    private List<String> check(Database app, String configuration, String... options) throws IOException {
        Path config = Files.writeString(
                folder.resolve("rowback.toml"),
                "[store]\n" + storeKeys + "dir = '" + folder.resolve("store") + "'\n[databases.app]\nurl = '"
                        + app.url() + "'\n" + configuration);
        return run(Stream.concat(Stream.of("check", "--config", config.toString()), Stream.of(options))
                        .toArray(String[]::new))
                .lines()
                .toList();
    }

    private String run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        status = Main.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
        assertThat(err.toString()).isEmpty();
        return out.toString();
    }
}
