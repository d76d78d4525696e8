package io.rowback.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for 127.0.0.1 that signed itself, and its key.
 *
 * @param certificate PEM file
 * @param key PEM file, PKCS #8
 * @param trusted what a client connects with that trusts it
 */
public record ThrowawayIdentity(Path certificate, Path key, SSLContext trusted) {
    private static final String PASSWORD = "secret";

    /** Makes one in a folder of its own below, with a key of that kind: RSA, EC, Ed25519. */
    public static ThrowawayIdentity make(Path folder, String kind)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path file = Files.createTempDirectory(folder, "identity").resolve("store.p12");
        run(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-alias",
                "http",
                "-keyalg",
                kind,
                "-dname",
                "CN=rowback",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream bytes = Files.newInputStream(file)) {
            store.load(bytes, PASSWORD.toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext trusted = SSLContext.getInstance("TLS");
        trusted.init(null, trust.getTrustManagers(), null);
        byte[] key = store.getKey("http", PASSWORD.toCharArray()).getEncoded();
        return new ThrowawayIdentity(
                pem(
                        Files.createTempFile(folder, "certificate", ".pem"),
                        "CERTIFICATE",
                        store.getCertificate("http").getEncoded()),
                pem(Files.createTempFile(folder, "key", ".pem"), "PRIVATE KEY", key),
                trusted);
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException("keytool failed");
        }
    }

    private static Path pem(Path file, String kind, byte[] bytes) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }
}
