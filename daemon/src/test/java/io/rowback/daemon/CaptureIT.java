package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.SequenceSample;
import io.rowback.history.Transaction;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

class CaptureIT {
    private static final Map<Integer, PostgresServer> SERVERS = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    @AfterAll
    static void stopServers() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest
    @OnServers
    void everyOperationIsCapturedWithBothImagesUnderIdentityFull(int major) throws Exception {
        Database app = database(major, "full_identity");
        app.run(
                "create table t (id int primary key, a text, \"A\" text default 'x'); alter table t replica identity full;"
                        + "insert into t values (1, 'before', null)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t values (2, 'new'); update t set a = null where id = 1;"
                    + "update t set id = 3 where id = 2; delete from t where id = 3; truncate t");
            capture.catchUp();

            assertThat(capture.baseline("t")).containsExactly("1|before|NULL");
            assertThat(capture.changes("t"))
                    .containsExactly(
                            "INSERT -> 2|new|x",
                            "UPDATE 1|before|NULL -> 1|NULL|NULL",
                            "UPDATE 2|new|x -> 3|new|x",
                            "DELETE 3|new|x",
                            "TRUNCATE");
        }
    }

    @ParameterizedTest
    @OnServers
    void whatTheLogDoesNotCarryIsUnknownUnderIdentityDefault(int major) throws Exception {
        Database app = database(major, "default_identity");
        app.run("create table t (a int, big text, id int, primary key (id, a));"
                + "alter table t alter big set storage external");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t values (1, repeat('x', 9000), 10); update t set a = 2;"
                    + "update t set big = null; delete from t");
            capture.catchUp();

            assertThat(capture.changes("t"))
                    .containsExactly(
                            "INSERT -> 1|9000 bytes|10",
                            "UPDATE 1|UNKNOWN|10 -> 2|UNKNOWN|10",
                            "UPDATE 2|UNKNOWN|10 -> 2|NULL|10",
                            "DELETE 2|UNKNOWN|10");
        }
    }

    @ParameterizedTest
    @OnServers
    void unchangedToastComesFromTheOldRowUnderIdentityFull(int major) throws Exception {
        Database app = database(major, "toast");
        app.run("create table t (id int primary key, big text, n int); alter table t alter big set storage external;"
                + "alter table t replica identity full");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t values (1, repeat('x', 9000), 1); update t set n = 2");
            capture.catchUp();

            assertThat(capture.changes("t"))
                    .containsExactly("INSERT -> 1|9000 bytes|1", "UPDATE 1|9000 bytes|1 -> 1|9000 bytes|2");
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void rowsOfOneCopyAreToldApartAlthoughTheyShareAnLsn(int major) throws Exception {
        Database app = database(major, "copy_rows");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1);
                Connection connection = app.connect()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("copy t from stdin", new java.io.StringReader("1\n2\n3\n"));
            capture.catchUp();

            assertThat(capture.changes("t")).containsExactly("INSERT -> 1", "INSERT -> 2", "INSERT -> 3");
            assertThat(positions(capture)).extracting(Position::ordinal).containsExactly(0, 1, 2);
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void largeTransactionComesCompleteAndInOrder(int major) throws Exception {
        Database app = database(major, "large");
        app.run("create table t (id int primary key, a text)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t select n, 'row ' || n from generate_series(1, 50000) n");
            capture.catchUp();

            List<Position> positions = positions(capture);
            assertThat(positions).hasSize(50_000).isSorted();
            assertThat(capture.transactions())
                    .singleElement()
                    .extracting(Transaction::changes)
                    .isEqualTo(50_000L);
            assertThat(capture.changes("t")).last().isEqualTo("INSERT -> 50000|row 50000");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {18})
    void sequencesAreReadAtTheStartAndSoonAfterALargeTransaction(int major) throws Exception {
        Database app = database(major, "sequences");
        app.run("create table t (id serial primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t select from generate_series(1, 1000)");
            RunningCapture.await(() -> capture.read(reader -> {
                try (Stream<SequenceSample> samples = reader.samples()) {
                    return samples.map(SequenceSample::last).toList().equals(Arrays.asList(null, 1_000L));
                }
            }));
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void tableCreatedWhileRunningIsCapturedFromItsBaselineOn(int major) throws Exception {
        Database app = database(major, "late_table");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("create schema s; create table s.late (id int primary key); insert into s.late values (1);"
                    + "create table keyless (a int); insert into keyless values (1); update keyless set a = 2");
            capture.covering(2);
            app.run("insert into s.late values (2); drop table t");
            capture.catchUp();

            assertThat(capture.baseline("s.late")).containsExactly("1");
            assertThat(capture.changes("s.late")).containsExactly("INSERT -> 2");
            RunningCapture.await(() -> capture.covered().equals(List.of("s.late")));
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void annotationsBelongToTheirTransaction(int major) throws Exception {
        Database app = database(major, "annotations");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            String xid = inOneTransaction(
                    app,
                    "insert into t values (1)",
                    "select pg_logical_emit_message(true, 'rowback', 'by alice')",
                    "select pg_logical_emit_message(true, 'other', 'not ours')",
                    "select pg_logical_emit_message(false, 'rowback', 'not in it')");
            capture.catchUp();

            assertThat(capture.transactions()).singleElement().satisfies(transaction -> {
                assertThat(transaction.annotations()).containsExactly("by alice");
                assertThat(transaction.id().toString()).isEqualTo(xid);
            });
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void annotationsOfAnySizeAndContentAreTakenUpToALimit(int major) throws Exception {
        Database app = database(major, "long_annotations");
        app.run("create table t (id int primary key)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            inOneTransaction(
                    app,
                    "select pg_logical_emit_message(true, 'rowback', '\\x00ff0a7b'::bytea)",
                    "select pg_logical_emit_message(true, 'other', repeat('x', 50000000))",
                    "select pg_logical_emit_message(true, 'rowback', repeat('x', 1000000)) from generate_series(1, 3)",
                    "insert into t values (1)",
                    "select pg_logical_emit_message(true, 'rowback', 'late')");
            capture.catchUp();

            assertThat(capture.changes("t")).containsExactly("INSERT -> 1");
            assertThat(capture.transactions()).singleElement().satisfies(transaction -> assertThat(
                            transaction.annotations())
                    .containsExactly("\0\uFFFD\n{", "(more annotations are left out: they would be over 65536 bytes)"));
        }
    }

    @ParameterizedTest
    @OnServers
    void settingsOfRoleAndDatabaseDoNotChangeTheText(int major) throws Exception {
        Database app = database(major, "hostile");
        app.run("create table t (id int primary key, b bytea, d timestamptz, i interval, f float8, p regclass);"
                + "create role hostile" + major + " superuser login;"
                + "alter role hostile" + major + " set bytea_output = 'escape';"
                + "alter role hostile" + major + " set datestyle = 'German, DMY';"
                + "alter role hostile" + major + " set timezone = 'Asia/Tokyo';"
                + "alter database hostile set intervalstyle = 'iso_8601';"
                + "alter database hostile set extra_float_digits = -3");
        String values = "'\\xff00', '2026-05-01 10:00+00', '1 day 02:00', 0.1::float8 + 0.2, 't')";
        app.run("insert into t values (1, " + values);
        try (RunningCapture capture =
                new RunningCapture(app, app.as("hostile" + major), folder, Map.of()).covering(1)) {
            app.run("insert into t values (2, " + values);
            capture.catchUp();

            String canonical = "|\\xff00|2026-05-01 10:00:00+00|1 day 02:00:00|0.30000000000000004|public.t";
            assertThat(capture.baseline("t")).containsExactly("1" + canonical);
            assertThat(capture.changes("t")).containsExactly("INSERT -> 2" + canonical);
        }
    }

    @ParameterizedTest
    @OnServers(18)
    void textOfAnotherEncodingIsKeptAsUtf8(int major) throws Exception {
        PostgresServer server = SERVERS.computeIfAbsent(major, CaptureIT::server);
        server.database().run("create database latin encoding 'LATIN1' locale 'C' template template0");
        Database app = new Database(server.port(), "postgres", "latin");
        app.run("create table t (id int primary key, \"\u00e9\" text); insert into t values (1, '\u00e9\u00ff')");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("insert into t values (2, '\u00e9\u00ff')");
            assertThat(capture.catchUp().changes("t")).containsExactly("INSERT -> 2|\u00e9\u00ff");
            assertThat(capture.baseline("t")).containsExactly("1|\u00e9\u00ff");
            assertThat(capture.table("t").schema().key()).containsExactly("id");
            assertThat(capture.table("t").schema().indexOf("\u00e9")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @OnServers
    void baselineAndStreamMeetWithoutHoleOrOverlapWhileOthersWrite(int major) throws Exception {
        Database app = database(major, "meeting");
        app.run(
                "create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 2000) g");
        try (Writers writers = new Writers(app, 3);
                RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            writers.end();
            capture.catchUp();

            List<String> replayed = capture.read(reader -> Replay.rows(reader, "t"));
            assertThat(replayed).isEqualTo(app.query("select id || '|' || n from t order by id"));
        }
    }

    @ParameterizedTest
    @OnServers
    void changesFromBeforeAlterTableKeepTheirColumns(int major) throws Exception {
        Database app = database(major, "altered");
        app.run("create table t (id int primary key, gone text, old_name int, type_changed int, last text);"
                + "create table dropped (id int primary key, a text)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(2);
        }
        app.run("insert into t values (1, 'x', 2, 3, 'y'); insert into dropped values (1, 'z');"
                + "alter table t drop gone; alter table t rename old_name to new_name;"
                + "alter table t alter type_changed type bigint; alter table t add added text; drop table dropped;"
                + "insert into t values (2, 4, 5, 'y', 'new')");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.catchUp();

            assertThat(capture.changes("t")).containsExactly("INSERT -> 1|x|2|3|y", "INSERT -> 2|4|5|y|new");
            assertThat(capture.changes("dropped")).containsExactly("INSERT -> 1|z");
            List<String> columns = capture.read(reader -> {
                try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                    return changes.filter(
                                    change -> change.schema().name().name().equals("t"))
                            .flatMap(change -> change.schema().columns().stream())
                            .map(column -> column.attnum() + " " + column.name() + " " + column.type())
                            .toList();
                }
            });
            assertThat(columns)
                    .containsExactly(
                            "1 id integer",
                            "2 gone text",
                            "3 old_name integer",
                            "4 type_changed integer",
                            "5 last text",
                            "1 id integer",
                            "3 new_name integer",
                            "4 type_changed bigint",
                            "5 last text",
                            "6 added text");
        }
    }

    private static String inOneTransaction(Database database, String... statements) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            try (java.sql.ResultSet row = statement.executeQuery("select pg_current_xact_id()")) {
                row.next();
                String xid = row.getString(1);
                connection.commit();
                return xid;
            }
        }
    }

    private static List<Position> positions(RunningCapture capture) {
        return capture.read(reader -> {
            try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                return changes.map(Change::position).toList();
            }
        });
    }

    private static Database database(int major, String name) throws SQLException {
        return SERVERS.computeIfAbsent(major, CaptureIT::server).createDatabase(name);
    }

    private static PostgresServer server(int major) {
        // Every test leaves its slot behind.
        return PostgresServer.version(major)
                .setting("max_replication_slots", "50")
                .start();
    }
}
