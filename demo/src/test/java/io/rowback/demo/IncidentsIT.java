package io.rowback.demo;

import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each incident ends well, whatever the version of Postgres and the tables' replica identity. The build plays each on the
 * oldest and the newest, the nightly profile on all with both identities.
 */
class IncidentsIT {
    private static final Path HOME = Path.of(System.getProperty("rowback.home"));
    private static final Map<Integer, PostgresServer> SERVERS = new TreeMap<>();

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest(name = "{0} on Postgres {1}, replica identity {2}")
    @MethodSource("runs")
    void everythingLostComesBackAndNothingElseChanges(Incident incident, int postgres, String identity)
            throws SQLException, IOException {
        PostgresServer server = SERVERS.computeIfAbsent(postgres, PostgresServer::start);
        String name = incident.name().replace('-', '_') + "_" + identity;
        Story story = new Story(System.out);
        try (IncidentRun run = new IncidentRun(incident, server.createDatabase(name), HOME, story)) {
            run.play(identity);
        }
    }

    static Stream<Arguments> runs() {
        return IncidentRuns.ofBuild(
                Arguments.of(new DeletedUsers(), 14, "default"),
                Arguments.of(new DeletedUsers(), 18, "full"),
                Arguments.of(new NulledColumns(), 14, "full"),
                Arguments.of(new NulledColumns(), 18, "default"),
                Arguments.of(new TangledNames(), 14, "default"),
                Arguments.of(new TangledNames(), 18, "full"));
    }
}
