package io.rowback.history.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A private folder for what RocksDB writes in a reader: its own messages, since the store's folder may not be writable
 * to us. It goes when closed, or with the process if a signal ends that first.
 */
final class Scratch implements AutoCloseable {
    private final Path folder;
    private final Thread atExit = new Thread(() -> StoreFolder.delete(folder()), "scratch-clean-up");

    Scratch() {
        try {
            folder = TemporaryFolder.create("rowback-reader");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        StoreFolder.delete(folder);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is ending already and does the same once more, which does no harm.
            return;
        }
    }
}
