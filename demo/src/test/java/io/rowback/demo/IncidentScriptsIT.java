package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The checks of the incidents can be trusted: they see the mistake, and nothing but the mistake. */
class IncidentScriptsIT {
    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.start(18);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @MethodSource("incidents")
    void checkFindsTheMistake(Incident incident) throws SQLException {
        Database database = server.createDatabase(incident + " with");
        for (String script : List.of("1-schema", "2-life", "3-incident", "4-later")) {
            database.run(incident.script(script));
        }
        assertThat(database.query(incident.script("5-check"))).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("incidents")
    void checkFindsNothingWithoutTheMistake(Incident incident) throws SQLException {
        Database database = server.createDatabase(incident + " without");
        for (String script : List.of("1-schema", "2-life", "4-later")) {
            database.run(incident.script(script));
        }
        assertThat(database.query(incident.script("5-check"))).isEmpty();
    }

    static List<Incident> incidents() {
        return List.of(new DeletedUsers(), new NulledColumns(), new TangledNames());
    }
}
