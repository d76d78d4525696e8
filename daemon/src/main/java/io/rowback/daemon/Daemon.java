package io.rowback.daemon;

import io.rowback.daemon.http.Health;
import io.rowback.daemon.http.Metrics;
import io.rowback.daemon.http.StatusServer;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running daemon: a thread for each database, and metrics. A database that cannot be captured does not stop the
 * others; when none is left, the daemon ends with the first failure.
 */
final class Daemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private final List<DatabaseCapture> captures = new ArrayList<>();
    private final CountDownLatch running;
    private final Health health = new Health();
    private final Metrics metrics = new Metrics();
    private final @Nullable StatusServer http;
    private final @Nullable Supervision supervision;
    private @Nullable RowbackException failure;
    private @Nullable ErrorCode asked;

    private Daemon(Config config) {
        running = new CountDownLatch(config.databases().size());
        http = config.http().listen().isEmpty() ? null : StatusServer.start(config.http(), metrics, health);
        boolean alone = config.databases().size() == 1;
        for (Config.Database database : config.databases().values()) {
            DatabaseCapture capture = new DatabaseCapture(
                    database,
                    config.store(database.name()),
                    config.minFree(),
                    metrics.database(database.name()),
                    health,
                    alone);
            captures.add(capture);
            new Thread(() -> run(database.name(), capture), "capture-" + database.name()).start();
        }
        supervision = Supervision.start(Main.environment(), captures, health);
    }

    /** Starts to capture what is configured. */
    static Daemon start(Config config) {
        LOG.info("rowbackd {} on Java {} starting with databases {}", Main.VERSION, Runtime.version(), config.names());
        return new Daemon(config);
    }

    private void run(String database, DatabaseCapture capture) {
        try {
            capture.run();
        } catch (InterruptedException e) {
            ended(database, new RowbackException(ErrorCode.INTERRUPTED, "interrupted", null, e));
        } catch (RowbackException e) {
            ended(database, e);
        } catch (RuntimeException | Error e) {
            LOG.error("capture of {} ends", database, e);
            health.broken();
            ended(database, new RowbackException(ErrorCode.FAILED, "capture of " + database + " failed", null, e));
        } finally {
            running.countDown();
        }
    }

    private synchronized void ended(String database, RowbackException reason) {
        health.ended(database, reason);
        // The only database's failure is what the command ends with; others would be told late or never.
        if (failure != null || running.getCount() > 1 || asked != null) {
            String hint = reason.hint() == null ? "" : "; " + reason.hint();
            LOG.error("capture of {} ends: {}{}", database, reason.getMessage(), hint);
        }
        if (failure == null) {
            failure = reason;
        }
    }

    /** Asks every capture to end; the first one to ask decides the exit status. Returns when they are asked. */
    void stop(ErrorCode status) {
        synchronized (this) {
            if (asked != null) {
                return;
            }
            asked = status;
        }
        LOG.info("stopping");
        if (supervision != null) {
            supervision.stopping();
        }
        for (DatabaseCapture capture : captures) {
            try {
                capture.stop();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Waits until nothing runs any more.
     *
     * @return the exit status that was asked for; {@link ErrorCode#PARTIAL} instead of DONE if a capture had ended before
     * @throws RowbackException if captures ended by themselves
     */
    ErrorCode await() throws InterruptedException {
        running.await();
        synchronized (this) {
            if (asked == null && failure != null) {
                throw failure;
            }
            LOG.info("stopped");
            if (asked == ErrorCode.DONE && failure != null) {
                return ErrorCode.PARTIAL;
            }
            return asked == null ? ErrorCode.DONE : asked;
        }
    }

    @Override
    public void close() {
        if (supervision != null) {
            supervision.close();
        }
        if (http != null) {
            http.close();
        }
        metrics.close();
    }
}
