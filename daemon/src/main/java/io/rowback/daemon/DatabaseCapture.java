package io.rowback.daemon;

import io.rowback.daemon.capture.CaptureEngine;
import io.rowback.daemon.capture.Recorder;
import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.daemon.http.Health;
import io.rowback.daemon.http.Progress;
import io.rowback.daemon.preflight.Finding;
import io.rowback.daemon.preflight.Preflight;
import io.rowback.daemon.tables.OpenConnections;
import io.rowback.daemon.tables.RebaselineRequests;
import io.rowback.daemon.tables.SequenceWatch;
import io.rowback.daemon.tables.SlotMark;
import io.rowback.daemon.tables.SlotWatch;
import io.rowback.daemon.tables.TableWatch;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryWriter;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.history.store.StoreFolder;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures one database until it is stopped: round after round, each from preflight to the loss of a connection. What a
 * wait can heal is tried again, ever more slowly; anything else ends it. Confined to the thread that runs it, but for
 * {@link #stop}.
 */
final class DatabaseCapture {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseCapture.class);
    private static final Duration DELAY_MIN = Duration.ofSeconds(1);
    private static final Duration DELAY_MAX = Duration.ofSeconds(30);
    /** Twice the server's default for a walsender that hears nothing. */
    private static final Duration PREDECESSOR = Duration.ofMinutes(2);

    private final Config.Database database;
    private final Path store;
    private final long minFree;
    private final Connections connections;
    private final OpenConnections preflight;
    private final DatabaseMetrics metrics;
    private final Health health;
    private final Progress progress;
    private final CountDownLatch stopping = new CountDownLatch(1);

    private final boolean alone;
    private final long started = System.nanoTime();

    private @Nullable TableWatch watch;
    private @Nullable CaptureEngine engine;
    private @Nullable Recorder recording;
    /** Whether everything is being captured, but for what there is no room for. */
    private boolean capturing;

    private volatile boolean hasStreamed;
    private volatile boolean begun;
    private boolean publicationWasMissing;
    private Duration delay = DELAY_MIN;

    /**
     * The capture of one database.
     *
     * @param minFree what is to stay free on the store's disk, in bytes
     * @param alone whether nothing else is captured: then what cannot begin ends at once, and whoever supervises the
     *     process tries again
     */
    DatabaseCapture(
            Config.Database database, Path store, long minFree, DatabaseMetrics metrics, Health health, boolean alone) {
        this.alone = alone;
        this.database = database;
        this.store = store;
        this.minFree = minFree;
        this.connections = new Connections(database.connection(), "rowbackd");
        this.preflight = new OpenConnections(connections);
        this.metrics = metrics;
        this.health = health;
        this.progress = health.progress(database.name());
        health.starting(database.name());
        metrics.limit(database.retention().bytes());
    }

    /**
     * Captures until stopped.
     *
     * @throws RowbackException if it cannot go on
     */
    void run() throws InterruptedException {
        try {
            awaitReady();
            if (stopping.getCount() > 0) {
                captureRounds();
            }
        } finally {
            // Alone, it ends the daemon, which was never ready then; others need not wait for it.
            if (!alone) {
                begun = true;
            }
        }
    }

    private void captureRounds() throws InterruptedException {
        try {
            while (stopping.getCount() > 0) {
                try (RocksHistoryWriter writer = RocksHistoryWriter.open(store);
                        RetentionThread retaining =
                                new RetentionThread(database.name(), writer, database.retention())) {
                    begun = true;
                    captureRounds(writer, retaining);
                } catch (RuntimeException e) {
                    if (!StoreFolder.isFull(e)) {
                        throw e;
                    }
                    waitOrGiveUp("storing what comes from", e);
                }
            }
        } finally {
            metrics.capturing(false);
        }
    }

    /** Until it is stopped, or the store has to be opened anew. */
    private void captureRounds(HistoryWriter writer, RetentionThread retaining) throws InterruptedException {
        StoreRoom room = new StoreRoom(database.name(), store, minFree, metrics, this::tell);
        while (stopping.getCount() > 0) {
            try {
                round(writer, room, retaining);
            } catch (SQLException e) {
                waitOrGiveUp("capturing", e);
            } catch (RuntimeException e) {
                if (StoreFolder.isFull(e)) {
                    throw e;
                }
                waitOrGiveUp("capturing", e);
            }
        }
    }

    private void awaitReady() throws InterruptedException {
        while (stopping.getCount() > 0) {
            try (Connection connection = preflight.open()) {
                requireReady(Preflight.findings(connection, database));
                return;
            } catch (SQLException e) {
                waitOrGiveUp("connecting to", e);
            } catch (RowbackException e) {
                if (alone) {
                    throw e;
                }
                metrics.failed(e.code());
                waitAfter(e);
            }
        }
    }

    /** Whether the first round goes on, or has failed in a way that may heal. From any thread. */
    boolean hasBegun() {
        return begun;
    }

    /** What it does, in a few words. From any thread. */
    synchronized String describe() {
        String stored = recording == null ? "" : ", stored up to " + recording.durable();
        String slow = progress.slowest().map(step -> ", " + step).orElse("");
        return database.name() + ": " + health.of(database.name()) + stored + slow;
    }

    /** Ends the capture, from another thread; what has been received is stored before {@link #run} returns. */
    void stop() throws InterruptedException {
        stopping.countDown();
        cutOff();
    }

    /** One round: returns when stopped, throws when something failed. */
    private void round(HistoryWriter writer, StoreRoom room, RetentionThread retaining)
            throws SQLException, InterruptedException {
        try (TableWatch tables =
                new TableWatch(database, connections, writer, metrics, room, new RebaselineRequests(store))) {
            announce(tables, null, null);
            try (Connection connection = tables.connect()) {
                StartPosition start = new StartPosition(connections, connection, database, writer);
                start.requirePrimary();
                tables.publish(connection);
                boolean there = start.compare(SlotMark.find(store));
                metrics.gaps(writer.info());
                if (!there) {
                    start.makeSlot();
                }
                LOG.info(
                        "{}: PostgreSQL {}, slot {}, history up to {}",
                        database.name(),
                        connection.getMetaData().getDatabaseProductVersion(),
                        database.slot(),
                        writer.info().durable());
                if (publicationWasMissing) {
                    start.passMissingPublication();
                    publicationWasMissing = false;
                }
            }
            retaining.begin();
            tables.begin();
            metrics.begins(writer.info());
            capture(writer, room, tables);
        } finally {
            progress.end();
            announce(null, null, null);
            metrics.capturing(false);
        }
    }

    private void capture(HistoryWriter writer, StoreRoom room, TableWatch tables)
            throws SQLException, InterruptedException {
        CountDownLatch streaming = new CountDownLatch(1);
        SequenceWatch sequences = new SequenceWatch(database, writer);
        BiConsumer<HistoryWriter.Batch, Duration> stored = (batch, time) -> {
            metrics.stored(batch, time);
            sequences.stored(batch);
        };
        try (Recorder recorder = new Recorder(database.name(), writer, progress, room::isThere, stored);
                CaptureEngine reading = new CaptureEngine(
                        database, connections, writer, recorder, progress, () -> streams(streaming))) {
            announce(tables, recorder, reading);
            WatchThread looking = new WatchThread(
                    database.name(),
                    tables,
                    new SlotWatch(database, writer, metrics, room, store),
                    sequences,
                    recorder,
                    streaming,
                    () -> capturing(recorder, room),
                    reading);
            if (stopping.getCount() > 0) {
                looking.start();
                Throwable failure;
                Throwable first;
                try {
                    failure = reading.run().orElse(null);
                } finally {
                    first = looking.end();
                    LOG.info("round of {} ends, stored up to {}", database.name(), recorder.durable());
                }
                failure = first == null ? failure : first;
                if (failure != null) {
                    throw new IllegalStateException("capture failed", failure);
                }
            }
        }
    }

    private void streams(CountDownLatch streaming) {
        hasStreamed = true;
        streaming.countDown();
    }

    private synchronized void capturing(Recorder recorder, StoreRoom room) {
        LOG.info("capturing {} from {}", database.name(), recorder.durable());
        delay = DELAY_MIN;
        capturing = true;
        tell(room);
    }

    /** Says how it fares while everything streams: what there is no room for is not captured. From any thread. */
    private synchronized void tell(StoreRoom room) {
        if (!capturing) {
            return;
        }
        RowbackException shortage = room.shortage();
        metrics.capturing(shortage == null);
        if (shortage == null) {
            health.capturing(database.name());
        } else {
            metrics.failed(shortage.code());
            health.failing(database.name(), shortage);
        }
    }

    /** Makes what runs known to {@link #stop}, which may have come already, and to whoever asks how it is. */
    synchronized void announce(
            @Nullable TableWatch tables, @Nullable Recorder recorder, @Nullable CaptureEngine reading)
            throws SQLException {
        capturing = false;
        watch = tables;
        recording = recorder;
        engine = reading;
        if (tables != null && stopping.getCount() == 0) {
            // It came before there was anything to cut off, and the server may let us wait for hours.
            tables.close();
        }
    }

    private void cutOff() throws InterruptedException {
        CaptureEngine reading;
        TableWatch tables;
        synchronized (this) {
            reading = engine;
            tables = watch;
        }
        try {
            preflight.close();
            if (tables != null) {
                tables.close();
            }
        } catch (SQLException e) {
            LOG.debug("a connection did not close properly", e);
        }
        if (reading != null) {
            reading.stop();
        }
    }

    private void waitOrGiveUp(String attempt, Exception failure) throws InterruptedException {
        if (stopping.getCount() == 0) {
            return;
        }
        RowbackException explained = Failures.explain(attempt, connections, failure);
        metrics.failed(explained.code());
        boolean missing = Failures.isMissing(database.publication(), failure);
        if (!missing && !mayHeal(failure)) {
            throw explained;
        }
        publicationWasMissing |= missing;
        if (StoreFolder.isFull(failure)) {
            // Room does not come within a second, and to open the store takes some of it.
            delay = DELAY_MAX;
        }
        waitAfter(explained);
    }

    private void waitAfter(RowbackException explained) throws InterruptedException {
        health.failing(database.name(), explained);
        begun = true;
        String hint = explained.hint() == null ? "" : ". " + explained.hint();
        LOG.warn("{}; next attempt in {} s{}", explained.getMessage(), delay.toSeconds(), hint);
        if (!stopping.await(delay.toMillis(), TimeUnit.MILLISECONDS)) {
            delay = delay.multipliedBy(2).compareTo(DELAY_MAX) > 0 ? DELAY_MAX : delay.multipliedBy(2);
        }
    }

    /**
     * What has never worked is probably wrong in a way that time does not heal; only a server that has not noticed yet
     * that our predecessor is gone is given that time.
     */
    private boolean mayHeal(Exception failure) {
        if (StoreFolder.isFull(failure)) {
            return true;
        }
        if (hasStreamed || !alone) {
            return Failures.heals(failure);
        }
        boolean early = System.nanoTime() - started < PREDECESSOR.toNanos();
        return early && Failures.passes(failure);
    }

    /**
     * Tells the first thing that keeps capture from running.
     *
     * @throws SQLException if there is nothing but what passes by itself, as the server itself would tell it
     */
    private void requireReady(List<Finding> findings) throws SQLException {
        Finding passing = null;
        for (Finding finding : findings) {
            if (finding.level() != Finding.Level.FAIL) {
                continue;
            }
            if (finding.passing() == null) {
                throw new RowbackException(
                        ErrorCode.REFUSED,
                        database.name() + ": " + finding.text(),
                        finding.mend() == null
                                ? "`rowbackd check` lists everything that was looked at."
                                : "What mends it: " + finding.mend());
            }
            passing = passing == null ? finding : passing;
        }
        if (passing != null) {
            throw new SQLException(passing.text() + "; what mends it: " + passing.mend(), passing.passing());
        }
    }
}
