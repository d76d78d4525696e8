package io.rowback.testbed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/** The classes of a program that tests start again and again, in an archive that its JVM maps instead of loading each. */
public final class ClassArchive {
    private ClassArchive() {}

    /** A short life of the program, ended well, with this option of its JVM. */
    @FunctionalInterface
    public interface Rehearsal {
        /** Plays it. */
        void play(String option) throws Exception;
    }

    /**
     * The option with which the program's JVM takes the archive, where it can. Of all processes that ask, one plays the
     * rehearsal while the others wait, and again only once a jar is newer.
     *
     * @param file where the archive is kept
     * @param jars the program's class path
     */
    public static synchronized String option(Path file, List<Path> jars, Rehearsal rehearsal) throws Exception {
        Path lock = file.resolveSibling(file.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            Objects.requireNonNull(held);
            if (!isUpToDate(file, jars)) {
                Path made = file.resolveSibling(file.getFileName() + ".new");
                rehearsal.play("-XX:ArchiveClassesAtExit=" + made);
                if (!Files.exists(made)) {
                    // A JVM that cannot make one goes without.
                    Files.createFile(made);
                }
                Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return "-XX:SharedArchiveFile=" + file;
    }

    private static boolean isUpToDate(Path file, List<Path> jars) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        for (Path jar : jars) {
            if (Files.getLastModifiedTime(jar).compareTo(Files.getLastModifiedTime(file)) > 0) {
                return false;
            }
        }
        return true;
    }
}
