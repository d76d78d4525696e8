package io.rowback.daemon.upgrade;

import io.rowback.history.TransactionId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Which transaction ids a server has handed out: nothing is written without one, in none of its databases.
 *
 * @param next the id that it hands out next, if nothing runs: every lower one has ended
 * @param running whether a transaction that has one runs or is prepared
 * @param clock the server's clock a little later
 */
public record TransactionIds(TransactionId next, boolean running, Instant clock) {
    private static final String SQL = """
            SELECT pg_catalog.pg_snapshot_xmax(s)::text AS next,
                   pg_catalog.pg_snapshot_xmin(s) < pg_catalog.pg_snapshot_xmax(s)
                   -- The snapshot does not tell of those that are newer than all that have ended.
                   OR EXISTS (SELECT 1
                                FROM pg_catalog.pg_locks l
                               WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock') AS running,
                   pg_catalog.clock_timestamp() AS clock
              FROM pg_catalog.pg_current_snapshot() s
            """;

    /** Asks the server. */
    public static TransactionIds read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SQL)) {
            row.next();
            return new TransactionIds(
                    TransactionId.parse(row.getString("next")),
                    row.getBoolean("running"),
                    row.getObject("clock", OffsetDateTime.class).toInstant());
        }
    }
}
