package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.FileNotFoundException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
    private final Connections connections =
            new Connections(ConnectionSettings.parse("postgresql://rowback@h/app"), "test");

    @Test
    void missingPasswordIsNotTakenForAServerThatIsDown() {
        RowbackException rejected = explained("08004");
        assertThat(rejected.code()).isEqualTo(ErrorCode.NO_POSTGRES);
        assertThat(rejected.hint()).contains("~/.pgpass");
        assertThat(explained("08001").hint()).contains("Is the server running");
    }

    @Test
    void certificateThatIsNotThereIsNotTakenForAServerThatIsDown() {
        SQLException failure = new SQLException("no root.crt", "08006", new FileNotFoundException("root.crt"));
        assertThat(connections.explain("connecting to", failure).hint()).startsWith("TLS failed: sslrootcert");
    }

    @Test
    void whatAReachedServerRefusesIsNoMatterOfConnecting() {
        assertThat(explained("55006").code()).isEqualTo(ErrorCode.FAILED);
        assertThat(explained("55006").hint()).contains("Another process reads the slot");
        assertThat(explained("55P03").code()).isEqualTo(ErrorCode.FAILED);
        assertThat(explained("55P03").hint()).contains("Another session holds a lock");
        assertThat(explained("42704").hint()).contains("recorded as a gap");
        assertThat(explained("22012").hint()).isNull();
    }

    /** Preflight tells which version is too old; a server that refuses the connection could not be told so. */
    @Test
    void noServerIsAskedAtTheStartForASettingThatItMayNotKnow() {
        assertThat(connections.driverProperties().getProperty("options"))
                .contains("-c idle_in_transaction_session_timeout=0")
                .doesNotContain("idle_session_timeout", "transaction_timeout");
    }

    private RowbackException explained(String state) {
        return connections.explain("connecting to", new SQLException("no", state));
    }
}
