package io.rowback.testbed;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The server's programs, unpacked from the class path into the temporary folder and left there for the next run. Each
 * week has a copy of its own, because what cleans that folder removes single files that are older than ten days.
 */
final class Binaries {
    private Binaries() {}

    /** The folder that holds {@code bin}, {@code lib} and {@code share} of that major version; readable by everybody. */
    static Path unpacked(int major) throws IOException {
        String user = System.getProperty("user.name");
        Path parent = Path.of(System.getProperty("java.io.tmpdir"), "rowback-postgres-" + user);
        Files.createDirectories(parent);
        if (!Files.getOwner(parent).getName().equals(user)) {
            throw new IOException(parent + " belongs to somebody else");
        }
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        long week = LocalDate.now(ZoneOffset.UTC).toEpochDay() / 7;
        Path home = parent.resolve(version(major) + "-" + week);
        if (!Files.exists(home)) {
            Path incomplete = Files.createTempDirectory(parent, "incomplete");
            unpack(major, incomplete);
            Files.setPosixFilePermissions(incomplete, PosixFilePermissions.fromString("rwxr-xr-x"));
            publish(incomplete, home);
        }
        return home;
    }

    /** Gives a folder the name under which all processes find it, or deletes it if another has that name already. */
    static void publish(Path incomplete, Path complete) throws IOException {
        try {
            Files.move(incomplete, complete, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // Another process was faster: the folder that it made is the same.
            Folders.delete(incomplete);
            if (!Files.exists(complete)) {
                throw e;
            }
        }
    }

    private static String version(int major) throws IOException {
        Properties versions = new Properties();
        try (InputStream in = resource("binaries.properties")) {
            versions.load(Objects.requireNonNull(in));
        }
        String version = versions.getProperty(Integer.toString(major));
        if (version == null) {
            throw new IllegalArgumentException("no binaries of Postgres " + major + ", only of " + versions.keySet());
        }
        return version;
    }

    private static void unpack(int major, Path into) throws IOException {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT).equals("aarch64") ? "arm_64" : "x86_64";
        String name = "binaries/" + major + "/postgres-linux-" + arch + ".txz";
        try (InputStream in = resource(name)) {
            if (in == null) {
                throw new IOException("not built in for this machine: " + name);
            }
            TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(in)));
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpack(tar, entry, into.resolve(entry.getName()).normalize());
            }
        }
    }

    private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(tar, target);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private static @Nullable InputStream resource(String name) {
        return Binaries.class.getResourceAsStream(name);
    }
}
