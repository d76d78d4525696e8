package io.rowback.daemon.tables;

import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections and can cut all of them off at once from another thread: the driver waits for the server without
 * heeding interrupts, and the server may wait for other transactions for hours. Thread-safe.
 */
public final class OpenConnections implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenConnections.class);

    private final Connections connections;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** None yet. */
    public OpenConnections(Connections connections) {
        this.connections = connections;
    }

    /** An ordinary connection. */
    public Connection open() throws SQLException {
        return kept(connections.open());
    }

    /** A walsender. */
    Connection openReplication() throws SQLException {
        return kept(connections.openReplication());
    }

    private Connection kept(Connection connection) throws SQLException {
        open.removeIf(OpenConnections::isClosed);
        open.add(connection);
        if (closed) {
            close();
        }
        return connection;
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        for (Connection connection : open) {
            if (!isClosed(connection)) {
                cutOff(connection);
            }
        }
    }

    private static void cutOff(Connection connection) throws SQLException {
        try {
            // A server that waits for others does not look whether we are still there.
            connection.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException e) {
            LOG.debug("a statement could not be cancelled", e);
        } finally {
            connection.abort(Runnable::run);
        }
    }
}
