package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.util.Environment;

/**
 * RocksDB's native library, which comes inside its jar. By itself RocksDB unpacks 17 MB into the temporary folder and
 * removes them at the JVM's orderly end, so each kill would leave a copy behind. Here the file is gone as soon as it is
 * loaded: the process keeps what it has mapped. Where {@code java.library.path} names a folder that has it, RocksDB takes it from
 * there and unpacks nothing.
 */
public final class NativeLibrary {
    private static boolean loaded;

    private NativeLibrary() {}

    /** Puts the library into that folder, for processes that name it in {@code java.library.path}. */
    public static void keep(Path folder) {
        String name = Environment.getJniLibraryFileName("rocksdb");
        try (InputStream library = NativeLibraryLoader.class.getResourceAsStream("/" + name)) {
            Files.copy(Objects.requireNonNull(library, name), folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Loads the library, once; RocksDB, which would do so on its first use, then finds it loaded.
     *
     * @throws RowbackException of code FAILED if that cannot be done
     */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        try {
            Path folder = TemporaryFolder.create("rowback-native-");
            try {
                NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
                loaded = true;
            } finally {
                delete(folder);
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            throw new RowbackException(
                    ErrorCode.FAILED,
                    "RocksDB's native library cannot be loaded: " + e.getMessage(),
                    "It is unpacked into " + System.getProperty("java.io.tmpdir")
                            + ", which must be writable and not mounted noexec. Name another folder:"
                            + " ROWBACK_JAVA_OPTS=-Djava.io.tmpdir=DIR.",
                    e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
