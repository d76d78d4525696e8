package io.rowback.daemon;

import io.rowback.daemon.capture.CaptureEngine;
import io.rowback.daemon.capture.Recorder;
import io.rowback.daemon.tables.LogEnd;
import io.rowback.daemon.tables.SequenceWatch;
import io.rowback.daemon.tables.SlotWatch;
import io.rowback.daemon.tables.TableWatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after tables and sequences while the engine reads the slot. If it fails, the engine stops as well. */
final class WatchThread extends Thread {
    private static final Logger LOG = LoggerFactory.getLogger(WatchThread.class);
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration UNSETTLED = Duration.ofSeconds(1);
    private static final long TICK_MILLIS = 100;

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
            tables.abandonBaselines();
            sequences.look(connection);
            tables.look(connection);
            long looked = System.nanoTime();
            boolean told = false;
            while (!ending.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (isDue(System.nanoTime() - looked)) {
                    lookAt(connection);
                    sequences.look(connection);
                    looked = System.nanoTime();
                }
                if (!told && isCapturing()) {
                    capturing.run();
                    told = true;
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the round ends");
        } catch (SQLException | RuntimeException e) {
            fail(e);
        }
    }

    private boolean isDue(long nanos) {
        Duration interval = tables.isSettled() ? INTERVAL : UNSETTLED;
        return tables.isAnyBaselineDone() || nanos >= interval.toNanos();
    }

    private boolean isCapturing() {
        return streaming.getCount() == 0
                && tables.baselined()
                        .filter(at -> !recorder.durable().isBefore(at))
                        .isPresent();
    }

    private void lookAt(Connection connection) throws SQLException {
        try {
            tables.look(connection);
        } catch (SQLException e) {
            if (ending.getCount() == 0 || !Failures.concernsOneLook(e)) {
                throw e;
            }
            LOG.warn("this look at the tables is left out: {}", e.getMessage());
        }
    }

    /** By itself, since a look at the tables waits for locks. */
    private void watchSlot() {
        try (Connection connection = tables.connectToLook()) {
            long second = 0;
            do {
                slot.sample(connection);
                if (second++ % INTERVAL.toSeconds() == 0) {
                    slot.look(connection);
                    tables.completeUntil(LogEnd.read(connection));
                }
            } while (!ending.await(1, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            LOG.debug("the round ends");
        } catch (SQLException | RuntimeException e) {
            fail(e);
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
