package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code rowbackd run}. */
@Command(
        name = "run",
        description = "Captures every configured database until it is stopped.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Writes its life story to standard error. A line `capturing NAME from LSN` says that the",
            "database is being captured and that every table that was there has its baseline.",
            "",
            "Examples:",
            "  rowbackd run --config rowback.toml",
            "  ROWBACK_DATABASES_APP_URL=postgresql://rowback@db/app ROWBACK_STORE_DIR=/srv/rowback rowbackd run"
        })
final class RunCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Override
    public Integer call() throws InterruptedException {
        try (Daemon daemon = Daemon.start(config.read())) {
            Signals.onEnd(daemon::stop);
            ErrorCode code = daemon.await();
            return code.exitCode();
        }
    }
}
