package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the daemon writes of its life, and what it never writes. */
class LogIT {
    /** Stands in every value, key, annotation and secret. */
    private static final String CANARY = "canary-5e1f09";

    private static final Map<String, String> SECRETS = Map.of(
            "ROWBACK_DATABASES_APP_PASSWORD", CANARY + "-password", "ROWBACK_HTTP_TOKEN", CANARY + "-http-token");

    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    Path folder;

    @Test
    void documentsOfAnyLevelHoldNeitherValuesNorSecrets() throws Exception {
        Database app = database("debugged");
        String log = live(app, "[log]\nformat = \"json\"\nlevel = \"debug\"\n", SECRETS);
        List<JsonNode> documents = new ArrayList<>();
        for (String line : log.lines().toList()) {
            documents.add(new ObjectMapper().readTree(line));
        }
        assertThat(documents)
                .allSatisfy(document -> {
                    assertThat(document.path("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
                    assertThat(document.path("message").asText()).isNotEmpty();
                })
                .as("Debezium has been asked for all that it has to say")
                .anySatisfy(document -> {
                    assertThat(document.path("level").asText()).isEqualTo("debug");
                    assertThat(document.path("logger").asText()).startsWith("io.debezium");
                });
        assertThat(log).contains("capturing app from").doesNotContain(CANARY);
    }

    @Test
    void journalIsToldTheWholeLifeWithPrioritiesAndWithoutTimes() throws Exception {
        Database app = database("journaled");
        Map<String, String> environment = new java.util.HashMap<>(SECRETS);
        environment.put(DaemonProcess.JOURNAL, "");
        String log = live(app, "", environment);
        assertThat(log.lines()).allSatisfy(line -> assertThat(line).matches("<[346]>[^0-9<].*"));
        assertThat(log)
                .containsSubsequence(
                        "<6>rowbackd 0.1.0 on Java ",
                        "<6>creating slot rowback_journaled",
                        "<6>app: PostgreSQL 18",
                        "<6>baseline of ",
                        "<6>capturing app from ",
                        "<6>round of app ends, stored up to ",
                        "<4>capturing",
                        "; next attempt in ",
                        "<6>capturing app from ",
                        "<6>stopping",
                        "<6>round of app ends, stored up to ",
                        "<6>stopped")
                .doesNotContain(CANARY);
    }

    private static Database database(String name) throws SQLException {
        Database app = server.createDatabase(name);
        app.run("create table keyed (id text primary key, a text, b jsonb); alter table keyed replica identity full;"
                + "create table keyless (a text); alter table keyless replica identity full;"
                + "create table plain (id int primary key, a text);"
                + "insert into keyed values ('%1$s-1', repeat('%1$s', 20000), '{\"%1$s\": 1}');".formatted(CANARY)
                + "insert into keyless values ('%1$s'), ('%1$s')".formatted(CANARY));
        return app;
    }

    /** Lets a daemon live through all kinds of changes and a lost connection; returns what it wrote. */
    private String live(Database app, String settings, Map<String, String> environment)
            throws SQLException, IOException, InterruptedException {
        String config = DaemonProcess.config(Map.of("app", app), folder, "127.0.0.1:0") + settings;
        try (DaemonProcess daemon = new DaemonProcess(folder, config, environment)) {
            daemon.awaitLine("capturing app from");
            app.run("update keyed set id = '%1$s-2', b = '[\"%1$s\"]';".formatted(CANARY)
                    + "delete from keyless;"
                    + "insert into plain select i, '%1$s' || i from generate_series(1, 3000) i;".formatted(CANARY)
                    + "alter table plain alter column a type varchar(100) using a || '%1$s';".formatted(CANARY)
                    + "select pg_logical_emit_message(true, 'rowback', '%1$s');".formatted(CANARY)
                    + "update plain set a = '%1$s'; truncate keyless; drop table keyed".formatted(CANARY));
            app.query("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'rowback_"
                    + app.name() + "'");
            daemon.awaitLines("capturing app from", 2);
            assertThat(daemon.signal("TERM")).isZero();
            return daemon.log();
        }
    }
}
