package io.rowback.daemon;

import io.rowback.testbed.ClassArchive;
import io.rowback.testbed.Database;
import java.nio.file.Path;
import java.util.Map;

/** An archive of the daemon's classes: a third of the CPU of its start and of a short life is saved. */
final class DaemonArchive {
    /** What the daemon's JVM takes it with. */
    static final String OPTION = option();

    private DaemonArchive() {}

    private static String option() {
        return ClassArchive.option(
                DaemonProcess.classPath().stream().map(Path::of).toList(), DaemonArchive::rehearse);
    }

    private static void rehearse(String option, Database app, Path folder) throws Exception {
        String config = DaemonProcess.config(Map.of("app", app), folder, "127.0.0.1:0");
        try (DaemonProcess daemon = new DaemonProcess(option, folder, config, Map.of())) {
            daemon.awaitLine("capturing app from");
            app.run("insert into t values (2, 'b'); update t set a = 'c'; delete from t");
            String end = app.query("select pg_current_wal_lsn()").get(0);
            RunningCapture.awaitTrue(app, "select confirmed_flush_lsn >= '" + end + "' from pg_replication_slots");
            daemon.signal("TERM");
        }
    }
}
