package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.Verification;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.StorePrinter;
import java.io.UncheckedIOException;
import picocli.CommandLine.Command;

/** {@code rowback verify}. */
@Command(
        name = "verify",
        description = "Reads the whole store: checksums, the indexes against the log, and counts.",
        footerHeading = "%nEXAMPLES%n",
        footer = {"  rowback verify", "  rowback verify --json"})
final class VerifyCommand extends StoreCommand {
    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Verification verification = reader.verify((family, entries) -> {});
        try {
            new StorePrinter(output).print(verification);
        } catch (UncheckedIOException e) {
            if (verification.sound()) {
                throw e;
            }
        }
        if (verification.sound()) {
            return ErrorCode.DONE;
        }
        output.error("error: the store is corrupt in " + verification.found() + " places");
        output.error("hint: Restore it from a backup, or let rowbackd begin a new store and keep this one aside.");
        return ErrorCode.STORE_CORRUPT;
    }
}
