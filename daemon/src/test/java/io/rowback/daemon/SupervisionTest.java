package io.rowback.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SupervisionTest {
    @Test
    void serversMessageCannotBecomeAnAssignmentOfItsOwn() {
        assertThat(Supervision.status("app: failed:\nMAINPID=1")).isEqualTo("STATUS=app: failed:\\nMAINPID=1");
    }

    @Test
    void statusIsNeverSoLongThatTheMessageIsDropped() {
        assertThat(Supervision.status("東".repeat(5_000)).getBytes(UTF_8).length).isLessThan(4_000);
    }
}
