package io.rowback.restore.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The daemon of this machine, as the configuration that both share says where it listens. It is trusted by the
 * certificate that the configuration names, whatever name that is for.
 */
public final class RunningDaemon {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CONNECT_MILLIS = 2_000;
    private static final int ANSWER_MILLIS = 5_000;
    private static final int ANSWER_BYTES_MAX = 1 << 20;
    private static final int UNAUTHORIZED = 401;

    private final Config.Http settings;

    public RunningDaemon(Config.Http settings) {
        this.settings = settings;
    }

    /** Asks how a database fares, by its name in the configuration. */
    public DaemonAnswer ask(String database) {
        String address = address();
        if (settings.listen().isEmpty()) {
            return new DaemonAnswer.Silence("", "http.listen is empty, so it cannot be asked");
        }
        try {
            return read(address, fetch(address), database);
        } catch (IOException | GeneralSecurityException | RowbackException e) {
            String reason = e.getMessage();
            return new DaemonAnswer.Silence(
                    address, reason == null ? e.getClass().getSimpleName() : reason);
        }
    }

    /** Where it can be reached from here: where it listens at every address, at ours. */
    private String address() {
        String listen = settings.listen();
        int colon = listen.lastIndexOf(':');
        try {
            boolean every = colon > 0
                    && InetAddress.getByName(listen.substring(0, colon)).isAnyLocalAddress();
            return every ? "127.0.0.1" + listen.substring(colon) : listen;
        } catch (IOException e) {
            return listen;
        }
    }

    private byte[] fetch(String address) throws IOException, GeneralSecurityException {
        HttpURLConnection connection = connection(address);
        try {
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(ANSWER_MILLIS);
            connection.setInstanceFollowRedirects(false);
            String token = settings.token();
            if (token != null) {
                connection.setRequestProperty("Authorization", "Bearer " + token);
            }
            int status = connection.getResponseCode();
            if (status == UNAUTHORIZED) {
                throw new IOException("it wants a token that this account's configuration does not have");
            }
            try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                return body == null ? new byte[0] : body.readNBytes(ANSWER_BYTES_MAX);
            }
        } finally {
            connection.disconnect();
        }
    }

    private HttpURLConnection connection(String address) throws IOException, GeneralSecurityException {
        Path certificate = settings.certificate();
        if (certificate == null) {
            return (HttpURLConnection) url("http", address).openConnection(Proxy.NO_PROXY);
        }
        HttpsURLConnection connection =
                (HttpsURLConnection) url("https", address).openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(trusting(certificate).getSocketFactory());
        // Its names are those that others know this machine by.
        connection.setHostnameVerifier((host, session) -> true);
        return connection;
    }

    private static URL url(String scheme, String address) throws MalformedURLException {
        return new URL(scheme + "://" + address + "/health");
    }

    private static SSLContext trusting(Path file) throws IOException, GeneralSecurityException {
        Certificate certificate = CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("daemon", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static DaemonAnswer read(String address, byte[] body, String name) {
        JsonNode database = parsed(body).path("databases").path(name);
        if (!database.path("state").isTextual()) {
            return new DaemonAnswer.Silence(address, "what answers there tells nothing of database " + name);
        }
        JsonNode bytes = database.path("lag_bytes");
        JsonNode seconds = database.path("rpo_seconds");
        return new DaemonAnswer.Report(
                address,
                database.path("state").asText(),
                database.path("since").asText(),
                database.path("durable").asText(),
                bytes.isNumber() ? bytes.asLong() : null,
                seconds.isNumber() ? seconds.asDouble() : null,
                failure(database.path("last_failure")));
    }

    private static DaemonAnswer.@Nullable Failure failure(JsonNode failure) {
        return failure.isObject()
                ? new DaemonAnswer.Failure(
                        failure.path("time").asText(),
                        failure.path("message").asText(),
                        failure.path("hint").isTextual() ? failure.path("hint").asText() : null)
                : null;
    }

    /** An empty document if it is none. */
    private static JsonNode parsed(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }
}
