package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the metrics say while something is amiss. */
class MetricsIT {
    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(17).setting("max_slot_wal_keep_size", "1GB").start();

    @TempDir
    Path folder;

    private final int port = Ports.free();

    @Test
    void ageOfTheOldestCommitThatIsNotStoredGrowsWhileTheServerSendsNothing() throws Exception {
        Database app = server.createDatabase("stalled");
        app.run("create table t (id int primary key)");
        String config = DaemonProcess.config(Map.of("app", app), folder, "127.0.0.1:" + port);
        try (DaemonProcess daemon =
                new DaemonProcess(folder, config, Map.of("ROWBACK_DATABASES_APP_MAX_SIZE", "3GB"))) {
            daemon.awaitLine("capturing app from");
            RunningCapture.await(() -> value("rowback_rpo_seconds") == 0);

            String walsender = app.query(
                            "select active_pid from pg_replication_slots where slot_name = 'rowback_stalled'")
                    .get(0);
            signal("STOP", walsender);
            try {
                app.run("insert into t values (1)");
                RunningCapture.await(() -> value("rowback_rpo_seconds") > 3);
                assertThat(value("rowback_lag_seconds")).isPositive();
                assertThat(value("rowback_lag_bytes")).isPositive();
                assertThat(value("rowback_capturing")).isOne();
            } finally {
                signal("CONT", walsender);
            }
            RunningCapture.await(() -> value("rowback_rpo_seconds") == 0);
            assertThat(value("rowback_changes_total{database=\"app\",operation=\"insert\",table=\"t\"}"))
                    .isOne();
            assertThat(value("rowback_slot_safe_wal_bytes")).isBetween(9e8, 1.1e9);
            app.run("alter system set max_slot_wal_keep_size = -1");
            app.query("select pg_reload_conf()");
            RunningCapture.await(() -> value("rowback_slot_safe_wal_bytes") == Double.POSITIVE_INFINITY);
            assertThat(value("rowback_fsync_seconds_count")).isPositive();
            assertThat(value("rowback_store_bytes{database=\"app\",part=\"wal\"}"))
                    .isPositive();
            assertThat(value("rowback_store_max_bytes")).isEqualTo(3.0 * (1 << 30));
            assertThat(value("rowback_rounds_total")).isOne();
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    private static void signal(String name, String pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor())
                .isZero();
    }

    /** A metric of the only database, by its name or its name and labels. */
    private double value(String metric) {
        String series = metric.contains("{") ? metric : metric + "{database=\"app\"}";
        return scrape().lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line ->
                        Double.parseDouble(line.substring(series.length() + 1).replace("+Inf", "Infinity")))
                .findFirst()
                .orElse(Double.NaN);
    }

    private String scrape() {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
