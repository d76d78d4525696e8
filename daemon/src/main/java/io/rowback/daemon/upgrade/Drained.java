package io.rowback.daemon.upgrade;

import io.rowback.history.TransactionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * That the history once held everything that a server had committed; kept as a file in the store's folder, since the
 * daemon, which alone may write the store, runs meanwhile.
 *
 * @param systemIdentifier the server's
 * @param next the transaction id that it was to hand out next: whatever has a lower one is held
 */
public record Drained(String systemIdentifier, TransactionId next) {
    private static final String FILE = "drained";

    /** What was kept in a store's folder last; nothing if its writing was interrupted. */
    public static Optional<Drained> find(Path store) {
        Path file = store.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.size() == 2 && lines.get(1).matches("\\d{1,19}")
                    ? Optional.of(new Drained(lines.get(0), TransactionId.parse(lines.get(1))))
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keeps it in the store's folder, which exists. */
    public void keep(Path store) {
        try {
            Files.write(store.resolve(FILE), List.of(systemIdentifier, next.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets go of what was kept: the next server begins anew. */
    public static void forget(Path store) {
        try {
            Files.deleteIfExists(store.resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
