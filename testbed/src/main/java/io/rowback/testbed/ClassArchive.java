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

/** The classes of the daemon, which tests start again and again, in an archive that its JVM maps instead of loading each. */
public final class ClassArchive {
    private ClassArchive() {}

    /** A short life of the daemon, ended well, with this option of its JVM. */
    @FunctionalInterface
    public interface Rehearsal {
        /** Plays it with a database that has a table {@code t (id, a)}, in a folder that is its own. */
        void play(String option, Database database, Path folder) throws Exception;
    }

    /**
     * The option with which the daemon's JVM takes the module's archive, where it can. Of all processes that ask, one plays
     * the rehearsal while the others wait, and again only once a jar is newer.
     *
     * @param jars the daemon's class path
     */
    public static synchronized String option(List<Path> jars, Rehearsal rehearsal) {
        try {
            return option(Path.of("target", "rowbackd.jsa").toAbsolutePath(), jars, rehearsal);
        } catch (Exception e) {
            throw new IllegalStateException("no archive of classes was made", e);
        }
    }

    private static String option(Path file, List<Path> jars, Rehearsal rehearsal) throws Exception {
        Path lock = file.resolveSibling(file.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            Objects.requireNonNull(held);
            if (!isUpToDate(file, jars)) {
                Path made = file.resolveSibling(file.getFileName() + ".new");
                play(rehearsal, "-XX:ArchiveClassesAtExit=" + made);
                if (!Files.exists(made)) {
                    // A JVM that cannot make one goes without.
                    Files.createFile(made);
                }
                Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return "-XX:SharedArchiveFile=" + file;
    }

    private static void play(Rehearsal rehearsal, String option) throws Exception {
        Path folder = Files.createTempDirectory("rowback-rehearsal");
        try (PostgresServer server = PostgresServer.start(18)) {
            Database database = server.createDatabase("app");
            database.run("create table t (id int primary key, a text); insert into t values (1, 'a')");
            rehearsal.play(option, database, folder);
        } finally {
            Folders.delete(folder);
        }
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
