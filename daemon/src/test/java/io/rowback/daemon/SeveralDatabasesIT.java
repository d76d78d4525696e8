package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One daemon, several databases: what befalls one does not concern the others. */
class SeveralDatabasesIT {
    @TempDir
    Path folder;

    private final PostgresServer server = PostgresServer.version(15).start();
    private final int port = Ports.free();

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void eachHasItsOwnSlotAndStoreAndOneThatIsDroppedDoesNotStopTheOthers() throws Exception {
        Database one = database("one");
        Database two = database("two");
        try (DaemonProcess daemon = daemon(Map.of("one", one, "two", two))) {
            daemon.awaitLine("capturing one from").awaitLine("capturing two from");
            assertThat(ready()).startsWith("200 ").contains("\"ready\":true");
            assertThat(one.query("select slot_name, database from pg_replication_slots order by 1"))
                    .containsExactly("rowback_one|one", "rowback_two|two");
            two.run("insert into t values (2)");
            awaitStored("two", "INSERT 2");

            drop(two);
            daemon.awaitLine("capture of two ends: ");
            one.run("insert into t values (1)");
            awaitStored("one", "INSERT 1");

            assertThat(ready())
                    .startsWith("503 ")
                    .contains("\"one\":{\"state\":\"capturing\"")
                    .contains("\"two\":{\"state\":\"ended\"")
                    .contains("database \\\"two\\\" does not exist");
            // A restart would not bring it back, but interrupt the other.
            assertThat(get("/health").statusCode()).isEqualTo(200);
            assertThat(metrics())
                    .contains("rowback_capturing{database=\"one\"} 1.0")
                    .contains("rowback_capturing{database=\"two\"} 0.0");
            assertThat(daemon.signal("TERM")).isEqualTo(3);
            assertThat(stored("two")).containsExactly("INSERT 2");
        }
    }

    @Test
    void oneThatCannotBeginIsTriedAgainWhileTheOthersAreCaptured() throws Exception {
        Database one = database("one");
        Database late = database("late").as("latecomer");
        try (DaemonProcess daemon = daemon(Map.of("one", one, "late", late))) {
            daemon.awaitLine("capturing one from").awaitLine("role \"latecomer\" does not exist; next attempt in");
            assertThat(ready()).startsWith("503 ").contains("\"late\":{\"state\":\"failing\"");

            one.run("create role latecomer login superuser");
            daemon.awaitLine("capturing late from");
            assertThat(ready()).startsWith("200 ").contains("\"ready\":true");
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    @Test
    void oneThatIsRefusedIsLookedAtAgainWhileTheOthersAreCaptured() throws Exception {
        Database one = database("one");
        Database late = database("late");
        late.run("create publication rowback for table t with (publish = 'insert')");
        try (DaemonProcess daemon = daemon(Map.of("one", one, "late", late))) {
            daemon.awaitLine("capturing one from")
                    .awaitLine("late: publication rowback publishes every operation: no; next attempt in");
            assertThat(ready()).startsWith("503 ").contains("\"late\":{\"state\":\"failing\"");

            late.run("alter publication rowback set (publish = 'insert, update, delete, truncate')");
            daemon.awaitLine("capturing late from");
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    @Test
    void whenNoneIsLeftTheDaemonEndsAsTheFirstDid() throws Exception {
        Database one = database("one");
        Database two = new Database(one.port(), "postgres", "none");
        Database three = new Database(one.port(), "postgres", "nowhere");
        try (DaemonProcess daemon = daemon(Map.of("two", two, "three", three))) {
            assertThat(daemon.awaitEnd()).isEqualTo(13);
            assertThat(daemon.log()).contains("\"none\" does not exist").contains("\"nowhere\" does not exist");
        }
    }

    private Database database(String name) throws SQLException {
        Database database = server.createDatabase(name);
        database.run("create table t (id int primary key)");
        return database;
    }

    private DaemonProcess daemon(Map<String, Database> databases) {
        return new DaemonProcess(folder, DaemonProcess.config(databases, folder, "127.0.0.1:" + port), Map.of());
    }

    /** The server lets go of a database only between two attempts of the daemon to read its slot. */
    private void drop(Database database) {
        Database other = server.database();
        RunningCapture.await("drop", () -> {
            try {
                other.query(
                        "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'rowback_"
                                + database.name() + "'");
                other.query("select pg_drop_replication_slot('rowback_" + database.name() + "')");
                other.run("drop database " + database.name() + " with (force)");
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    private void awaitStored(String database, String change) {
        RunningCapture.await(change, () -> stored(database).contains(change));
    }

    private List<String> stored(String database) {
        try (RocksHistoryReader reader =
                        RocksHistoryReader.open(folder.resolve("store").resolve(database));
                Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
            return changes.map(change -> change.operation() + " " + change.key())
                    .toList();
        }
    }

    private String ready() throws IOException, InterruptedException {
        HttpResponse<String> answer = get("/ready");
        return answer.statusCode() + " " + answer.body();
    }

    private String metrics() throws IOException, InterruptedException {
        return get("/metrics").body();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
