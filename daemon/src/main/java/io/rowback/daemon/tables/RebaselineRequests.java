package io.rowback.daemon.tables;

import io.rowback.history.TableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Tables that an operator wants to be read anew: an empty file for each in the store's folder, so that a request reaches a
 * daemon that runs, or else the next.
 */
public final class RebaselineRequests {
    private static final String PREFIX = "rebaseline-";

    private final Path store;

    /** The requests in that store's folder, which exists. */
    public RebaselineRequests(Path store) {
        this.store = store;
    }

    /** Asks for a table. */
    public void add(TableId table) {
        try {
            Files.createFile(file(table));
        } catch (FileAlreadyExistsException e) {
            // It was asked for before and has not been done yet.
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The tables that are asked for. */
    Set<TableId> open() {
        try (Stream<Path> files = Files.list(store)) {
            Set<TableId> tables = new HashSet<>();
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches(PREFIX + "\\d+"))
                    .map(name -> Integer.parseUnsignedInt(name.substring(PREFIX.length())))
                    .forEach(oid -> tables.add(new TableId(oid)));
            return tables;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was asked for is done, or cannot be. */
    void done(TableId table) {
        try {
            Files.deleteIfExists(file(table));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(TableId table) {
        return store.resolve(PREFIX + Integer.toUnsignedString(table.oid()));
    }
}
