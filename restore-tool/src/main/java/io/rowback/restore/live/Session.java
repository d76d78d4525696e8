package io.rowback.restore.live;

import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One connection to the live database in one snapshot, which only reads. Confined to one thread. */
final class Session implements AutoCloseable {
    private static final String ENDS_WITH_US =
            "SELECT pg_catalog.set_config('client_connection_check_interval', '1s', true)";

    private final Connections connections;
    private final Connection connection;

    /** What is read from one row of an answer. */
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** What is done with a connection. */
    interface Task<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Connects; the snapshot is taken by the first query. */
    Session(Connections connections) {
        this.connections = connections;
        try {
            connection = connections.open();
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            throw connections.explain("connecting to", e);
        }
    }

    /** The answer's rows. The text is sent as it is: question marks and braces in it mean what they mean to Postgres. */
    <T> List<T> rows(String sql, RowReader<T> reader) {
        try {
            return read(sql, reader);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * The answer's rows; if the server refuses, the transaction goes on as if nothing had been asked.
     *
     * @throws SQLException if the server refuses
     */
    <T> List<T> attempt(String sql, RowReader<T> reader) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        try {
            return read(sql, reader);
        } catch (SQLException e) {
            // Of another class is what the connection itself is about, and then there is nothing to go back to.
            if (connection.isClosed()) {
                throw failed(e);
            }
            connection.rollback(savepoint);
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.releaseSavepoint(savepoint);
            }
        }
    }

    /** From here on a statement that takes long ends once we are gone, where the server's system can tell. */
    void endWithUs() {
        try {
            attempt(ENDS_WITH_US, row -> row.getString(1));
        } catch (SQLException e) {
            // It then ends by itself.
            return;
        }
    }

    /** What is done with one row of an answer that is too long to be held. */
    interface RowVisitor {
        /** Returns whether the rest is wanted. */
        boolean visit(ResultSet row) throws SQLException;
    }

    /** Visits the answer's rows, {@code fetched} of which are held at a time; meanwhile others may be asked for. */
    void each(String sql, int fetched, RowVisitor visitor) {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.setFetchSize(fetched);
            try (ResultSet row = statement.executeQuery(sql)) {
                boolean wanted = true;
                while (wanted && row.next()) {
                    wanted = visitor.visit(row);
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The only row of the answer. */
    <T> T row(String sql, RowReader<T> reader) {
        return rows(sql, reader).get(0);
    }

    /** Does something else with the connection. */
    <T> T with(Task<T> task) {
        try {
            return task.run(connection);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private <T> List<T> read(String sql, RowReader<T> reader) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            List<T> rows = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(sql)) {
                while (row.next()) {
                    rows.add(reader.read(row));
                }
            }
            return rows;
        }
    }

    private RowbackException failed(SQLException failure) {
        return connections.explain("reading", failure);
    }

    /** The texts of an array. */
    static List<String> texts(Array array) throws SQLException {
        return Arrays.asList((String[]) array.getArray());
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // Whatever was read is read; the server ends the session by itself.
            return;
        }
    }
}
