package io.rowback.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a service manager hears from a real daemon. */
class SupervisionIT {
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

    @ParameterizedTest
    @CsvSource({
        "io.rowback.history.store.RocksHistoryWriter, append, storing a batch",
        "io.rowback.daemon.capture.SlotStream, reachWhatTheServerHasRead, taking in the stream"
    })
    void storeOrStreamThatHangsIsNoProgressUntilItGoesOn(String className, String method, String step)
            throws Exception {
        Database app = server.createDatabase("hanging_in_" + method.toLowerCase(Locale.ROOT));
        app.run("create table t (id int primary key)");
        String address = "127.0.0.1:" + Ports.free();
        try (NotifyListener manager = new NotifyListener(folder);
                Debugger debugger = new Debugger();
                DaemonProcess daemon = new DaemonProcess(
                        folder,
                        DaemonProcess.config(Map.of("app", app), folder, address),
                        manager.environment(),
                        debugger.option())) {
            Debugger.Halt halt = debugger.await(className, method, any -> true);
            manager.rest();
            manager.await(message -> !message.contains(PROGRESS));
            for (int i = 0; i < 3; i++) {
                assertThat(manager.next()).contains(", " + step + " for ").doesNotContain(PROGRESS);
            }
            assertThat(health(address)).contains("\"alive\":true", "\"slow_step\":\"" + step + " for ");
            halt.resume();
            manager.await(message -> message.contains(PROGRESS));
            assertThat(health(address)).contains("\"slow_step\":null");
            assertThat(daemon.log()).doesNotContain("ERROR");
        }
    }

    private static String health(String address) throws IOException {
        return new String(new URL("http://" + address + "/health").openStream().readAllBytes(), UTF_8);
    }

    private DaemonProcess daemon(Map<String, Database> databases, NotifyListener manager) {
        return new DaemonProcess(folder, DaemonProcess.config(databases, folder, ""), manager.environment());
    }
}
