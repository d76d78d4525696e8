package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * From where on the server has kept its log for the slot, as a look saw it: it writes that down before it lets go of what
 * lies below, so it never goes back, but where the server's data were put back to an earlier state. Kept in a file of the
 * store's folder; without one less is noticed.
 *
 * @param timeline the number of the server's timeline then
 */
public record SlotMark(long timeline, Lsn restart) {
    private static final String FILE = "slot";

    /**
     * What was kept last; nothing if its writing was interrupted.
     *
     * @throws UncheckedIOException if it is there and cannot be read
     */
    public static Optional<SlotMark> find(Path store) {
        Path file = store.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.size() == 3 && lines.get(0).matches("\\d{1,18}")
                    ? Optional.of(new SlotMark(Long.parseLong(lines.get(0)), Lsn.parse(lines.get(1))))
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keeps it in the store's folder. */
    void keep(Path store) throws IOException {
        // The last line tells that those before it are whole.
        Files.write(store.resolve(FILE), List.of(Long.toString(timeline), restart.toString(), "."));
    }
}
