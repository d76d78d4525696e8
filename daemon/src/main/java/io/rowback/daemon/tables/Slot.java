package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import io.rowback.postgres.Connections;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A replication slot as the server sees it.
 *
 * @param plugin its output plugin; null for a physical slot
 * @param database the database it belongs to; null for a physical slot
 * @param lost why it can no longer be read; null if it can
 * @param restart from here on the server keeps its log for it; zero once it no longer does
 * @param confirmed the server sends nothing that committed below
 * @param retained how many bytes of the log the server keeps because of it
 * @param room how many more it may become until the server gives the slot up; negative for any number
 */
public record Slot(
        @Nullable String plugin,
        @Nullable String database,
        @Nullable String lost,
        Lsn restart,
        Lsn confirmed,
        long retained,
        long room) {
    /** The output plugin that we read. */
    public static final String PLUGIN = "pgoutput";

    private static final String MAY_REPLICATE = """
            SELECT r.rolreplication OR r.rolsuper
                   -- Managed services grant it by membership.
                   OR EXISTS (SELECT 1
                                FROM pg_catalog.pg_roles g
                               WHERE g.rolname IN ('rds_replication', 'rds_superuser', 'azure_pg_admin')
                                 AND pg_catalog.pg_has_role(g.oid, 'MEMBER'))
              FROM pg_catalog.pg_roles r
             WHERE r.rolname = CURRENT_USER
            """;

    private static final int FAILOVER_SINCE = 17;

    private static final String FIND = """
            SELECT s.plugin, s.database, COALESCE(s.restart_lsn, '0/0')::text AS restart,
                   COALESCE(s.confirmed_flush_lsn, '0/0')::text AS confirmed,
                   COALESCE(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn), 0)::int8
                       AS retained,
                   -- Null without a limit, and of a slot that was given up already; GREATEST passes over null.
                   CASE WHEN s.wal_status = 'lost' THEN 0
                        WHEN s.safe_wal_size IS NULL THEN -1
                        ELSE GREATEST(s.safe_wal_size, 0) END AS room,
                   CASE WHEN s.wal_status = 'lost'
                        -- The column is there from version 17 on.
                        THEN COALESCE(pg_catalog.to_jsonb(s) ->> 'invalidation_reason', 'wal_removed') END AS lost
              FROM pg_catalog.pg_replication_slots s
             WHERE s.slot_name = ?
            """;

    /** The slot of that name. */
    public static Optional<Slot> find(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Slot(
                                row.getString("plugin"),
                                row.getString("database"),
                                row.getString("lost"),
                                Lsn.parse(row.getString("restart")),
                                Lsn.parse(row.getString("confirmed")),
                                row.getLong("retained"),
                                row.getLong("room")))
                        : Optional.empty();
            }
        }
    }

    /**
     * Creates a slot; the server waits until the transactions that run now have ended, which may take hours. Meanwhile
     * there is only a temporary one, which goes with the session: whoever is stopped or killed while waiting leaves no
     * slot behind, which would keep the server's log for ever. Where standbys can keep slots they are to keep this one,
     * so that a promotion leaves no gap.
     *
     * @param walLimit with more bytes of its log that the server keeps meanwhile the wait ends; 0 for any number
     * @return what commits at or above will be sent
     * @throws SQLException also of state 53400, if the wait was ended; a new one keeps the log from then on only
     */
    public static Lsn create(Connections connections, Connection connection, String name, long walLimit)
            throws SQLException {
        String waiting =
                "rowback_waiting_%08x".formatted(ThreadLocalRandom.current().nextInt());
        SlotWait wait = new SlotWait(connections, connection, waiting, walLimit);
        try (wait) {
            lsn(
                    connection,
                    "SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot(?, ?, true)",
                    waiting,
                    PLUGIN);
        } catch (SQLException e) {
            throw wait.reason().orElse(e);
        }
        Lsn start = lsn(
                connection, "SELECT lsn FROM pg_catalog.pg_copy_logical_replication_slot(?, ?, false)", waiting, name);
        drop(connection, waiting);
        if (connection.getMetaData().getDatabaseMajorVersion() >= FAILOVER_SINCE) {
            // Neither a temporary slot nor a copy can have it from the beginning.
            try (Connection walsender = connections.openReplication();
                    Statement statement = walsender.createStatement()) {
                statement.execute("ALTER_REPLICATION_SLOT " + Identifiers.quote(name) + " (FAILOVER true)");
            } catch (SQLException e) {
                // Left as it is, the next promotion would lose it without anybody's knowing before.
                drop(connection, name);
                throw e;
            }
        }
        return start;
    }

    /** Whether our role may use slots at all. */
    public static boolean mayReplicate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(MAY_REPLICATE)) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** Drops a slot. */
    public static void drop(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_catalog.pg_drop_replication_slot(?)")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    /** Moves a slot that nobody reads; returns where it is then. */
    public static Lsn advance(Connection connection, String name, Lsn to) throws SQLException {
        return lsn(
                connection,
                "SELECT end_lsn FROM pg_catalog.pg_replication_slot_advance(?, ?::pg_catalog.pg_lsn)",
                name,
                to.toString());
    }

    private static Lsn lsn(Connection connection, String sql, String... arguments) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setString(i + 1, arguments[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        }
    }
}
