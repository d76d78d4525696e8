package io.rowback.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusServerTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"9187", ":9187", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:65536", "localhost:-1"})
    void whatIsNoAddressIsSaidToBeNone(String listen) {
        assertThatThrownBy(() -> start(listen))
                .hasMessage("http.listen is \"" + listen + "\", not host:port")
                .isInstanceOfSatisfying(RowbackException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
                });
    }

    @Test
    void hostThatIsNotKnownIsNamed() {
        assertThatThrownBy(() -> start("no.such.host.invalid:9187"))
                .hasMessage("http.listen names host no.such.host.invalid, which is not known");
    }

    @Test
    void addressThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String listen = "127.0.0.1:" + taken.getLocalPort();
            assertThatThrownBy(() -> start(listen)).hasMessageStartingWith("cannot serve metrics at " + listen + ": ");
        }
    }

    @Test
    void addressOfVersionSixIsListenedAt() {
        start("[::1]:0").close();
    }

    private static StatusServer start(String listen) {
        return StatusServer.start(listen, new Metrics(), new Health());
    }
}
