package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.FOREIGN_KEY;

import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Tables that refer to a captured one and are not captured: what a DELETE takes along there cannot be put back. */
final class UncoveredChildren {
    /** A foreign key to a partitioned table stands for those to its partitions, which the catalog has besides. */
    private static final String REFERRING = """
            WITH captured AS (SELECT o.oid FROM pg_catalog.unnest(?::int8[]) o (oid))
            SELECT k.conname,
                   cn.nspname AS child_schema, c.relname AS child, pn.nspname AS parent_schema, p.relname AS parent,
                   CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
                                      WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS action
              FROM pg_catalog.pg_constraint k
              JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND c.relkind = 'r'
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
              JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
              JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
             WHERE k.contype = 'f'
               AND c.oid NOT IN (SELECT oid FROM captured)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint r
                                WHERE r.oid = k.conparentid AND r.conrelid = k.conrelid)
               AND (p.oid IN (SELECT oid FROM captured)
                    OR p.oid IN (SELECT a.relid::oid
                                   FROM captured, pg_catalog.pg_partition_ancestors(captured.oid::oid::regclass) a))
             ORDER BY 2, 3, 1
            """;

    private UncoveredChildren() {}

    static void look(Connection connection, Config.Database database, Set<TableId> captured, List<Finding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(REFERRING)) {
            Object[] oids = captured.stream()
                    .map(id -> Integer.toUnsignedLong(id.oid()))
                    .toArray();
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    findings.add(finding(row, database));
                }
            }
        }
    }

    private static Finding finding(ResultSet row, Config.Database database) throws SQLException {
        TableName child = new TableName(row.getString("child_schema"), row.getString("child"));
        TableName parent = new TableName(row.getString("parent_schema"), row.getString("parent"));
        String reference = child + " refers to " + parent + " (" + row.getString("conname") + ", ON DELETE "
                + row.getString("action") + ") and";
        // What keeps a table from being captured that the configuration names is told with the table.
        String mend = database.wants(child)
                ? null
                : "add it to " + ConfigKey.INCLUDE.of(database.name()) + " or take it out of "
                        + ConfigKey.EXCLUDE.of(database.name());
        Finding.Kind kind = new Finding.Kind("is not captured: its rows cannot be put back", mend);
        return FOREIGN_KEY.warn(reference, kind, mend);
    }
}
