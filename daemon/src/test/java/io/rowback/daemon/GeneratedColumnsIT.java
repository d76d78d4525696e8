package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated columns, which a publication can carry from version 18 on; an UPDATE fails if it does not but should. */
class GeneratedColumnsIT {
    private static final Map<Integer, PostgresServer> SERVERS = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    @AfterAll
    static void stopServers() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest
    @OnServers
    void generatedColumnNeverMakesTheApplicationFail(int major) throws Exception {
        Database app = database(major, "generated");
        app.run("create table t (id int primary key, a int, twice int generated always as (a * 2) stored, z int);"
                + "alter table t replica identity full; insert into t values (1, 1, default, 5)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set a = 4");
            capture.catchUp();

            String twice = major >= 18 ? "2" : "UNKNOWN";
            String after = major >= 18 ? "8" : "UNKNOWN";
            assertThat(capture.baseline("t")).containsExactly("1|1|" + twice + "|5");
            assertThat(capture.changes("t")).containsExactly("UPDATE 1|1|" + twice + "|5 -> 1|4|" + after + "|5");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {18})
    void tableThatWouldFailOncePublishedIsLeftAlone(int major) throws Exception {
        Database app = database(major, "virtual_column");
        app.run("create table t (id int primary key, a int, twice int generated always as (a * 2) virtual);"
                + "alter table t replica identity full; insert into t values (1, 1);"
                + "create table u (id int primary key, a int, twice int generated always as (a * 2) virtual)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set a = 2; insert into u values (1, 1); update u set a = 3");
            capture.catchUp();

            assertThat(capture.covered()).containsExactly("u");
            assertThat(capture.changes("u"))
                    .containsExactly("INSERT -> 1|1|UNKNOWN", "UPDATE 1|UNKNOWN|UNKNOWN -> 1|3|UNKNOWN");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {18})
    void publicationThatBreaksTheApplicationIsRefusedWithTheSqlThatMendsIt(int major) throws Exception {
        Database app = database(major, "made_by_hand");
        String table = "(id int primary key, a int, twice int generated always as (a * 2) stored)";
        app.run("create table t " + table + "; alter table t replica identity full; insert into t values (1, 1);"
                + "create publication rowback for table t");
        assertThatThrownBy(() -> app.run("update t set a = 2")).hasMessageContaining("t");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            RowbackException refused = capture.failure();
            assertThat(refused.code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(refused.hint()).contains("SET (publish_generated_columns = stored)");
            app.run(Objects.requireNonNull(refused.hint()).substring("What mends it: ".length()));
        }
        app.run("update t set a = 2");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set a = 3");
            assertThat(capture.catchUp().changes("t")).containsExactly("UPDATE 1|2|4 -> 1|3|6");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {18})
    void generatedColumnThatIsNotPublishedIsUnknownOnceItsRowWasWritten(int major) throws Exception {
        Database app = database(major, "unpublished_column");
        app.run("create table t (id int primary key, a int, twice int generated always as (a * 2) stored);"
                + "insert into t values (1, 1), (2, 1); create publication rowback for table t;"
                + "create table u (id int primary key, twice int generated always as (id * 2) stored);"
                + "alter table u replica identity full; insert into u values (1)");
        try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
            app.run("update t set a = 2 where id = 1; update u set id = 2");
            Lsn end = Lsn.parse(app.query("select pg_current_wal_insert_lsn()").get(0));

            assertThat(capture.catchUp().rows("t", end))
                    .contains(List.of("id=1 a=2 twice=UNKNOWN", "id=2 a=1 twice=UNKNOWN"));
            assertThat(capture.covered())
                    .as("it would fail if it were published")
                    .containsExactly("t");
        }
    }

    private static Database database(int major, String name) throws SQLException {
        return SERVERS.computeIfAbsent(major, PostgresServer::start).createDatabase(name);
    }
}
