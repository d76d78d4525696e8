package io.rowback.daemon.capture;

import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.rowback.daemon.capture.PgOutputMessage.Commit;
import io.rowback.daemon.http.Progress;
import io.rowback.daemon.tables.LargeRow;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream of the slot as Debezium sees it: rows go to the history, and what passes on to Debezium is a position now
 * and then, always between two transactions. Debezium hands it to {@link PositionBarrier}, which waits until it is
 * durable, and then acknowledges to the server.
 *
 * <p>Between transactions the server also says how far it has read the log. All that committed below was sent before, so
 * this is a position too: by it the slot of an idle database advances, and a server that is being stopped sees that
 * everything has arrived, for which it waits.
 */
final class SlotStream implements ReplicationStream {
    private static final Logger LOG = LoggerFactory.getLogger(SlotStream.class);

    private static final String TAKING = "taking in the stream";
    private static final int MESSAGES_MAX = 1_000;
    private static final long PAUSE_MILLIS = 10;
    private static final long POSITION_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long IDLE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final PGReplicationStream stream;
    private final Connection asking;
    private final TransactionBuffer transactions;
    private final Recorder recorder;
    private final Progress progress;
    private final PgOutputDecoder decoder = new PgOutputDecoder();
    private final io.debezium.connector.postgresql.connection.Lsn start;
    private final Duration keepAliveInterval;

    /** The newest position given to the recorder. */
    private Lsn reached;
    /** The newest position passed on to Debezium. */
    private volatile Lsn passedOn;

    private long lastReached = System.nanoTime();
    private long lastPassedOn = System.nanoTime();
    private @Nullable ExecutorService keepAlive;

    SlotStream(
            PGReplicationStream stream,
            Connection asking,
            TransactionBuffer transactions,
            Recorder recorder,
            Progress progress,
            io.debezium.connector.postgresql.connection.Lsn start,
            Duration keepAliveInterval) {
        this.stream = stream;
        this.asking = asking;
        this.transactions = transactions;
        this.recorder = recorder;
        this.progress = progress;
        this.start = start;
        this.keepAliveInterval = keepAliveInterval;
        this.reached = new Lsn(start.asLong());
        this.passedOn = reached;
    }

    @Override
    public boolean readPending(ReplicationMessageProcessor debezium) throws SQLException, InterruptedException {
        // Debezium looks after its connections after each of our answers, so one answer stands for many messages.
        int taken = 0;
        while (taken < MESSAGES_MAX && !isPositionDue()) {
            ByteBuffer bytes = received();
            if (bytes == null) {
                break;
            }
            take(bytes);
            taken++;
        }
        if (taken == 0 && !transactions.isOpen()) {
            reachWhatTheServerHasRead();
        }
        if (isPositionDue()) {
            passOn(debezium);
        } else if (taken == 0) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        // Told that nothing came, Debezium would sleep for as long as it waits for its queue.
        return true;
    }

    private boolean isPositionDue() {
        return !transactions.isOpen()
                && passedOn.isBefore(reached)
                && System.nanoTime() - lastPassedOn >= POSITION_INTERVAL_NANOS;
    }

    private @Nullable ByteBuffer received() throws SQLException {
        try {
            // To receive a value of 1 GB may take minutes.
            progress.rest();
            ByteBuffer bytes = stream.readPending();
            // Up to the next call, which comes soon whether the server sends something or not.
            progress.step(TAKING);
            return bytes;
        } catch (SQLException e) {
            Optional<RowbackException> explained = DecodingFailure.of(e, transactions.openCommit(), asking);
            if (explained.isPresent()) {
                throw explained.get();
            }
            throw e;
        }
    }

    @Override
    public void read(ReplicationMessageProcessor debezium) {
        throw new IllegalStateException("Debezium reads without blocking");
    }

    private void take(ByteBuffer bytes) throws SQLException, InterruptedException {
        int size = bytes.remaining();
        if (size > LargeRow.ALONE) {
            progress.rest();
            recorder.drain();
            progress.step(TAKING);
        }
        PgOutputMessage message = decoder.decode(bytes);
        transactions.accept(message, size);
        if (message instanceof Commit commit) {
            reached = commit.end();
            lastReached = System.nanoTime();
        }
    }

    private void reachWhatTheServerHasRead() throws InterruptedException {
        Lsn read = new Lsn(stream.getLastReceiveLSN().asLong());
        // Each such position is a synced write, so there is only one now and then.
        if (reached.isBefore(read) && System.nanoTime() - lastReached >= IDLE_INTERVAL_NANOS) {
            recorder.reach(read);
            reached = read;
            lastReached = System.nanoTime();
        }
    }

    private void passOn(ReplicationMessageProcessor debezium) throws SQLException, InterruptedException {
        passedOn = reached;
        lastPassedOn = System.nanoTime();
        // Debezium holds us up while what it has waits to be durable.
        progress.rest();
        debezium.process(new LogicalDecodingMessage(
                ReplicationMessage.Operation.MESSAGE, Instant.now(), null, false, "rowback-position", new byte[0]));
    }

    @Override
    public void flushLsn(io.debezium.connector.postgresql.connection.Lsn position) throws SQLException {
        Lsn durable = recorder.durable();
        if (durable.isBefore(new Lsn(position.asLong()))) {
            throw new IllegalStateException("about to acknowledge " + position + ", durable is only " + durable);
        }
        LogSequenceNumber acknowledged = position.asLogSequenceNumber();
        stream.setFlushedLSN(acknowledged);
        stream.setAppliedLSN(acknowledged);
        stream.forceUpdateStatus();
    }

    @Override
    public io.debezium.connector.postgresql.connection.Lsn lastReceivedLsn() {
        return io.debezium.connector.postgresql.connection.Lsn.valueOf(passedOn.value());
    }

    @Override
    public io.debezium.connector.postgresql.connection.Lsn startLsn() {
        return start;
    }

    @Override
    public void startKeepAlive(ExecutorService service) {
        keepAlive = service;
        service.execute(() -> {
            try {
                while (true) {
                    stream.forceUpdateStatus();
                    TimeUnit.MILLISECONDS.sleep(keepAliveInterval.toMillis());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (SQLException e) {
                // The thread that reads meets the same failure and says what it means.
                LOG.debug("keep-alive ends", e);
            }
        });
    }

    @Override
    public void stopKeepAlive() {
        if (keepAlive != null) {
            keepAlive.shutdownNow();
            keepAlive = null;
        }
    }

    @Override
    public void close() throws SQLException {
        stream.close();
    }
}
