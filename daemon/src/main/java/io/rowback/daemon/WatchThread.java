package io.rowback.daemon;

import io.rowback.daemon.capture.CaptureEngine;
import io.rowback.daemon.capture.Recorder;
import io.rowback.daemon.tables.SequenceWatch;
import io.rowback.daemon.tables.SlotWatch;
import io.rowback.daemon.tables.TableWatch;
import io.rowback.history.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after tables and sequences while the engine reads the slot. If it fails, the engine stops as well. */
final class WatchThread extends Thread {
    private static final Logger LOG = LoggerFactory.getLogger(WatchThread.class);
    private static final long INTERVAL_SECONDS = 10;
    private static final long UNSETTLED_SECONDS = 1;

    private final TableWatch tables;
    private final SlotWatch slot;
    private final SequenceWatch sequences;
    private final Recorder recorder;
    private final CountDownLatch streaming;
    private final Runnable capturing;
    private final CaptureEngine engine;
    private final CountDownLatch ending = new CountDownLatch(1);
    private final Thread slotThread;
    private volatile @Nullable Throwable failure;

    /**
     * A thread for one round.
     *
     * @param streaming counted down when the engine has begun to read
     * @param capturing told when it has, and every table that was there has its baseline or is told as not covered
     */
    WatchThread(
            String database,
            TableWatch tables,
            SlotWatch slot,
            SequenceWatch sequences,
            Recorder recorder,
            CountDownLatch streaming,
            Runnable capturing,
            CaptureEngine engine) {
        super("watch-" + database);
        this.slotThread = new Thread(this::watchSlot, "slot-" + database);
        this.tables = tables;
        this.slot = slot;
        this.sequences = sequences;
        this.recorder = recorder;
        this.streaming = streaming;
        this.capturing = capturing;
        this.engine = engine;
    }

    @Override
    public void run() {
        slotThread.start();
        try (Connection connection = tables.connectToLook()) {
            // Before the baseline, which may take long.
            sequences.look(connection);
            Lsn baseline = tables.look(connection);
            streaming.await();
            recorder.awaitDurable(baseline);
            capturing.run();
            while (!ending.await(tables.isSettled() ? INTERVAL_SECONDS : UNSETTLED_SECONDS, TimeUnit.SECONDS)) {
                lookAt(connection);
                sequences.look(connection);
            }
        } catch (InterruptedException e) {
            LOG.debug("the round ends");
        } catch (SQLException | RuntimeException e) {
            fail(e);
        }
    }

    private void lookAt(Connection connection) throws SQLException, InterruptedException {
        try {
            tables.look(connection);
        } catch (SQLException e) {
            if (ending.getCount() == 0 || !Failures.concernsOneLook(e)) {
                throw e;
            }
            LOG.warn("this look at the tables is left out: {}", e.getMessage());
        }
    }

    /** By itself, since a look at the tables waits for a baseline, which waits for the transactions that keep the log. */
    private void watchSlot() {
        try (Connection connection = tables.connectToLook()) {
            long second = 0;
            do {
                slot.sample(connection);
                if (second++ % INTERVAL_SECONDS == 0) {
                    slot.look(connection);
                    lookAside(connection);
                }
            } while (!ending.await(1, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            LOG.debug("the round ends");
        } catch (SQLException | RuntimeException e) {
            fail(e);
        }
    }

    private void lookAside(Connection connection) throws SQLException {
        try {
            tables.lookAside(connection);
        } catch (SQLException e) {
            if (ending.getCount() == 0 || !Failures.concernsOneLook(e)) {
                throw e;
            }
            LOG.warn("this look at the tables is left out: {}", e.getMessage());
        }
    }

    private synchronized void fail(Exception e) {
        // What fails later does so because of it.
        if (ending.getCount() > 0 && failure == null) {
            failure = e;
            stopEngine();
        }
    }

    private void stopEngine() {
        try {
            engine.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread and waits for it; returns why it had ended before, or null. */
    @Nullable
    Throwable end() throws SQLException, InterruptedException {
        ending.countDown();
        tables.close();
        interrupt();
        slotThread.interrupt();
        join();
        slotThread.join();
        return failure;
    }
}
