package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.daemon.http.Health;
import io.rowback.daemon.http.Metrics;
import io.rowback.daemon.tables.RebaselineRequests;
import io.rowback.daemon.tables.TableWatch;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.postgres.Connections;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon as an operator meets it: commands, exit statuses, metrics, and a server that comes and goes. */
class DaemonIT {
    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(18).setting("max_replication_slots", "50").start();

    @TempDir
    Path folder;

    @Test
    void metricsAndHealthTellWhatIsGoingOn() throws Exception {
        Database app = server.createDatabase("observed");
        app.run("create table t (id int primary key); create table keyless (a int)");
        int port = freePort();
        try (DaemonProcess daemon = daemon(app, port)) {
            daemon.awaitLine("capturing app from");
            app.run("insert into t values (1), (2); delete from t where id = 1");
            RunningCapture.await(() -> get(port, "/metrics").body().contains("operation=\"delete\""));

            String metrics = get(port, "/metrics").body();
            assertThat(metrics)
                    .contains("rowback_changes_total{database=\"app\",operation=\"insert\",table=\"t\"} 2.0")
                    .contains("rowback_changes_total{database=\"app\",operation=\"delete\",table=\"t\"} 1.0")
                    .contains("rowback_covered_tables{database=\"app\"} 1.0")
                    .contains("rowback_uncovered_tables{database=\"app\"} 1.0")
                    .contains("rowback_capturing{database=\"app\"} 1.0")
                    .contains("rowback_retained_wal_bytes{database=\"app\"}")
                    .contains("rowback_gaps{database=\"app\"} 0.0")
                    .contains("rowback_lag_bytes{database=\"app\"}")
                    .contains("rowback_lag_seconds{database=\"app\"}")
                    .contains("rowback_durable_lsn{database=\"app\"}");
            assertThat(get(port, "/health").statusCode()).isEqualTo(200);
            assertThat(get(port, "/ready").statusCode()).isEqualTo(200);
            assertThat(get(port, "/other").statusCode()).isEqualTo(404);
            assertThat(daemon.log())
                    .contains(
                            "keyless is not covered: no primary key or replica identity index, and its replica identity is"
                                    + " not FULL; to mend it: ALTER TABLE public.keyless REPLICA IDENTITY FULL;");
            assertThat(daemon.signal("INT")).isEqualTo(130);
        }
    }

    @Test
    void serverCanBeStoppedAtOnceAndCaptureGoesOnWhenItIsBack() throws Exception {
        try (PostgresServer own = PostgresServer.start(18)) {
            Database app = own.createDatabase("app");
            app.run("create table t (id int primary key)");
            int port = freePort();
            try (DaemonProcess daemon = daemon(app, port)) {
                daemon.awaitLine("capturing app from");
                assertThat(get(port, "/metrics").body())
                        .contains("rowback_failures_total{database=\"app\"} 0.0")
                        .contains("rowback_last_failure_timestamp_seconds{database=\"app\"} 0.0");
                app.run("insert into t values (1)");
                long start = System.nanoTime();
                own.stop(PostgresServer.Shutdown.FAST);
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(30));
                RunningCapture.await(() -> get(port, "/ready").statusCode() == 503);
                own.start();
                RunningCapture.await(() -> get(port, "/ready").statusCode() == 200);
                app.run("insert into t values (2)");
                RunningCapture.await(() -> get(port, "/metrics").body().contains("\"t\"} 2.0"));
                assertThat(get(port, "/metrics").body())
                        .doesNotContain("rowback_failures_total{database=\"app\"} 0.0")
                        .doesNotContain("rowback_last_failure_timestamp_seconds{database=\"app\"} 0.0");
                assertThat(daemon.signal("TERM")).isZero();
            }
        }
    }

    @Test
    void serverThatIsStillAStandbyAtTheStartIsWaitedFor() throws Exception {
        try (PostgresServer own = PostgresServer.start(18)) {
            Database app = own.createDatabase("app");
            app.run("create table t (id int primary key)");
            own.stop(PostgresServer.Shutdown.FAST);
            try (PostgresServer standby = own.startCopy("standby.signal", Map.of());
                    DaemonProcess daemon = daemon(app.at(standby.port()), freePort())) {
                daemon.awaitLine("the server is a primary: no, it is a standby; what mends it: ")
                        .awaitLine("; next attempt in");
                app.at(standby.port()).query("select pg_promote()");
                daemon.awaitLine("capturing app from");
            }
        }
    }

    @Test
    void walsendersThatAreUsedUpAtTheStartAreWaitedFor() throws Exception {
        try (PostgresServer own =
                PostgresServer.version(18).setting("max_wal_senders", "2").start()) {
            Database app = own.createDatabase("app");
            app.run("create table t (id int primary key)");
            Connections walsenders = new Connections(
                    ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()))
                            .database("app")
                            .connection(),
                    "other");
            Connection one = walsenders.openReplication();
            Connection two = walsenders.openReplication();
            try (DaemonProcess daemon = daemon(app, freePort())) {
                daemon.awaitLine("max_wal_senders leaves room for 0, 2 are needed; what mends it: ")
                        .awaitLine("; next attempt in");
                one.close();
                two.close();
                daemon.awaitLine("capturing app from");
            }
        }
    }

    @Test
    void roundThatBeginsJustAfterTheStopWaitsForNobody() throws Exception {
        Database app = server.createDatabase("just_after");
        Config config = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()));
        Config.Database database = config.database("app");
        DatabaseMetrics metrics = new Metrics().database("app");
        DatabaseCapture capture = new DatabaseCapture(database, folder, 0, metrics, new Health(), true);
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder);
                TableWatch tables = new TableWatch(
                        database,
                        new Connections(database.connection(), "rowbackd"),
                        writer,
                        metrics,
                        new StoreRoom("app", folder, 0, metrics, room -> {}),
                        new RebaselineRequests(folder))) {
            capture.stop();
            capture.announce(tables, null, null);
            assertThat(tables.connect().isClosed()).isTrue();
        }
    }

    @Test
    void lostKeyEndsCoverageAndANewOneBeginsAnother() throws Exception {
        Database app = server.createDatabase("key");
        app.run("create table t (id int primary key, other int not null); insert into t values (1, 10)");
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
            app.run("alter table t drop constraint t_pkey; insert into t values (2, 20)");
            capture.covering(0);
            // Until then the server refuses to update the table.
            RunningCapture.await(() ->
                    value(app, "select count(*) from pg_publication_tables").equals("0"));
            app.run("update t set id = 3 where id = 2; alter table t add primary key (other)");
            capture.covering(1).catchUp();

            assertThat(capture.baseline("t")).containsExactly("1|10", "3|20");
            assertThat(capture.table("t").schema().key()).containsExactly("other");
        }
    }

    @Test
    void databaseWhoseEncodingSaysNothingIsRefused() throws Exception {
        server.database().run("create database bytes encoding 'SQL_ASCII' locale 'C' template template0");
        Path config = config(new Database(server.port(), "postgres", "bytes"));

        assertThat(run("check", "--config", config.toString()).out())
                .contains(
                        "fail  encoding is SQL_ASCII, which does not say what its bytes mean: UTF8 or another is needed");
        Result refused = run("run", "--config", config.toString());
        assertThat(refused.status()).isEqualTo(4);
        assertThat(refused.err()).contains("error: app: encoding is SQL_ASCII");
    }

    @Test
    void roleWithoutPrivilegesIsToldTheSql() throws Exception {
        Database app = server.createDatabase("poor");
        app.run("create table t (id int primary key); create role poor login");
        Path config = config(app.as("poor"));

        Result check = run("check", "--config", config.toString());
        assertThat(check.status()).isEqualTo(1);
        assertThat(check.out())
                .contains("fail  role poor may replicate: no  ->  ALTER ROLE poor REPLICATION;")
                .contains(
                        "CREATE PUBLICATION rowback FOR TABLE ONLY public.t WITH (publish_via_partition_root = false, "
                                + "publish_generated_columns = stored);")
                // All at once, not each behind the one before.
                .contains("GRANT SELECT ON public.t TO poor;");

        app.run("alter role poor replication; grant create on database " + app.name() + " to poor");
        Result owner = run("check", "--config", config.toString());
        assertThat(owner.status()).isEqualTo(1);
        assertThat(owner.out())
                .contains(
                        "fail  publication rowback lists no table, and our role may add none  ->  CREATE PUBLICATION");
        app.run("revoke create on database " + app.name() + " from poor");
        Result refused = run("run", "--config", config.toString());
        assertThat(refused.status()).isEqualTo(4);
        assertThat(refused.err()).contains("error: ").contains("hint: What mends it: CREATE PUBLICATION rowback");

        app.run("create publication rowback for table only t with (publish_generated_columns = stored)");
        assertThat(run("check", "--config", config.toString()).out()).contains("GRANT SELECT ON public.t TO poor;");
        app.run("grant select on t to poor");
        assertThat(run("check", "--config", config.toString()).status()).isZero();
        try (RunningCapture capture = new RunningCapture(app, app.as("poor"), folder, Map.of())) {
            capture.covering(1);
        }
    }

    @Test
    void setupSqlIsWhatTheServerAccepts() throws Exception {
        Database app = server.createDatabase("setup");
        app.run("create table \"Odd name\" (id int primary key)");
        Result setup = run("setup-sql", "--config", config(app).toString());

        assertThat(setup.status()).isZero();
        app.run(setup.out().replace("CREATE ROLE postgres", "CREATE ROLE other"));
        assertThat(app.query("select tablename from pg_publication_tables where pubname = 'rowback'"))
                .containsExactly("Odd name");
    }

    @Test
    void failuresHaveTheirExitStatus() throws IOException {
        Path config = config(new Database(1, "nobody", "nowhere"));

        assertThat(run("run", "--config", config.toString()).status()).isEqualTo(13);
        assertThat(run("check", "--config", config.toString()).status()).isEqualTo(13);
        assertThat(run("run", "--config", folder.resolve("none").toString()).status())
                .isEqualTo(2);
        assertThat(run("walk").status()).isEqualTo(2);
        assertThat(run().status()).isEqualTo(2);
        assertThat(run("--help").out()).contains("Exit status:").contains("Examples:");
        assertThat(run("completion", "fish").status()).isEqualTo(2);
    }

    @Test
    void shellCompletesCommandsAndOptions() throws Exception {
        Path script = Files.writeString(
                folder.resolve("completion"), run("completion", "bash").out());
        String ask = "source " + script + "; COMP_WORDS=(rowbackd reb); COMP_CWORD=1; COMP_LINE='rowbackd reb';"
                + " _complete_rowbackd; echo \"${COMPREPLY[@]}\"";
        Process bash =
                new ProcessBuilder("bash", "-c", ask).redirectErrorStream(true).start();
        try (BufferedReader output = bash.inputReader()) {
            assertThat(output.lines()).containsExactly("rebaseline");
        }
        assertThat(run("completion", "zsh").out()).startsWith("autoload ").contains("rebaseline");
    }

    @Test
    void whoIsStoppedWhileItsPreflightWaitsForALockEndsAtOnce() throws Exception {
        Database app = server.createDatabase("locked_catalog");
        try (Connection other = app.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("lock table pg_publication in access exclusive mode");
            try (DaemonProcess daemon = daemon(app, freePort())) {
                RunningCapture.awaitTrue(
                        server.database(),
                        "select exists (select from pg_stat_activity where application_name = 'rowbackd'"
                                + " and datname = 'locked_catalog' and wait_event_type = 'Lock')");
                assertThat(daemon.signal("TERM")).isZero();
            }
        }
    }

    private record Result(int status, String out, String err) {}

    private static Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
        return new Result(status, out.toString(), err.toString());
    }

    private Path config(Database database) throws IOException {
        return Files.writeString(
                folder.resolve("rowback.toml"),
                "[databases.app]\nurl = '" + database.url() + "'\n[store]\ndir = '" + folder.resolve("store")
                        + "'\n[http]\nlisten = ''\n");
    }

    private DaemonProcess daemon(Database database, int port) {
        return new DaemonProcess(database, folder, "127.0.0.1:" + port);
    }

    private static String value(Database database, String sql) {
        try {
            return database.query(sql).get(0);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the daemon that listens at a port of this machine answers. */
    static HttpResponse<String> get(int port, String path) {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
