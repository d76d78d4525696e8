package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.StoreFolder;
import io.rowback.postgres.Config;
import io.rowback.restore.daemon.DaemonAnswer;
import io.rowback.restore.daemon.RunningDaemon;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.StorePrinter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rowback status}. */
@Command(
        name = "status",
        description = "What the history covers: since when, up to where, gaps, size.",
        footerHeading = "%nEXAMPLES%n",
        footer = {"  rowback status", "  rowback status --live", "  rowback status --json"})
final class StatusCommand extends StoreCommand {
    @Option(
            names = "--live",
            description = {
                "Ask the daemon of this machine as well, where http.listen of the configuration says: what it does",
                "now, how far it is behind, why it failed last. Exit status 3 if it does not answer."
            })
    private boolean live;

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        DaemonAnswer answer = live ? ask() : null;
        new StorePrinter(output)
                .print(new StorePrinter.Status(
                        store(), reader.info(), reader.tables(), StoreFolder.bytes(store()), Instant.now(), answer));
        return answer instanceof DaemonAnswer.Silence ? ErrorCode.PARTIAL : ErrorCode.DONE;
    }

    private DaemonAnswer ask() {
        Config config = root().configuration();
        for (String name : config.names()) {
            if (isSame(config.store(name), store())) {
                return new RunningDaemon(config.http()).ask(name);
            }
        }
        throw usage(
                "the configured daemon does not write the store " + store(),
                "--live asks the daemon of the configuration: leave out --store, and unset ROWBACK_STORE.");
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }
}
