package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service manager hears from a real daemon. */
class SupervisionIT {
    private static final String WRITER = "io.rowback.history.store.RocksHistoryWriter";
    private static final String PROGRESS = "WATCHDOG=1";
    private static final Database UNREACHABLE = new Database(1, "nobody", "nowhere");

    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    Path folder;

    @Test
    void thatItIsReadyThatItGoesOnAndThatItStopsIsToldOnceEachSecond() throws Exception {
        Database app = server.createDatabase("told");
        try (NotifyListener manager = new NotifyListener(folder);
                DaemonProcess daemon = daemon(Map.of("app", app), manager)) {
            assertThat(manager.await(message -> message.contains("READY=1"))).contains("STATUS=app: ");
            assertThat(manager.await(message -> message.contains("STATUS=app: capturing, stored up to ")))
                    .contains(PROGRESS)
                    .doesNotContain("READY");

            assertThat(daemon.signal("TERM")).isZero();
            assertThat(manager.rest()).contains("STOPPING=1").doesNotContain("READY");
        }
    }

    @Test
    void daemonThatCannotBeginIsNotReady() throws Exception {
        try (NotifyListener manager = new NotifyListener(folder);
                DaemonProcess daemon = daemon(Map.of("app", UNREACHABLE), manager)) {
            assertThat(daemon.awaitEnd()).isEqualTo(13);
            assertThat(manager.rest()).doesNotContain("READY");
        }
    }

    @Test
    void oneDatabaseOfSeveralThatCannotBeReachedDoesNotKeepTheOthersWaiting() throws Exception {
        Database app = server.createDatabase("reached");
        try (NotifyListener manager = new NotifyListener(folder);
                DaemonProcess daemon = daemon(Map.of("app", app, "other", UNREACHABLE), manager)) {
            manager.await(message -> message.contains("READY=1"));
            manager.await(message -> message.contains("app: capturing") && message.contains("other: connecting to"));
            assertThat(daemon.log()).contains("next attempt");
        }
    }

    @Test
    void storeThatHangsIsNoProgressUntilItGoesOn() throws Exception {
        Database app = server.createDatabase("hanging");
        app.run("create table t (id int primary key)");
        try (NotifyListener manager = new NotifyListener(folder);
                Debugger debugger = new Debugger();
                DaemonProcess daemon = new DaemonProcess(
                        folder,
                        DaemonProcess.config(Map.of("app", app), folder, ""),
                        manager.environment(),
                        debugger.option())) {
            Debugger.Halt halt = debugger.await(WRITER, "append", any -> true);
            manager.rest();
            manager.await(message -> !message.contains(PROGRESS));
            for (int i = 0; i < 3; i++) {
                assertThat(manager.next()).contains("STATUS=").doesNotContain(PROGRESS);
            }
            halt.resume();
            manager.await(message -> message.contains(PROGRESS));
            assertThat(daemon.log()).doesNotContain("ERROR");
        }
    }

    private DaemonProcess daemon(Map<String, Database> databases, NotifyListener manager) {
        return new DaemonProcess(folder, DaemonProcess.config(databases, folder, ""), manager.environment());
    }
}
