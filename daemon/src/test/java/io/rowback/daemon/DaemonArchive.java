package io.rowback.daemon;

import io.rowback.testbed.ClassArchive;
import io.rowback.testbed.Database;
import io.rowback.testbed.Folders;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** An archive of the daemon's classes: a third of the CPU of its start and of a short life is saved. */
final class DaemonArchive {
    /** What the daemon's JVM takes it with. */
    static final String OPTION = option();

    private DaemonArchive() {}

    private static String option() {
        try {
            Path file = Path.of("target", "rowbackd.jsa").toAbsolutePath();
            return ClassArchive.option(
                    file, DaemonProcess.classPath().stream().map(Path::of).toList(), DaemonArchive::rehearse);
        } catch (Exception e) {
            throw new IllegalStateException("no archive of classes was made", e);
        }
    }

    private static void rehearse(String option) throws Exception {
        Path folder = Files.createTempDirectory("rowback-rehearsal");
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id int primary key, a text); insert into t values (1, 'a')");
            String config = DaemonProcess.config(Map.of("app", app), folder, "127.0.0.1:0");
            try (DaemonProcess daemon = new DaemonProcess(option, folder, config, Map.of())) {
                daemon.awaitLine("capturing app from");
                app.run("insert into t values (2, 'b'); update t set a = 'c'; delete from t");
                String end = app.query("select pg_current_wal_lsn()").get(0);
                RunningCapture.awaitTrue(app, "select confirmed_flush_lsn >= '" + end + "' from pg_replication_slots");
                daemon.signal("TERM");
            }
        } finally {
            Folders.delete(folder);
        }
    }
}
