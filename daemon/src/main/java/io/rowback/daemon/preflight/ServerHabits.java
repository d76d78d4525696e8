package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.CONNECTION;
import static io.rowback.daemon.preflight.Finding.Topic.ROLE;
import static io.rowback.daemon.preflight.Finding.Topic.SERVER;

import io.rowback.postgres.Config;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Settings of server, role and connection with which capture runs, if not as well or as safely as it could. */
final class ServerHabits {
    private static final String SETTINGS = """
            SELECT pg_catalog.current_setting('wal_sender_timeout') AS sender_timeout,
                   pg_catalog.current_setting('max_slot_wal_keep_size') AS keep_size,
                   -- From version 18 on.
                   COALESCE(pg_catalog.current_setting('idle_replication_slot_timeout', true), '0') AS idle_timeout,
                   r.rolsuper AS superuser,
                   COALESCE(s.ssl, false) AS encrypted, s.version AS protocol,
                   COALESCE(pg_catalog.inet_client_addr() <<= ANY ('{127.0.0.0/8,::1/128}'::inet[]), true) AS local
              FROM pg_catalog.pg_roles r
              LEFT JOIN pg_catalog.pg_stat_ssl s ON s.pid = pg_catalog.pg_backend_pid()
             WHERE r.rolname = CURRENT_USER
            """;

    private ServerHabits() {}

    static void look(Connection connection, Config.Database database, List<Finding> findings) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet settings = statement.executeQuery(SETTINGS)) {
            settings.next();
            encryption(settings, findings);
            timeouts(settings, findings);
            if (settings.getBoolean("superuser")) {
                String role = database.connection().user();
                findings.add(ROLE.warn(
                        "role " + role + " is a superuser, which capture does not need",
                        "rowbackd setup-sql, with a role of its own in the database's url"));
            }
        }
    }

    private static void encryption(ResultSet settings, List<Finding> findings) throws SQLException {
        if (settings.getBoolean("encrypted")) {
            findings.add(CONNECTION.ok("the connection is encrypted, " + settings.getString("protocol")));
        } else if (settings.getBoolean("local")) {
            findings.add(CONNECTION.ok("the connection is not encrypted, but stays on this machine"));
        } else {
            findings.add(CONNECTION.warn(
                    "the connection is not encrypted: others on the network can read the rows",
                    "sslmode=verify-full in the database's url"));
        }
    }

    private static void timeouts(ResultSet settings, List<Finding> findings) throws SQLException {
        String sender = settings.getString("sender_timeout");
        if (sender.equals("0")) {
            findings.add(SERVER.warn(
                    "wal_sender_timeout is off: a connection that is cut without a word holds the slot for hours",
                    "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();"));
        } else {
            findings.add(SERVER.ok("wal_sender_timeout is " + sender));
        }
        String keep = settings.getString("keep_size");
        if (!keep.equals("-1")) {
            findings.add(SERVER.ok("max_slot_wal_keep_size is " + keep));
        }
        String idle = settings.getString("idle_timeout");
        if (!idle.equals("0")) {
            findings.add(SERVER.warn(
                    "idle_replication_slot_timeout is " + idle + ": the slot is lost if the daemon is down for longer",
                    "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();"));
        }
    }
}
