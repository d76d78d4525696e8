package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
    void readOnlyFileSystemIsRefused() throws Exception {
        Database app = server.createDatabase("readonly");
        try (SmallDisk disk = SmallDisk.mount(folder, "8m")) {
            disk.remount("ro");
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                assertThat(capture.failure().code()).isEqualTo(ErrorCode.STORE_UNUSABLE);
                assertThat(capture.failure()).hasMessageContaining("Read-only file system");
            }
        }
    }

    @Test
    void folderFromWhichNoLibraryCanBeLoadedIsToldAndEndsTheDaemon() throws Exception {
        Database app = server.createDatabase("noexec");
        String config = DaemonProcess.config(Map.of("app", app), folder, "");
        String nowhere = "-Djava.io.tmpdir=" + folder.resolve("missing");
        try (DaemonProcess daemon = new DaemonProcess(folder, config, Map.of(), nowhere)) {
            assertThat(daemon.awaitEnd()).isEqualTo(ErrorCode.FAILED.exitCode());
            assertThat(daemon.log())
                    .contains("error: RocksDB's native library cannot be loaded")
                    .contains("hint: It is unpacked into " + folder.resolve("missing"));
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
}
