package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.ClassArchive;
import io.rowback.testbed.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The installed daemon, capturing one database, and the tool beside it. */
final class RunningDaemon implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 180;

    private static final Path HOME = Path.of(System.getProperty("rowback.home"));

    /** The option of its JVM with which it takes an archive of its classes: a third of a short life's CPU is saved. */
    static final String ARCHIVE = archive();

    private final Database database;
    private final Installation installation;
    private final Path store;
    private final Process process;

    /** Starts it with the role of {@code database}; configuration and store are in {@code folder}. */
    RunningDaemon(Database database, Path folder) throws IOException {
        this(database, folder, "listen = \"\"");
    }

    /** The same, with these lines in the configuration's section on HTTP. */
    RunningDaemon(Database database, Path folder, String http) throws IOException {
        this(ARCHIVE, database, folder, http);
    }

    private RunningDaemon(String archive, Database database, Path folder, String http) throws IOException {
        this.database = database;
        this.installation = new Installation(HOME, folder);
        this.store = folder.resolve("store").resolve("app");
        Files.writeString(installation.config(), """
                [databases.app]
                url = "%s"
                [store]
                dir = "%s"
                [http]
                %s
                """.formatted(database.url(), folder.resolve("store"), http));
        this.process = installation.startDaemon(archive, "-Xlog:disable");
    }

    private static String archive() {
        try (Stream<Path> files = Files.walk(HOME.resolve("lib"))) {
            return ClassArchive.option(files.toList(), RunningDaemon::rehearse);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void rehearse(String option, Database app, Path folder) throws Exception {
        try (RunningDaemon daemon = new RunningDaemon(option, app, folder, "listen = \"127.0.0.1:0\"").covering(1)) {
            app.run("insert into t values (2, 'b'); update t set a = 'c'; delete from t");
            daemon.catchUp();
            // The tool makes an archive of its own at its first start.
            daemon.rowback("status");
        }
    }

    /** Waits until that many baselines were taken. */
    RunningDaemon covering(int baselines) throws IOException {
        await(reader -> reader.tables().stream()
                        .mapToInt(table -> table.coverage().size())
                        .sum()
                == baselines);
        return this;
    }

    /** Waits until just that many tables are covered: a dropped one is until all is held that was written before. */
    void awaitLiving(int tables) throws IOException {
        await(reader -> reader.tables().stream().filter(TableInfo::isCovered).count() == tables);
    }

    /** Waits until a table is known by that name: nothing tells of a new one but a look at the catalog. */
    void awaitNamed(String table) throws IOException {
        await(reader -> reader.tables().stream()
                .anyMatch(info -> info.schema().name().name().equals(table)));
    }

    /** Waits until all that is committed by now is held, and returns the point in time behind it for the tool. */
    String catchUp() throws SQLException, IOException {
        Lsn target = Lsn.parse(database.query("select pg_current_wal_lsn()").get(0));
        await(reader -> !reader.info().durable().isBefore(target));
        return "lsn:" + target;
    }

    private void await(Predicate<RocksHistoryReader> reached) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
                if (reached.test(reader)) {
                    return;
                }
            } catch (RowbackException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.NO_STORE);
            }
            String log = Files.readString(installation.daemonLog());
            assertThat(process.isAlive()).as(log).isTrue();
            assertThat(System.nanoTime()).as(log).isLessThan(deadline);
            // To open a store costs more than most of what is waited for.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    /** Runs a script as one transaction and returns its id. */
    static String commit(Database database, String script) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            connection.setAutoCommit(false);
            statement.execute(script);
            try (ResultSet row = statement.executeQuery("select pg_current_xact_id()")) {
                row.next();
                String xid = row.getString(1);
                connection.commit();
                return xid;
            }
        }
    }

    /** Has support find an incident; returns the arguments of the restore command that undoes it. */
    List<String> find(Incident incident) {
        return incident.find(new Support(installation, new Story(System.out)));
    }

    /** Runs the tool. */
    Output rowback(String... arguments) {
        return installation.rowback(List.of(arguments));
    }

    /** Runs the tool, which must succeed, and reads the documents that it prints. */
    List<JsonNode> documents(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("--json"));
        command.addAll(List.of(arguments));
        Output output = installation.rowback(command);
        assertThat(output.exitCode()).as(output.err()).isZero();
        try (MappingIterator<JsonNode> documents =
                JSON.readerFor(JsonNode.class).readValues(output.out())) {
            return documents.readAll();
        }
    }

    /** Stops it; it must end well. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(process.exitValue())
                .as(Files.readString(installation.daemonLog()))
                .isZero();
    }
}
