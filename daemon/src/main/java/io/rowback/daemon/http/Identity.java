package io.rowback.daemon.http;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.ConfigKey;
import io.rowback.postgres.SecretFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Certificate and private key that the server shows, from PEM files as certificate authorities hand them out. */
final class Identity {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final String CONVERT =
            "It takes PKCS #8 without a password: openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out NEW.pem";
    private static final byte[] PROBE = {1};
    /** A key store in memory wants one; it protects nothing. */
    private static final char[] NO_PASSWORD = {};

    private Identity() {}

    /**
     * What TLS connections are made with.
     *
     * @throws RowbackException of code USAGE if the files are not what they should be or do not belong together
     */
    static SSLContext read(Path certificate, Path key) {
        Certificate[] chain = certificates(certificate);
        PrivateKey secret = privateKey(key, chain[0].getPublicKey().getAlgorithm());
        requirePair(chain[0], secret);
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, NO_PASSWORD);
            store.setKeyEntry("http", secret, NO_PASSWORD, chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw unfit("http.certificate and http.key cannot be used: " + e.getMessage(), null, e);
        }
    }

    private static Certificate[] certificates(Path file) {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(bytes(file)))
                    .toArray(Certificate[]::new);
            if (chain.length > 0) {
                return chain;
            }
            throw unfit("http.certificate holds no certificate", "It takes a PEM file.", null);
        } catch (GeneralSecurityException e) {
            throw unfit("http.certificate holds no certificate", "It takes a PEM file.", e);
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm) {
        Matcher pem = PRIVATE_KEY.matcher(SecretFile.read(ConfigKey.HTTP_KEY, file));
        if (!pem.find()) {
            throw unfit("http.key holds no private key that can be read", CONVERT, null);
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Not the cause: it may quote what it could not read.
            throw unfit("http.key holds no private key for a certificate of kind " + algorithm, CONVERT, null);
        }
    }

    /** Otherwise the first connection would find out. */
    private static void requirePair(Certificate certificate, PrivateKey key) {
        String kind = key.getAlgorithm().startsWith("Ed") ? "" : "SHA256with";
        String name = kind + key.getAlgorithm().replaceFirst("^EC$", "ECDSA");
        try {
            Signature signature = Signature.getInstance(name);
            signature.initSign(key);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(PROBE);
            if (signature.verify(signed)) {
                return;
            }
        } catch (GeneralSecurityException e) {
            throw unfit("http.certificate and http.key cannot be used: " + e.getMessage(), null, e);
        }
        throw unfit("http.key does not belong to http.certificate", null, null);
    }

    private static byte[] bytes(Path certificate) {
        try {
            return Files.readAllBytes(certificate);
        } catch (IOException e) {
            throw unfit(
                    "cannot read http.certificate " + certificate,
                    "Check that it is there and this account may read it.",
                    e);
        }
    }

    private static RowbackException unfit(String message, @Nullable String hint, @Nullable Exception cause) {
        return new RowbackException(ErrorCode.USAGE, message, hint, cause);
    }
}
