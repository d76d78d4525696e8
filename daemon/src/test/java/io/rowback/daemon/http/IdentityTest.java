package io.rowback.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import io.rowback.testbed.ThrowawayIdentity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
    private static final String TOKEN = "0123456789abcdef0123";

    private static final Map<String, ThrowawayIdentity> IDENTITIES = new HashMap<>();

    @TempDir
    private static Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void whoTrustsTheCertificateAndBearsTheTokenIsAnsweredAndPlainHttpIsNot(String algorithm) throws Exception {
        ThrowawayIdentity identity = identity(algorithm);
        Config.Http settings = new Config.Http("127.0.0.1:0", TOKEN, null, identity.certificate(), identity.key());
        try (Metrics metrics = new Metrics();
                StatusServer server = StatusServer.start(settings, metrics, new Health())) {
            String place = "://127.0.0.1:" + server.address().getPort() + "/health";
            HttpClient client =
                    HttpClient.newBuilder().sslContext(identity.trusted()).build();
            assertThat(status(client, "https" + place, TOKEN)).isEqualTo(200);
            assertThat(status(client, "https" + place, "another")).isEqualTo(401);
            assertThatThrownBy(() -> status(client, "http" + place, TOKEN)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> status(HttpClient.newHttpClient(), "https" + place, TOKEN))
                    .isInstanceOf(IOException.class);
        }
    }

    /** Of each kind there is one: to make it takes seconds. */
    private static ThrowawayIdentity identity(String kind) throws Exception {
        if (!IDENTITIES.containsKey(kind)) {
            IDENTITIES.put(kind, ThrowawayIdentity.make(folder, kind));
        }
        return Objects.requireNonNull(IDENTITIES.get(kind));
    }

    private static int status(HttpClient client, String uri, String token) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri))
                .header("Authorization", "Bearer " + token)
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Test
    void keyThatEveryAccountMayReadIsRefused() throws Exception {
        ThrowawayIdentity identity = ThrowawayIdentity.make(folder, "EC");
        Files.setPosixFilePermissions(identity.key(), PosixFilePermissions.fromString("rw-r-----"));
        Identity.read(identity.certificate(), identity.key());
        Files.setPosixFilePermissions(identity.key(), PosixFilePermissions.fromString("rw-r--r--"));
        assertRefused(
                () -> Identity.read(identity.certificate(), identity.key()),
                "every account may read http.key " + identity.key());
    }

    @Test
    void keyOfAnotherCertificateIsRefused() throws Exception {
        Path certificate = identity("EC").certificate();
        Path key = ThrowawayIdentity.make(folder, "EC").key();
        assertRefused(() -> Identity.read(certificate, key), "http.key does not belong to http.certificate");
    }

    @Test
    void filesOfAnotherKindAreNamedAndNeverQuoted() throws Exception {
        ThrowawayIdentity identity = identity("RSA");
        Path old = Files.writeString(
                Files.createTempFile(folder, "old", ".pem"),
                "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n");
        assertRefused(
                () -> Identity.read(identity.certificate(), old), "http.key holds no private key that can be read");
        assertRefused(() -> Identity.read(old, identity.key()), "http.certificate holds no certificate");
        Path other = identity("EC").key();
        assertRefused(
                () -> Identity.read(identity.certificate(), other),
                "http.key holds no private key for a certificate of kind RSA");
        assertRefused(
                () -> Identity.read(folder.resolve("none"), other),
                "cannot read http.certificate " + folder.resolve("none"));
    }

    private static void assertRefused(ThrowingCallable reading, String message) {
        assertThatThrownBy(reading).hasMessage(message).isInstanceOfSatisfying(RowbackException.class, e -> assertThat(
                        e.code())
                .isEqualTo(ErrorCode.USAGE));
    }
}
