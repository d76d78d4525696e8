package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.SLOT;

import io.rowback.postgres.Amount;
import io.rowback.postgres.Config;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Whether somebody reads the slot, what the server keeps for it, and how much more it may before the slot is lost. */
final class SlotHealth {
    private static final String SLOT_NOW = """
            SELECT s.active_pid, s.wal_status, s.safe_wal_size,
                   pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) AS retained,
                   pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.confirmed_flush_lsn) AS behind,
                   -- The setting's text has a unit.
                   pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_slot_wal_keep_size')) AS keep_size
              FROM pg_catalog.pg_replication_slots s
             WHERE s.slot_name = ?
               AND s.wal_status <> 'lost'
               -- Somebody else's is none of our business, least of all to drop.
               AND s.plugin = 'pgoutput'
               AND s.database = pg_catalog.current_database()
            """;
    /** A share of {@code max_slot_wal_keep_size}: with less room than that somebody should look. */
    private static final double ROOM_MIN = 0.2;

    private SlotHealth() {}

    static void look(Connection connection, Config.Database database, List<Finding> findings) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SLOT_NOW)) {
            statement.setString(1, database.slot());
            try (ResultSet slot = statement.executeQuery()) {
                if (slot.next()) {
                    reader(slot, database, findings);
                    retained(slot, database, findings);
                    room(slot, findings);
                }
            }
        }
    }

    private static void reader(ResultSet slot, Config.Database database, List<Finding> findings) throws SQLException {
        int reader = slot.getInt("active_pid");
        String behind = Amount.bytes(slot.getDouble("behind"));
        findings.add(
                reader != 0
                        ? SLOT.ok("the slot is read by server process " + reader + ", " + behind + " behind")
                        : SLOT.warn(
                                "nobody reads the slot, which is " + behind
                                        + " behind: the server keeps its log until rowbackd runs",
                                "rowbackd run; or to give the database up: SELECT pg_drop_replication_slot('"
                                        + database.slot() + "');"));
    }

    private static void retained(ResultSet slot, Config.Database database, List<Finding> findings) throws SQLException {
        double retained = slot.getDouble("retained");
        String text = "the server keeps " + Amount.bytes(retained) + " of its log for the slot";
        findings.add(
                retained <= database.walWarn()
                        ? SLOT.ok(text)
                        : SLOT.warn(
                                text + ", more than wal_warn: a transaction stays open, or the daemon is not running",
                                "SELECT pid, xact_start, state, query FROM pg_stat_activity"
                                        + " WHERE xact_start IS NOT NULL ORDER BY xact_start;"));
    }

    private static void room(ResultSet slot, List<Finding> findings) throws SQLException {
        double room = slot.getDouble("safe_wal_size");
        if (slot.wasNull() && !"unreserved".equals(slot.getString("wal_status"))) {
            return;
        }
        double keep = slot.getDouble("keep_size");
        String text = "the slot is lost after " + Amount.bytes(Math.max(room, 0)) + " more of log";
        findings.add(
                room > ROOM_MIN * keep
                        ? SLOT.ok(text)
                        : SLOT.warn(
                                text + ", by max_slot_wal_keep_size",
                                "ALTER SYSTEM SET max_slot_wal_keep_size = '%.0fMB'; SELECT pg_reload_conf();"
                                        .formatted(2 * keep / (1 << 20))));
    }
}
