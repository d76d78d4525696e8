package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;

/** A file that a key names and that holds a secret. */
public final class SecretFile {
    private SecretFile() {}

    /**
     * What a file holds, which its owner and its group may read, as a server's key for {@code ssl_key_file}, but nobody else.
     *
     * @param key the key that names it
     * @throws RowbackException of code USAGE if it cannot be read, or every account can
     */
    public static String read(ConfigKey key, Path file) {
        String name = key.path() + " " + PrintableText.oneLine(file.toString());
        try {
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                throw new RowbackException(
                        ErrorCode.USAGE,
                        "every account may read " + name,
                        "Only its owner and group may: chmod o= " + ShellWord.quote(file.toString())
                                + "; and put another secret into it if others use this machine.");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "cannot read " + name, "Check that it is there and this account may read it.", e);
        }
    }
}
