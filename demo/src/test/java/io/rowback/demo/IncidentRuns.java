package io.rowback.demo;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** What tests of incidents are played with: the incident, the server's major version and the tables' replica identity. */
final class IncidentRuns {
    private IncidentRuns() {}

    /** These; in the nightly profile every incident on every version with both identities. */
    static Stream<Arguments> ofBuild(Arguments... runs) {
        return Boolean.getBoolean("rowback.nightly") ? all() : Stream.of(runs);
    }

    private static Stream<Arguments> all() {
        return Stream.of(new DeletedUsers(), new NulledColumns(), new TangledNames())
                .flatMap(incident -> Stream.of(14, 15, 16, 17, 18).flatMap(postgres -> Stream.of("default", "full")
                        .map(identity -> Arguments.of(incident, postgres, identity))));
    }
}
