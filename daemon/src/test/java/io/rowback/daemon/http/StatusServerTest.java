package io.rowback.daemon.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import io.rowback.testbed.ThrowawayIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatusServerTest {
    private static final String TOKEN = "a1b2c3d4e5f6a7b8c9";

    private final Metrics metrics = new Metrics();
    private final AtomicLong nanoTime = new AtomicLong();
    private final Health health = new Health(nanoTime::get);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        metrics.close();
    }

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

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:0", "[::]:0"})
    void addressThatOthersReachTakesTokenAndTls(String listen) throws Exception {
        ThrowawayIdentity identity = ThrowawayIdentity.make(folder, "EC");
        List<Config.Http> unsafe =
                List.of(http(listen, null, null), http(listen, TOKEN, null), http(listen, null, identity));
        assertThat(unsafe).allSatisfy(settings -> assertThatThrownBy(() -> start(settings))
                .hasMessage("http.listen is \"" + listen + "\", which other machines reach, without a token and TLS")
                .isInstanceOfSatisfying(RowbackException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
                    assertThat(e.hint()).contains("http.token_file").contains("http.certificate");
                }));
        start(http(listen, TOKEN, identity)).close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Authorization: Bearer\r\n",
                "Authorization: Bearer a1b2c3d4e5f6a7b8c\r\n",
                "Authorization: Bearer a1b2c3d4e5f6a7b8c9x\r\n",
                "Authorization: Basic a1b2c3d4e5f6a7b8c9\r\n",
                "Authorization: a1b2c3d4e5f6a7b8c9\r\n"
            })
    void whoDoesNotBearTheTokenIsToldNothing(String header) throws IOException {
        Path file = Files.writeString(Files.createTempFile(folder, "token", ""), TOKEN + "\n");
        try (StatusServer server = start(new Config.Http("127.0.0.1:0", null, file, null, null))) {
            for (String path : List.of("/metrics", "/health", "/ready", "/other")) {
                assertThat(ask(server, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header))
                        .startsWith("HTTP/1.1 401 ")
                        .contains("Www-authenticate: Bearer")
                        .doesNotContain("rowback_", TOKEN);
            }
            // Whoever bears it may ask under any name.
            assertThat(ask(
                            server,
                            "GET /metrics HTTP/1.1\r\nHost: db1.example\r\nAuthorization: Bearer " + TOKEN + "\r\n"))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void tokenThatEveryAccountMayReadIsRefused() throws IOException {
        Path file = Files.writeString(Files.createTempFile(folder, "token", ""), TOKEN);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> start(new Config.Http("127.0.0.1:0", null, file, null, null)))
                .hasMessage("every account may read http.token_file " + file);
    }

    @Test
    void tokenThatCanBeGuessedIsRefused() {
        assertThatThrownBy(() -> start(http("127.0.0.1:0", "", null)))
                .hasMessage("the token for HTTP has fewer than 16 characters");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET     | /metrics            | localhost       | 200",
                "HEAD    | /metrics            | 127.0.0.1:9187  | 200",
                "GET     | /health             | [::1]:9187      | 200",
                "GET     | /ready?verbose=1    | localhost:9187  | 200",
                "GET     | /                   | localhost       | 404",
                "GET     | /metrics/           | localhost       | 404",
                "GET     | /metrics/../health  | localhost       | 404",
                "GET     | /%6detrics          | localhost       | 404",
                "POST    | /metrics            | localhost       | 405",
                "DELETE  | /health             | localhost       | 405",
                "BREW    | /ready              | localhost       | 405",
                "GET     | /metrics            | evil.example    | 421",
                "GET     | /metrics            | localhost.evil.example:80 | 421",
            })
    void onlyWhatIsServedIsAnswered(String method, String path, String host, int status) throws IOException {
        try (StatusServer server = start("127.0.0.1:0")) {
            assertThat(ask(server, method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n"))
                    .startsWith("HTTP/1.1 " + status + " ");
        }
    }

    @Test
    void slowClientsDoNotKeepOthersWaitingAndAreCutOff() throws IOException {
        try (StatusServer server = start("127.0.0.1:0")) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), server.address().getPort());
                socket.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: loc".getBytes(UTF_8));
                slow.add(socket);
            }
            assertThat(ask(server, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            for (Socket socket : slow) {
                socket.setSoTimeout(60_000);
                assertThat(isCutOff(socket)).isTrue();
                socket.close();
            }
        }
    }

    private static boolean isCutOff(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void processIsAliveWhateverBefallsADatabaseAndReadyOnlyWhileAllAreCaptured() throws IOException {
        try (StatusServer server = start("127.0.0.1:0")) {
            health.starting("app");
            assertThat(statusOf(server, "/health")).isEqualTo(200);
            assertThat(statusOf(server, "/ready")).isEqualTo(503);
            health.capturing("app");
            assertThat(statusOf(server, "/ready")).isEqualTo(200);
            health.failing("app", new RowbackException(ErrorCode.NO_POSTGRES, "it said \"no\"\n", "wait"));
            assertThat(statusOf(server, "/ready")).isEqualTo(503);
            health.ended("app", new RowbackException(ErrorCode.REFUSED, "it said \"no\"\n", "wait"));
            assertThat(statusOf(server, "/health")).isEqualTo(200);
            assertThat(ask(server, "GET /ready HTTP/1.1\r\nHost: localhost\r\n"))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("\"app\":{\"state\":\"ended\"")
                    .contains("\"message\":\"it said \\\"no\\\"\\n\",\"hint\":\"wait\",\"exit_code\":4");
            health.broken();
            assertThat(statusOf(server, "/health")).isEqualTo(503);
        }
    }

    @Test
    void processIsAliveUntilAStepTakesThreeMinutes() throws IOException {
        health.starting("app");
        Progress progress = health.progress("app");
        try (StatusServer server = start("127.0.0.1:0")) {
            progress.step("waiting for nobody");
            assertThat(health.goesOn()).isTrue();
            assertThat(ask(server, "GET /health HTTP/1.1\r\nHost: localhost\r\n"))
                    .contains("\"slow_step\":null");
            nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(180));
            assertThat(health.goesOn()).isFalse();
            assertThat(ask(server, "GET /health HTTP/1.1\r\nHost: localhost\r\n"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("\"slow_step\":\"waiting for nobody for 180 s\"");
            nanoTime.incrementAndGet();
            assertThat(statusOf(server, "/health")).isEqualTo(503);
            progress.step("the next");
            assertThat(statusOf(server, "/health")).isEqualTo(200);
            assertThat(health.goesOn()).isTrue();
        }
    }

    private int statusOf(StatusServer server, String path) throws IOException {
        String answer = ask(server, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        return Integer.parseInt(answer.substring(9, 12));
    }

    /** What the server says to a request of this line and these headers. */
    private static String ask(StatusServer server, String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write((request + "Connection: close\r\n\r\n").getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static Config.Http http(String listen, @Nullable String token, @Nullable ThrowawayIdentity identity) {
        return identity == null
                ? new Config.Http(listen, token, null, null, null)
                : new Config.Http(listen, token, null, identity.certificate(), identity.key());
    }

    private StatusServer start(String listen) {
        return start(http(listen, null, null));
    }

    private StatusServer start(Config.Http settings) {
        return StatusServer.start(settings, metrics, health);
    }
}
