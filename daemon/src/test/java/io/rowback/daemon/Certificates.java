package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority of its own, and what it signs, made by the JDK's keytool. */
final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path folder;

    Certificates(Path folder) {
        this.folder = folder;
    }

    /** Makes an authority; returns the file with its certificate. */
    Path authority(String name) throws IOException, InterruptedException, GeneralSecurityException {
        return pair(name, "-ext", "bc:c");
    }

    /** Makes a key and a certificate of it that the authority signed; returns the file with the certificate. */
    Path signed(String name, String authority, String... extensions)
            throws IOException, InterruptedException, GeneralSecurityException {
        List<String> options = new ArrayList<>(List.of("-signer", authority));
        options.addAll(List.of(extensions));
        return pair(name, options.toArray(String[]::new));
    }

    /** The private key, as PEM. */
    Path key(String name) throws IOException, GeneralSecurityException {
        byte[] key = store().getKey(name, PASSWORD.toCharArray()).getEncoded();
        return pem(name + ".key", "PRIVATE KEY", key);
    }

    private Path pair(String name, String... options)
            throws IOException, InterruptedException, GeneralSecurityException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
        command.addAll(List.of("-genkeypair", "-alias", name, "-dname", "CN=" + name));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
        command.addAll(List.of(options));
        command.addAll(List.of("-keystore", folder.resolve("keys.p12").toString(), "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass", PASSWORD));
        Path output = folder.resolve("keytool.out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        return pem(name + ".crt", "CERTIFICATE", store().getCertificate(name).getEncoded());
    }

    private KeyStore store() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(folder.resolve("keys.p12"))) {
            store.load(file, PASSWORD.toCharArray());
        }
        return store;
    }

    private Path pem(String name, String kind, byte[] bytes) throws IOException {
        String text = Base64.getMimeEncoder().encodeToString(bytes);
        return Files.writeString(
                folder.resolve(name), "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }
}
