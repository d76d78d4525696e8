package io.rowback.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The file in which the driver looks for a password that nobody gave it: {@code PGPASSFILE}, else {@code ~/.pgpass}. */
final class PasswordFile {
    private static final Set<PosixFilePermission> OF_OTHERS = EnumSet.complementOf(EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));

    private PasswordFile() {}

    /** That file, if others than its owner may do anything with it: libpq does not read it then, and the driver would. */
    static Optional<Path> openToOthers(Map<String, String> environment) {
        String named = environment.getOrDefault("PGPASSFILE", "").strip();
        try {
            Path file = named.isEmpty() ? Path.of(System.getProperty("user.home"), ".pgpass") : Path.of(named);
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            return permissions.stream().anyMatch(OF_OTHERS::contains) ? Optional.of(file) : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            // There is none that could be read.
            return Optional.empty();
        }
    }
}
