package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.FOREIGN_KEY;
import static io.rowback.daemon.preflight.Finding.Topic.REPLICA_IDENTITY;
import static io.rowback.daemon.preflight.Finding.Topic.SERVER;
import static io.rowback.daemon.preflight.Finding.Topic.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DigestTest {
    @Test
    void ofManyThingsThatAreAsTheyShouldBeTheFirstAreToldAndOfOthersAll() {
        List<Finding> findings = new ArrayList<>(List.of(SERVER.ok("the server is a primary")));
        for (int i = 0; i < 3_000; i++) {
            findings.add(REPLICA_IDENTITY.ok("public.t" + i + ": FULL would add nothing"));
            if (i < 30) {
                findings.add(FOREIGN_KEY.warn("public.c" + i + " is not captured", null));
            }
        }
        List<Finding> told = Digest.of(findings);
        assertThat(told).hasSize(1 + Digest.ALIKE_MAX + 30 + 1).startsWith(findings.get(0), findings.get(1));
        assertThat(told)
                .contains(findings.get(2 * Digest.ALIKE_MAX - 1))
                .doesNotContain(findings.get(2 * Digest.ALIKE_MAX + 1));
        assertThat(told).filteredOn(finding -> finding.topic() == FOREIGN_KEY).hasSize(30);
        assertThat(told)
                .filteredOn(finding -> finding.topic() == REPLICA_IDENTITY)
                .last()
                .hasToString("ok    2,980 more of replica_identity are ok too, see --json");
        assertThat(Digest.of(findings.subList(0, 41))).isEqualTo(findings.subList(0, 41));
    }

    @Test
    void ofManyThingsOfWhichTheSameIsWrongTheFirstAreToldAndWhatMendsAll() {
        Finding.Kind unreadable = new Finding.Kind("is not covered: role r may not read it", "rowbackd setup-sql");
        Finding.Kind keyless = new Finding.Kind("is not covered: no key", null);
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            findings.add(TABLE.warn("t" + i, unreadable, "GRANT SELECT ON t" + i + " TO r;"));
            if (i < Digest.ALIKE_MAX) {
                findings.add(TABLE.warn("k" + i, keyless, null));
            }
        }
        List<Finding> told = Digest.of(findings);
        assertThat(told).hasSize(2 * Digest.ALIKE_MAX + 1).startsWith(findings.get(0), findings.get(1));
        assertThat(told)
                .last()
                .hasToString("warn  2,980 more of table, each is not covered: role r may not read it, see --json"
                        + "  ->  rowbackd setup-sql");
    }
}
