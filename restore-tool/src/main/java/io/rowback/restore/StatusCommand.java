package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.StorePrinter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** {@code rowback status}. */
@Command(
        name = "status",
        description = "What the history covers: since when, up to where, gaps, size.",
        footerHeading = "%nEXAMPLES%n",
        footer = {"  rowback status", "  rowback status --json"})
final class StatusCommand extends StoreCommand {
    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        new StorePrinter(output)
                .print(new StorePrinter.Status(store(), reader.info(), reader.tables(), size(store()), Instant.now()));
        return ErrorCode.DONE;
    }

    private static long size(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(StatusCommand::length).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            // The daemon has just removed it.
            return 0;
        }
    }
}
