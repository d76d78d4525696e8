package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/** The folder that a store lives in. */
public final class StoreFolder {
    private StoreFolder() {}

    /** Whether something failed because the disk has no room. A writer has to be opened anew then. */
    public static boolean isFull(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(cause -> cause instanceof RocksDBException refusal && Database.isFull(refusal));
    }

    /** How many bytes the store's files take, without the copies that were put aside. */
    public static long bytes(Path directory) {
        return bytes(directory, Files::isRegularFile);
    }

    /** How many of them are RocksDB's write-ahead log. */
    public static long walBytes(Path directory) {
        return bytes(directory, StoreFolder::isWal);
    }

    /** The files of RocksDB's write-ahead log. */
    static List<Path> recordLogs(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(StoreFolder::isWal).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isWal(Path file) {
        return file.toString().endsWith(".log");
    }

    private static long bytes(Path directory, Predicate<Path> counted) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(counted).mapToLong(StoreFolder::length).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            // The writer has just removed it.
            return 0;
        }
    }

    /** Opens the database in it for writing, and keeps everybody else out. */
    static Database open(Path directory) {
        makePrivate(directory);
        requireList(directory);
        try {
            return Database.open(directory);
        } catch (RocksDBException e) {
            if (Database.isCorrupt(e)) {
                throw corrupt(directory, e);
            }
            if (Database.isFull(e)) {
                throw Database.failure("in " + directory + " cannot be opened", e);
            }
            String reason = String.valueOf(e.getMessage());
            boolean locked = reason.contains("lock hold by") || reason.contains("While lock file");
            throw new RowbackException(
                    ErrorCode.STORE_UNUSABLE,
                    locked
                            ? "the store in " + directory + " is locked by another process"
                            : "the store in " + directory + " cannot be opened: " + reason,
                    locked
                            ? "Only one rowbackd can write a store; stop the other one."
                            : "The account that runs rowbackd must own all that is in it, also what somebody else wrote who ran"
                                    + " it by hand: chown -R.",
                    e);
        }
    }

    /** Deletes a folder and all that is in it; does nothing if there is none. */
    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void makePrivate(Path directory) {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.STORE_UNUSABLE,
                    "the store's directory " + directory + " cannot be made private: " + e.getMessage(),
                    "The account that runs rowbackd must own it.",
                    e);
        }
    }

    /**
     * Sees to it that RocksDB's list of its files is not lost. Where {@code CURRENT}, which names it, is gone RocksDB would
     * begin a new store, and delete the files of the old one. A store that is just being made has neither sorted files nor a
     * log before it has one; so those are looked for first.
     *
     * @throws RowbackException of code STORE_CORRUPT
     */
    static void requireList(Path directory) {
        Path current = directory.resolve("CURRENT");
        try {
            boolean entries = hasEntries(directory);
            if (Files.exists(current)) {
                String list = Files.readString(current, StandardCharsets.ISO_8859_1);
                // A writer may have begun another one since.
                if (!Files.exists(directory.resolve(list.strip()))
                        && list.equals(Files.readString(current, StandardCharsets.ISO_8859_1))) {
                    throw corrupt(directory, "CURRENT names a file that is not there", null);
                }
            } else if (entries) {
                throw corrupt(directory, "CURRENT is missing", null);
            }
        } catch (InvalidPathException e) {
            throw corrupt(directory, "CURRENT names no file", e);
        } catch (IOException e) {
            // What this account may not read says so when it is opened.
        }
    }

    /**
     * Sees to it that one can look into it: a store that is closed to this account is not none.
     *
     * @throws RowbackException of code STORE_UNUSABLE
     */
    static void requireAccess(Path directory) {
        try {
            Files.size(directory.resolve("CURRENT"));
        } catch (NoSuchFileException e) {
            // There is none.
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.STORE_UNUSABLE,
                    "this account may not look into " + directory,
                    "Only the daemon's account may: sudo -u rowback rowback ...",
                    e);
        }
    }

    private static boolean hasEntries(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.toString().endsWith(".sst") || isWal(file));
        }
    }

    /** That RocksDB cannot even open it. */
    static RowbackException corrupt(Path directory, RocksDBException e) {
        return corrupt(directory, String.valueOf(e.getMessage()), e);
    }

    /** The same, found by ourselves. */
    static RowbackException corrupt(Path directory, String reason, @Nullable Throwable cause) {
        return new RowbackException(
                ErrorCode.STORE_CORRUPT,
                "the store in " + directory + " is corrupt: " + reason,
                "rowback verify tells which files are damaged. Restore it from a backup, or move it away and let rowbackd"
                        + " begin a new one.",
                cause);
    }
}
