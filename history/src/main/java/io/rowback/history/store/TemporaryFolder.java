package io.rowback.history.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes folders in the JVM's temporary folder that this account alone may enter. The JDK does so too, but under names from a secure
 * random number, whose first one takes a twentieth of a short command; a folder that is new is ours whoever guesses its name.
 */
final class TemporaryFolder {
    private TemporaryFolder() {}

    /**
     * A new one.
     *
     * @param prefix what its name begins with
     * @throws IOException if none can be made
     */
    static Path create(String prefix) throws IOException {
        String name = prefix + Long.toHexString(ThreadLocalRandom.current().nextLong());
        return Files.createDirectory(
                Path.of(System.getProperty("java.io.tmpdir"), name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
}
