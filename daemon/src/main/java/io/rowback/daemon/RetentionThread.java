package io.rowback.daemon;

import io.rowback.history.Horizon;
import io.rowback.history.Retention;
import io.rowback.history.StoreInfo;
import io.rowback.history.store.RocksHistoryWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops what retention does not keep and merges small files, beside the capture, as long as the store is open. A failure
 * is told once and tried again: capture needs neither.
 */
final class RetentionThread extends Thread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionThread.class);
    private static final long INTERVAL_SECONDS = 10;

    private final String database;
    private final Supplier<StoreInfo> info;
    private final BooleanSupplier retain;
    private final Runnable merge;
    private final CountDownLatch ending = new CountDownLatch(1);
    private List<String> told = List.of();

    RetentionThread(String database, RocksHistoryWriter writer, Retention retention) {
        this(database, writer::info, () -> writer.retain(retention), writer::mergeSmallFiles);
    }

    /**
     * A thread for a store.
     *
     * @param retain drops what is not kept; whether what stays fits
     * @param merge merges small files where they are many
     */
    RetentionThread(String database, Supplier<StoreInfo> info, BooleanSupplier retain, Runnable merge) {
        super("retain-" + database);
        this.database = database;
        this.info = info;
        this.retain = retain;
        this.merge = merge;
    }

    /** Starts it, once the store has begun; what is told of retention is stored by its first look. */
    void begin() {
        if (getState() == State.NEW) {
            start();
        }
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

    /** One look, of which a failure ends nothing else; what went wrong, whether it was told before or not. */
    List<String> look() {
        List<String> troubles = new ArrayList<>();
        attempt("what retention does not keep cannot be dropped: ", () -> drop(troubles), troubles);
        attempt("small files cannot be merged: ", merge, troubles);
        if (ending.getCount() > 0) {
            troubles.stream()
                    .filter(trouble -> !told.contains(trouble))
                    .forEach(trouble -> LOG.warn("history of {}: {}", database, trouble));
        }
        told = troubles;
        return troubles;
    }

    private static void attempt(String failed, Runnable action, List<String> troubles) {
        try {
            action.run();
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            troubles.add(failed + e.getMessage());
        }
    }

    private void drop(List<String> troubles) {
        StoreInfo before = info.get();
        if (!retain.getAsBoolean()) {
            troubles.add("the store takes more than max_size: what rows hold and the newest changes need it");
        }
        Horizon now = info.get().horizon();
        if (now != null && !Objects.equals(before.horizon(), now)) {
            LOG.info("history of {}: {}", database, now);
        }
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
