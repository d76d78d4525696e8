package io.rowback.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Database;
import io.rowback.testbed.Folders;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** {@code rowback restore --target} as it is typed. */
final class TargetCommandIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    private Path folder;

    private Database database;
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();
    private long xid;

    @BeforeEach
    void loseRows(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getTestMethod().orElseThrow().getName());
        database.run("create table u (id int primary key, mail text unique); insert into u values (1, 'a'), (2, 'b')");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
            xid = new LiveHistory(database, writer).commit("delete from u");
        }
    }

    private int restore(String... options) {
        List<String> arguments = new ArrayList<>(
                List.of("restore", "--store", folder.resolve("store").toString(), "--tx", Long.toString(xid)));
        arguments.addAll(Arrays.asList(options));
        out = new StringWriter();
        err = new StringWriter();
        return Main.run(Map.of(), out, new PrintWriter(err, true), arguments.toArray(String[]::new));
    }

    @Test
    void planIsComparedWithTheTargetAndTheTargetStaysAsItIs() throws SQLException {
        assertThat(restore("--target", database.url())).isEqualTo(ErrorCode.DONE.exitCode());
        assertThat(out.toString()).contains("INSERT INTO public.u");
        assertThat(err.toString())
                .contains("compared with postgres@127.0.0.1:" + database.port() + "/" + database.name());
        assertThat(database.query("select count(*) from u")).containsExactly("0");
        database.run("insert into u values (7, 'a')");
        assertThat(restore("--target", database.jdbcUrl())).isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .contains("1 conflict:")
                .contains("u 1: what it would take in u_mail_key is held by u 7");
        assertThat(restore("--target", database.url(), "--json", "--on-conflict", "skip"))
                .isEqualTo(ErrorCode.PARTIAL.exitCode());
        assertThat(out.toString())
                .contains("\"target\":\"postgres@127.0.0.1:")
                .contains("\"differences\":[]")
                .contains("\"preview\":[{\"kind\":\"lock\"");
    }

    @Test
    void passwordInTheUrlIsRefusedAndNotRepeated() {
        assertThat(restore("--target", "postgresql://postgres:secret@127.0.0.1/app"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(restore("--target", "jdbc:postgresql://127.0.0.1/app?user=u&password=secret"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(restore("--target", "postgresql://postgres@127.0.0.1/app?sslpassword=secret"))
                .isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(err.toString()).contains(".pgpass").doesNotContain("secret");
    }

    @Test
    void targetThatCannotBeReachedIsToldByItsExitCode() {
        assertThat(restore("--target", "postgresql://postgres@127.0.0.1:1/app"))
                .isEqualTo(ErrorCode.NO_POSTGRES.exitCode());
        assertThat(restore("--copy")).isEqualTo(ErrorCode.USAGE.exitCode());
    }

    @Test
    void planIsAppliedOnlyIfItsNumberOfRowsIsGiven() throws SQLException {
        assertThat(restore("--target", database.url(), "--apply")).isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(err.toString()).contains("--yes 2");
        assertThat(restore("--target", database.url(), "--apply", "--yes", "3"))
                .isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(restore("--target", database.url(), "--apply", "--yes", "2", "--max-tables", "0"))
                .isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(restore("--apply", "--yes", "2")).isEqualTo(ErrorCode.USAGE.exitCode());
        assertThat(database.query("select count(*) from u")).containsExactly("0");
        assertThat(restore("--target", database.url(), "--apply", "--yes", "2")).isEqualTo(ErrorCode.DONE.exitCode());
        assertThat(err.toString())
                .contains("committed as transaction "
                        + database.query("select distinct xmin from u").get(0));
        assertThat(out.toString()).isEmpty();
        assertThat(database.query("select id, mail from u order by id")).containsExactly("1|a", "2|b");
        assertThat(restore("--target", database.url(), "--apply", "--yes", "2")).isEqualTo(ErrorCode.DONE.exitCode());
        assertThat(err.toString()).contains("nothing to write");
    }

    @Test
    void committedTransactionIsToldWhoeverListens() throws SQLException {
        database.run("insert into u values (7, 'a')");
        UnreadPipe pipe = new UnreadPipe();
        List<String> some = List.of(
                "restore",
                "--store",
                folder.resolve("store").toString(),
                "--tx",
                Long.toString(xid),
                "--target",
                database.url());
        List<String> arguments = new ArrayList<>(some);
        arguments.addAll(List.of("--on-conflict", "skip", "--apply", "--yes", "1", "--json", "--quiet"));
        assertThat(Main.run(Map.of(), pipe, new PrintWriter(err, true), arguments.toArray(String[]::new)))
                .isEqualTo(ErrorCode.PARTIAL.exitCode());
        String id = database.query("select xmin from u where id = 2").get(0);
        assertThat(err.toString()).contains("committed as transaction " + id);
        database.run("delete from u");
        assertThat(restore("--target", database.url(), "--apply", "--yes", "2", "--json"))
                .isEqualTo(ErrorCode.DONE.exitCode());
        id = database.query("select distinct xmin from u").get(0);
        assertThat(out.toString().lines()).singleElement().asString().contains("\"committed\":\"" + id + "\"");
    }

    @Test
    void interruptionDuringCommitWaitsAndTellsTheOutcome() throws Exception {
        // Nobody has this name, so that COMMIT waits until the setting is gone.
        server.database().run("alter system set synchronous_standby_names = 'nobody'");
        server.database().query("select pg_reload_conf()");
        Path told = folder.resolve("told");
        Process process = start(told, "--target", database.url(), "--apply", "--yes", "2");
        try {
            String committing =
                    "select count(*) from pg_stat_activity where application_name = 'rowback' and wait_event = 'SyncRep'";
            await(process, () -> database.query(committing).equals(List.of("1")));
            signal(process, "TERM");
            await(process, () -> Files.readString(told).contains("too late to cancel"));
        } finally {
            server.database().run("alter system reset synchronous_standby_names");
            server.database().query("select pg_reload_conf()");
        }
        assertThat(process.waitFor()).isEqualTo(ErrorCode.DONE.exitCode());
        assertThat(Files.readString(told))
                .contains("committed as transaction "
                        + database.query("select distinct xmin from u").get(0));
    }

    @Test
    void bundleThatIsInterruptedLeavesNothing() throws Exception {
        // So many that what is waited for is far from its end when it is seen.
        database.run("insert into u select i, repeat('x', 200) || i from generate_series(1, 50000) i");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("many/app"))) {
            xid = new LiveHistory(database, writer).commit("delete from u");
        }
        Files.move(folder.resolve("store"), folder.resolve("few"));
        Files.move(folder.resolve("many"), folder.resolve("store"));
        Path bundles = folder.resolve("bundles");
        int status = ErrorCode.DONE.exitCode();
        // One that was done before the signal reached it proves nothing.
        for (int attempt = 0; attempt < 5 && status == ErrorCode.DONE.exitCode(); attempt++) {
            Folders.delete(bundles);
            Files.createDirectory(bundles);
            status = interruptedBundle(bundles);
        }
        assertThat(status).isEqualTo(ErrorCode.INTERRUPTED.exitCode());
        assertThat(bundles).isEmptyDirectory();
    }

    private int interruptedBundle(Path bundles) throws Exception {
        Process process = start(
                folder.resolve("told"),
                "--max-rows",
                "50000",
                "--bundle",
                bundles.resolve("bundle").toString());
        try {
            await(process, () -> holdsRows(bundles));
            signal(process, "INT");
            return process.waitFor();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Whether a file of an unfinished bundle has been written to. */
    private static boolean holdsRows(Path bundles) throws IOException {
        try (Stream<Path> files = Files.walk(bundles)) {
            return files.anyMatch(
                    file -> Files.isRegularFile(file) && file.toFile().length() > 0);
        }
    }

    /** Starts the tool as a process of its own. */
    private Process start(Path told, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "restore",
                "--store",
                folder.resolve("store").toString(),
                "--tx",
                Long.toString(xid)));
        command.addAll(List.of(options));
        return new ProcessBuilder(command).redirectError(told.toFile()).start();
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static void await(Process process, Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            assertThat(process.isAlive()).isTrue();
            Thread.onSpinWait();
        }
    }

    @Test
    void roleThatLacksAPrivilegeWritesNothing() throws SQLException {
        database.run("create role reader login; grant select on u to reader");
        assertThat(restore("--target", database.as("reader").url(), "--apply", "--yes", "2"))
                .isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(err.toString())
                .contains("in the way: privilege: reader lacks a privilege: GRANT INSERT ON public.u");
    }
}
