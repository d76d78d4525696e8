package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A snapshot that shows exactly the transactions that committed below a position of the log. It comes with a temporary
 * slot, both of which end with the connection; transactions that have taken the snapshot over keep it.
 */
final class ExportedSnapshot implements AutoCloseable {
    private final Connection walsender;
    private final Lsn at;
    private final String name;

    private ExportedSnapshot(Connection walsender, Lsn at, String name) {
        this.walsender = walsender;
        this.at = at;
        this.name = name;
    }

    /** Exports a snapshot; the server waits until the transactions that run now have ended. */
    static ExportedSnapshot create(OpenConnections connections) throws SQLException {
        Connection walsender = connections.openReplication();
        String slot =
                "rowback_baseline_%08x".formatted(ThreadLocalRandom.current().nextInt());
        try (Statement statement = walsender.createStatement();
                ResultSet row = statement.executeQuery("CREATE_REPLICATION_SLOT " + Identifiers.quote(slot)
                        + " TEMPORARY LOGICAL " + Slot.PLUGIN + " EXPORT_SNAPSHOT")) {
            row.next();
            return new ExportedSnapshot(
                    walsender, Lsn.parse(row.getString("consistent_point")), row.getString("snapshot_name"));
        } catch (SQLException e) {
            walsender.close();
            throw e;
        }
    }

    /** What committed below is seen, nothing else. */
    Lsn at() {
        return at;
    }

    /** Begins a read-only transaction that sees this snapshot and outlives it. */
    void takeOver(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            statement.execute("SET TRANSACTION SNAPSHOT " + Literals.quote(name));
        }
    }

    @Override
    public void close() throws SQLException {
        walsender.close();
    }
}
