package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.StoreFolder;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.StorePrinter;
import java.time.Instant;
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
                .print(new StorePrinter.Status(
                        store(), reader.info(), reader.tables(), StoreFolder.bytes(store()), Instant.now()));
        return ErrorCode.DONE;
    }
}
