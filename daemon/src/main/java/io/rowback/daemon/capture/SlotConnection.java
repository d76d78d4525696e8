package io.rowback.daemon.capture;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.spi.SlotCreationResult;
import io.rowback.history.TransactionId;
import io.rowback.postgres.Connections;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Reads the slot for Debezium over connections of our own: a walsender with pinned session settings, and an ordinary one
 * for the catalog.
 */
final class SlotConnection implements ReplicationConnection {
    private static final int STATUS_SECONDS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration KEEP_ALIVE_MAX = Duration.ofSeconds(5);
    /** In milliseconds; 0 for never. */
    private static final String SENDER_TIMEOUT =
            "SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'";
    /** The id of the newest transaction, in its 64-bit form; asking for one's own id would consume one. */
    private static final String RECENT_ID =
            "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint";

    private final CaptureSession session;
    private @Nullable Connection walsender;
    private @Nullable Connection catalog;

    SlotConnection(CaptureSession session) {
        this.session = session;
    }

    @Override
    public ReplicationStream startStreaming(WalPositionLocator position) {
        throw new IllegalStateException("Debezium does not know where to start");
    }

    @Override
    public ReplicationStream startStreaming(Lsn offset, WalPositionLocator position) throws SQLException {
        close();
        Connections connections = session.connections().answeringWithin(PATIENCE);
        catalog = connections.open();
        walsender = connections.openReplication();
        PGReplicationStream stream = walsender
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(session.database().slot())
                .withStartPosition(LogSequenceNumber.valueOf(offset.asLong()))
                .withAutomaticFlush(false)
                .withStatusInterval(STATUS_SECONDS, TimeUnit.SECONDS)
                .withSlotOption("proto_version", 1)
                .withSlotOption(
                        "publication_names",
                        Identifiers.quote(session.database().publication()))
                .withSlotOption("messages", true)
                .start();
        Relations relations = new Relations(catalog, session.writer(), session.database()::wants);
        TransactionId recentId = new TransactionId(number(catalog, RECENT_ID));
        TransactionBuffer transactions = new TransactionBuffer(relations, session.recorder(), recentId);
        Duration keepAlive = keepAlive(Duration.ofMillis(number(catalog, SENDER_TIMEOUT)));
        session.streaming().run();
        return new SlotStream(stream, catalog, transactions, session.recorder(), session.progress(), offset, keepAlive);
    }

    /** How often the server must hear of us, so that it does not give up a stream that we leave waiting. */
    private static Duration keepAlive(Duration senderTimeout) {
        Duration third = senderTimeout.dividedBy(3);
        return third.isZero() || third.compareTo(KEEP_ALIVE_MAX) > 0 ? KEEP_ALIVE_MAX : third;
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public Optional<SlotCreationResult> createReplicationSlot() {
        throw new IllegalStateException("the slot is gone");
    }

    @Override
    public void initConnection() {
        // Publication and slot are seen to before the engine starts.
    }

    @Override
    public boolean isConnected() throws SQLException {
        return walsender != null && !walsender.isClosed();
    }

    @Override
    public void reconnect() {
        throw new IllegalStateException("nothing is searched for, so there is nothing to start over");
    }

    @Override
    public synchronized void close() throws SQLException {
        Connection reading = walsender;
        Connection asking = catalog;
        walsender = null;
        catalog = null;
        try {
            if (reading != null) {
                reading.close();
            }
        } finally {
            if (asking != null) {
                asking.close();
            }
        }
    }
}
