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
    Path authority(String name) throws IOException, InterruptedException {
        pair(name, "-ext", "bc:c");
        return export(name);
    }

    /** Makes a key and a certificate of it that the authority signed; returns the file with the certificate. */
    Path signed(String name, String authority, String... extensions) throws IOException, InterruptedException {
        pair(name);
        Path request = folder.resolve(name + ".csr");
        keytool(List.of("-certreq", "-alias", name, "-file", request.toString()));
        Path certificate = folder.resolve(name + ".crt");
        List<String> sign = new ArrayList<>(List.of("-gencert", "-alias", authority, "-rfc"));
        sign.addAll(List.of("-infile", request.toString(), "-outfile", certificate.toString()));
        sign.addAll(List.of(extensions));
        keytool(sign);
        return certificate;
    }

    /** The private key, as PEM. */
    Path key(String name) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(folder.resolve("keys.p12"))) {
            store.load(file, PASSWORD.toCharArray());
        }
        byte[] key = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
        String text = "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key)
                + "\n-----END PRIVATE KEY-----\n";
        return Files.writeString(folder.resolve(name + ".key"), text);
    }

    private void pair(String name, String... options) throws IOException, InterruptedException {
        List<String> generate = new ArrayList<>(List.of("-genkeypair", "-alias", name, "-dname", "CN=" + name));
        generate.addAll(List.of("-keyalg", "RSA", "-keysize", "2048", "-validity", "30"));
        generate.addAll(List.of(options));
        keytool(generate);
    }

    private Path export(String name) throws IOException, InterruptedException {
        Path file = folder.resolve(name + ".crt");
        keytool(List.of("-exportcert", "-alias", name, "-rfc", "-file", file.toString()));
        return file;
    }

    private void keytool(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(List.of("-keystore", folder.resolve("keys.p12").toString(), "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass", PASSWORD));
        Path output = folder.resolve("keytool.out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
    }
}
