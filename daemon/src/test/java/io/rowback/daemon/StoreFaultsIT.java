package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file system under the store fails: a clear end, nothing acknowledged that is not held, and a way back. */
class StoreFaultsIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    Path folder;

    @Test
    void fullDiskEndsTheCaptureAndTheNextOneHasEverything() throws Exception {
        assumeTrue(
                mount("-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", folder.toString()),
                "mounting is not permitted");
        try {
            Database app = server.createDatabase("full");
            app.run("create table t (id int primary key, a text)");
            int rows = 0;
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(1);
                for (; capture.isAlive() && rows < 100; rows++) {
                    // Text that does not compress.
                    app.run("insert into t select " + rows
                            + ", string_agg(md5(random()::text), '') from generate_series(1, 16000)");
                }
                RowbackException failure = capture.failure();
                assertThat(failure).hasMessageContaining("No space left on device");
                assertThat(failure.hint()).startsWith("Make room where the store is, then start rowbackd again");
            }
            String acknowledged = app.query(
                            "select confirmed_flush_lsn from pg_replication_slots where slot_name = 'rowback_full'")
                    .get(0);
            assertThat(mount("-o", "remount,size=400m", folder.toString())).isTrue();
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                assertThat(capture.<Lsn>read(reader -> reader.info().durable()))
                        .isGreaterThanOrEqualTo(Lsn.parse(acknowledged));
                capture.catchUp();
                assertThat(capture.changes("t"))
                        .isEqualTo(IntStream.range(0, rows)
                                .mapToObj(id -> "INSERT -> " + id + "|512000 bytes")
                                .toList());
                assertThat(capture.<Integer>read(reader -> reader.info().gaps().size()))
                        .isZero();
            }
            assertThat(mount("-o", "remount,ro", folder.toString())).isTrue();
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                assertThat(capture.failure().code()).isEqualTo(ErrorCode.STORE_UNUSABLE);
                assertThat(capture.failure()).hasMessageContaining("Read-only file system");
            }
        } finally {
            run("umount", folder.toString());
        }
    }

    @Test
    void logThatRottedOnDiskLeavesAGapAndNoHoleInSilence() throws Exception {
        Database app = server.createDatabase("rot");
        app.run("create table t (id int primary key)");
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            daemon.awaitLine("capturing app from");
            for (int i = 0; i < 200; i++) {
                app.run("insert into t values (" + i + ")");
            }
            String end = app.query("select pg_current_wal_lsn()").get(0);
            RunningCapture.await(() -> acknowledged(app, end));
            daemon.kill();
        }
        flipBit(newestWal());
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            daemon.awaitLine("capturing app from");
            assertThat(daemon.log()).contains("GAP in the history of app").contains("or the store has lost its end");
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    private static boolean acknowledged(Database app, String end) {
        try {
            return app.query("select confirmed_flush_lsn >= '" + end
                            + "' from pg_replication_slots where slot_name = 'rowback_rot'")
                    .equals(List.of("t"));
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path newestWal() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("store/app"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow();
        }
    }

    private static void flipBit(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long middle = file.length() / 2;
            file.seek(middle);
            int value = file.read();
            file.seek(middle);
            file.write(value ^ 8);
        }
    }

    private static boolean mount(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "mount";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return run(command) == 0;
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
