package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class FailuresTest {
    @Test
    void streamThatEndedWhileAPositionWasToldIsBegunAgain() {
        assertThat(Failures.heals(new IllegalStateException(new PSQLException(
                        "Tried to write to an inactive copy operation", PSQLState.OBJECT_NOT_IN_STATE))))
                .isTrue();
    }

    @Test
    void whatTheServerSaysWithTheSameStateIsForAnOperator() {
        ServerErrorMessage lost = new ServerErrorMessage("SERROR\0C55000\0Mcannot read from the slot\0");
        assertThat(Failures.heals(new PSQLException(lost))).isFalse();
    }
}
