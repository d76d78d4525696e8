package io.rowback.daemon;

import io.rowback.history.Horizon;
import io.rowback.history.Retention;
import io.rowback.history.StoreInfo;
import io.rowback.history.store.RocksHistoryWriter;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops what retention does not keep, beside the capture, as long as the store is open. A failure is told once and tried
 * again: capture needs no retention.
 */
final class RetentionThread extends Thread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionThread.class);
    private static final long INTERVAL_SECONDS = 10;

    private final String database;
    private final Supplier<StoreInfo> info;
    private final BooleanSupplier retain;
    private final CountDownLatch ending = new CountDownLatch(1);
    private String told = "";

    RetentionThread(String database, RocksHistoryWriter writer, Retention retention) {
        this(database, writer::info, () -> writer.retain(retention));
    }

    /**
     * A thread for a store.
     *
     * @param retain drops what is not kept; whether what stays fits
     */
    RetentionThread(String database, Supplier<StoreInfo> info, BooleanSupplier retain) {
        super("retain-" + database);
        this.database = database;
        this.info = info;
        this.retain = retain;
    }

    @Override
    public void run() {
        try {
            do {
                look();
            } while (!ending.await(INTERVAL_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException | CancellationException e) {
            LOG.debug("the store is being closed");
        }
    }

    /** One look; a failure ends nothing but it. */
    void look() {
        try {
            drop();
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            if (ending.getCount() > 0) {
                warn("what retention does not keep cannot be dropped: " + e.getMessage());
            }
        }
    }

    private void drop() {
        StoreInfo before = info.get();
        // Before the first round there is nothing to keep.
        if (before.database().isEmpty()) {
            return;
        }
        boolean fits = retain.getAsBoolean();
        warn(fits ? "" : "the store takes more than max_size: what rows hold and the newest changes need it");
        Horizon now = info.get().horizon();
        if (now != null && !Objects.equals(before.horizon(), now)) {
            LOG.info("history of {}: {}", database, now);
        }
    }

    private void warn(String trouble) {
        if (!trouble.isEmpty() && !trouble.equals(told)) {
            LOG.warn("history of {}: {}", database, trouble);
        }
        told = trouble;
    }

    /** Ends it; what it was about to drop is dropped by the next one. */
    @Override
    public void close() {
        ending.countDown();
        interrupt();
        boolean interrupted = false;
        while (isAlive()) {
            try {
                join();
            } catch (InterruptedException e) {
                // The store may not be closed under it.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
