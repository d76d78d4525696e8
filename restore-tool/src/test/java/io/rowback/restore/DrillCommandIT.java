package io.rowback.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rowback drill} as it is typed. */
final class DrillCommandIT {
    @SuppressWarnings("NullAway.Init") // started before the first test
    private static PostgresServer server;

    @TempDir
    private static Path folder;

    private static long xid;

    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    @BeforeAll
    static void loseRows() throws SQLException {
        server = PostgresServer.start(18);
        Database database = server.createDatabase("app");
        database.run(
                "create table u (id int primary key, mail text); insert into u values (1, 'secret-a'), (2, 'secret-b');"
                        + "create table noted (what text); alter table noted replica identity full; insert into noted values ('x')");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
            LiveHistory history = new LiveHistory(database, writer);
            xid = history.commit("delete from u where id = 1");
            history.commit("update u set mail = 'secret-c' where id = 2");
        }
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private int drill(Map<String, String> environment, String... options) {
        List<String> arguments = new ArrayList<>(
                List.of("drill", "--store", folder.resolve("store").toString()));
        arguments.addAll(Arrays.asList(options));
        out = new StringWriter();
        err = new StringWriter();
        return Main.run(environment, out, new PrintWriter(err, true), arguments.toArray(String[]::new));
    }

    @Test
    void embeddedServerIsStartedForTheDrillAndNothingOfItStays() throws SQLException, IOException {
        String programs = server.database()
                .query("select setting from pg_config where name = 'BINDIR'")
                .get(0);
        assertThat(drill(Map.of("ROWBACK_POSTGRES_BIN", programs), "--scratch", "embedded", "--seed", "5", "--json"))
                .as(err.toString())
                .isEqualTo(ErrorCode.DONE.exitCode());
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertThat(report.get("outcome").asText()).isEqualTo("whole");
        assertThat(report.get("seed").asText()).isEqualTo("5");
        assertThat(report.get("restored").asInt()).isEqualTo(2);
        assertThat(report.get("tables")).hasSize(1);
        assertThat(report.get("seconds_since_last_commit").asLong()).isPositive();
        assertThat(out.toString()).doesNotContain("secret");
        assertThat(List.of(System.getProperty("java.io.tmpdir"))).allSatisfy(tmp -> {
            try (Stream<Path> files = Files.list(Path.of(tmp))) {
                assertThat(files.filter(file ->
                                file.getFileName().toString().startsWith("rowback-drill-") && Files.isDirectory(file)))
                        .isEmpty();
            }
        });
        assertThat(drill(Map.of("ROWBACK_POSTGRES_BIN", folder.toString()), "--scratch", "embedded"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
    }

    @Test
    void drillThatIsEndedWhileItsServerIsBeingMadeLeavesNothing() throws IOException, InterruptedException {
        // As root it runs as the account nobody, which cannot enter a test's own folder.
        Path programs = Files.createTempDirectory("programs-");
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxrwxrwx"));
        for (String program : List.of("initdb", "pg_ctl", "postgres")) {
            Files.writeString(programs.resolve(program), """
                    #!/bin/sh
                    data=${1#--pgdata=}
                    cd "$(dirname "$0")"
                    echo "$data" > begun.part && mv begun.part begun
                    while [ ! -e go ]; do sleep 0.05; done
                    mkdir -p "$data"
                    touch "$data/PG_VERSION" done
                    """);
            Files.setPosixFilePermissions(programs.resolve(program), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        ProcessBuilder command = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "drill",
                "--store",
                folder.resolve("store").toString(),
                "--scratch",
                "embedded");
        command.environment().put("ROWBACK_POSTGRES_BIN", programs.toString());
        Process drill = command.redirectErrorStream(true)
                .redirectOutput(programs.resolve("said").toFile())
                .start();
        while (!Files.exists(programs.resolve("begun"))) {
            assertThat(drill.isAlive())
                    .as(Files.readString(programs.resolve("said")))
                    .isTrue();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        Path made = Path.of(Files.readString(programs.resolve("begun")).strip()).getParent();
        drill.destroy();
        // Not before the clean-up of a drill that did not wait would have been over.
        assertThat(drill.waitFor(1, TimeUnit.SECONDS)).isFalse();
        Files.createFile(programs.resolve("go"));
        assertThat(drill.waitFor()).isEqualTo(143);
        assertThat(programs.resolve("done")).exists();
        assertThat(made).doesNotExist();
    }

    @Test
    void reportTellsRowsCoverageTimesAndTheAgeOfTheHistory() throws SQLException {
        Database scratch = server.createDatabase("scratch");
        assertThat(drill(Map.of(), "--scratch", scratch.url(), "--tx", Long.toString(xid)))
                .isEqualTo(ErrorCode.DONE.exitCode());
        assertThat(out.toString())
                .contains("what transaction " + xid + " did, in postgres@127.0.0.1:" + server.port()
                        + "/scratch, PostgreSQL 18")
                .contains("rows:         1 came back byte for byte, 0 did not, 0 could not be tried")
                .contains("coverage:     1 of 1 tables")
                .containsPattern("time \\(RTO\\):   planned in \\d+\\.\\d+ s, written in \\d+\\.\\d+ s by 1 restore;")
                .contains("loss (RPO):   the newest commit held is ");
        assertThat(drill(Map.of(), "--scratch", scratch.url(), "--rows", "1")).isEqualTo(ErrorCode.DONE.exitCode());
        scratch.run("create function f() returns event_trigger language plpgsql as $$ begin raise 'no'; end $$;"
                + "create event trigger e on ddl_command_end execute function f()");
        assertThat(drill(Map.of(), "--scratch", scratch.url())).isEqualTo(ErrorCode.PARTIAL.exitCode());
        assertThat(out.toString()).contains("not tried:    u 1: no").contains("not tried:    u 2: no");
    }

    @Test
    void whatIsNoScratchDatabaseIsRefused() {
        assertThat(drill(Map.of(), "--scratch", server.database().url().replaceAll("/[^/]*$", "/app")))
                .isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(drill(Map.of(), "--scratch", "postgresql://postgres:secret@127.0.0.1/app"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(err.toString())
                .contains("--scratch")
                .contains("ROWBACK_SCRATCH_PASSWORD")
                .doesNotContain(":secret");
        assertThat(drill(Map.of(), "--scratch", "embedded", "--tx", "1", "--seed", "1"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(drill(Map.of())).isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(drill(Map.of(), "--scratch", "postgresql://postgres@127.0.0.1:1/app"))
                .isEqualTo(ErrorCode.NO_POSTGRES.exitCode());
    }
}
