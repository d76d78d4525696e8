package io.rowback.daemon;

import io.rowback.daemon.log.Logging;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
            "database is being captured and that every table that was there has its baseline, or is",
            "named before as `not covered`, with the reason.",
            "",
            "Examples:",
            "  rowbackd run --config rowback.toml",
            "  ROWBACK_DATABASES_APP_URL=postgresql://rowback@db/app ROWBACK_STORE_DIR=/srv/rowback rowbackd run"
        })
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Override
    public Integer call() throws InterruptedException {
        Config read = config.read();
        Logging.configure(read.log());
        try (Daemon daemon = Daemon.start(read)) {
            Signals.onEnd(daemon::stop);
            ErrorCode code = daemon.await();
            return code.exitCode();
        } catch (RowbackException e) {
            if (!read.log().json()) {
                throw e;
            }
            // Whoever reads documents cannot read what other commands print then.
            LOG.error("{}{}", e.getMessage(), e.hint() == null ? "" : "; " + e.hint());
            return e.code().exitCode();
        }
    }
}
