package io.rowback.daemon.tables;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * Whether a server has the fix of May 2025 for rows that are lost when a table is added to a publication while another
 * transaction writes to it: the walsender went on believing what that transaction had seen.
 */
final class PublicationRace {
    /** The first release with the fix, by major version. Those not named have had it from their first release. */
    private static final Map<Integer, Integer> MENDED_IN = Map.of(14, 18, 15, 13, 16, 9, 17, 5);

    private PublicationRace() {}

    static boolean isMended(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT pg_catalog.current_setting('server_version_num')::int")) {
            row.next();
            int version = row.getInt(1);
            return version % 10_000 >= MENDED_IN.getOrDefault(version / 10_000, 0);
        }
    }
}
