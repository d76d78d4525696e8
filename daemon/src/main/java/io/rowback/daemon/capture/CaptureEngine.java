package io.rowback.daemon.capture;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.spi.OffsetCommitPolicy;
import io.rowback.daemon.http.Progress;
import io.rowback.history.HistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's engine, reading one slot into the history: one run of it, from the durable position on. It does not retry:
 * whoever runs it knows better what can heal.
 */
public final class CaptureEngine implements AutoCloseable {
    /** It is asked every ten seconds whether it is still there. */
    private static final String NO_TIMEOUTS =
            "-c idle_session_timeout=0 -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";

    private static final long CLOSE_RETRY_MILLIS = 20;

    private final CaptureSession session;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean stopped;

    /**
     * An engine ready to run.
     *
     * @param progress told that the stream goes on
     * @param streaming told once the server has accepted the start position
     */
    public CaptureEngine(
            Config.Database database,
            Connections connections,
            HistoryWriter writer,
            Recorder recorder,
            Progress progress,
            Runnable streaming) {
        this.session = new CaptureSession(
                "rowback-" + database.name(),
                database,
                connections,
                writer,
                recorder,
                progress,
                streaming,
                new CountDownLatch(1));
        this.engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties())
                .using(this::completed)
                .using(OffsetCommitPolicy.always())
                .notifying(new PositionBarrier(recorder))
                .build();
    }

    /**
     * Captures until {@link #stop} or a failure, which is returned. What was received is durable on return, but for what
     * there was no room for when it was stopped.
     */
    public Optional<Throwable> run() throws InterruptedException {
        session.open();
        try (session) {
            engine.run();
        } finally {
            finished.countDown();
        }
        session.recorder().drain();
        return Optional.ofNullable(failure.get());
    }

    /** Ends the run, from another thread; returns at the latest when it has ended. */
    public void stop() throws InterruptedException {
        stopped = true;
        session.recorder().hurry();
        while (finished.getCount() > 0) {
            if (!session.polling().await(CLOSE_RETRY_MILLIS, TimeUnit.MILLISECONDS)) {
                continue;
            }
            try {
                engine.close();
                finished.await();
            } catch (IllegalStateException e) {
                // It is ending already.
                finished.await(CLOSE_RETRY_MILLIS, TimeUnit.MILLISECONDS);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Lets go of whoever waits for the end of a run that will not come any more. */
    @Override
    public void close() {
        finished.countDown();
    }

    private void completed(boolean success, @Nullable String message, @Nullable Throwable error) {
        if (!success && !stopped) {
            failure.set(error != null ? error : new IllegalStateException(message));
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        set(properties, "name", session.name());
        set(properties, "topic.prefix", session.name());
        set(properties, "connector.class", RowbackConnector.class.getName());
        set(properties, "offset.storage", DurableOffsets.class.getName());
        set(properties, "tasks.max", "1");
        set(properties, "record.processing.threads", "1");
        connect(properties, session.connections().settings());
        set(properties, "plugin.name", "pgoutput");
        set(properties, "slot.name", session.database().slot());
        set(properties, "slot.max.retries", "0");
        set(properties, "publication.name", session.database().publication());
        set(properties, "publication.autocreate.mode", "disabled");
        set(properties, "snapshot.mode", "no_data");
        // Debezium need not know any table: it never sees a row.
        set(properties, "table.include.list", "rowback[.]no_table");
        set(properties, "skipped.operations", "none");
        set(properties, "lsn.flush.mode", "connector");
        // Debezium's queue waits that long for a full batch, the last millisecond of it without rest.
        set(properties, "max.batch.size", "1");
        set(properties, "poll.interval.ms", "250");
        set(properties, "errors.max.retries", "0");
        set(properties, "extended.headers.enabled", "false");
        return properties;
    }

    /** Debezium opens a connection of its own as well: it is verified just as ours are, and no limit of the role's ends it. */
    static void connect(Properties properties, ConnectionSettings settings) {
        set(properties, "database.hostname", settings.host());
        set(properties, "database.port", Integer.toString(settings.port()));
        set(properties, "database.dbname", settings.database());
        set(properties, "database.user", settings.user());
        String password = settings.driverPassword();
        if (password != null) {
            set(properties, "database.password", password);
        }
        settings.driverProperties().forEach((key, value) -> set(properties, "driver." + key, value));
        set(properties, "driver.options", NO_TIMEOUTS);
    }

    private static void set(Properties properties, String key, String value) {
        properties.setProperty(key, value);
    }
}
