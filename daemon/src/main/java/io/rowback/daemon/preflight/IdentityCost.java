package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.REPLICA_IDENTITY;

import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Amount;
import io.rowback.postgres.CatalogTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What REPLICA IDENTITY FULL costs each table, or would cost: the server then logs the whole old row with each UPDATE and
 * DELETE, out-of-line values included, instead of nothing and of the key. Reckoned from the
 * statistics of the last ANALYZE (average widths of the columns), the last VACUUM (pages of the TOAST table for a row) and
 * the counts of UPDATEs and DELETEs, none of which takes a lock.
 */
final class IdentityCost {
    private static final String STATISTICS = """
            SELECT c.oid,
                   (SELECT pg_catalog.sum(s.avg_width * (1 - s.null_frac)) FROM widths s WHERE s.oid = c.oid) AS width,
                   (SELECT pg_catalog.sum(s.avg_width)
                      FROM widths s
                      JOIN ROWS FROM (pg_catalog.unnest(?::int8[]), pg_catalog.unnest(?::text[])) k (oid, attname)
                        ON k.oid = s.oid AND k.attname = s.attname
                     WHERE s.oid = c.oid) AS key_width,
                   COALESCE(t.relpages::float8 * pg_catalog.current_setting('block_size')::int
                            / NULLIF(c.reltuples, 0), 0) AS toast,
                   EXISTS (SELECT
                             FROM pg_catalog.pg_index i
                            WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate) AS key_serves,
                   pg_catalog.pg_stat_get_tuples_updated(c.oid) AS updates,
                   pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS deletes,
                   pg_catalog.date_trunc('minute', pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)) AS since
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
              LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
             WHERE c.oid = ANY (?)
             ORDER BY c.relreplident = 'f' DESC,
                   pg_catalog.pg_stat_get_tuples_updated(c.oid) + pg_catalog.pg_stat_get_tuples_deleted(c.oid) DESC, c.oid
            """;

    private static final String WIDTHS = """
            WITH widths AS (
                SELECT c.oid, s.attname, s.avg_width, s.null_frac
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                 WHERE NOT s.inherited AND c.oid = ANY (?))
            """;

    /** Of a tuple in the log, beside its columns: its small header, and the columns' alignment about. */
    private static final int HEADER = 8;

    private IdentityCost() {}

    static void look(Connection connection, List<CatalogTable> tables, List<Finding> findings) throws SQLException {
        Map<TableId, CatalogTable> byId = new HashMap<>();
        tables.forEach(table -> byId.put(table.id(), table));
        List<TableSchema> schemas = tables.stream()
                .map(table -> Objects.requireNonNull(table.schema()))
                .toList();
        Object[] oids = schemas.stream().map(table -> oid(table.id())).toArray();
        Object[] keyOids = schemas.stream()
                .flatMap(table -> table.key().stream().map(column -> oid(table.id())))
                .toArray();
        Object[] keys = schemas.stream().flatMap(table -> table.key().stream()).toArray();
        try (PreparedStatement statement = connection.prepareStatement(WIDTHS + STATISTICS)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            statement.setArray(2, connection.createArrayOf("int8", keyOids));
            statement.setArray(3, connection.createArrayOf("text", keys));
            statement.setArray(4, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    CatalogTable table = byId.get(new TableId((int) row.getLong("oid")));
                    findings.add(finding(Objects.requireNonNull(table), row));
                }
            }
        }
    }

    private static long oid(TableId id) {
        return Integer.toUnsignedLong(id.oid());
    }

    private static Finding finding(CatalogTable table, ResultSet row) throws SQLException {
        TableSchema schema = Objects.requireNonNull(table.schema());
        boolean full = schema.replicaIdentity() == ReplicaIdentity.FULL;
        double width = row.getDouble("width");
        boolean analyzed = !row.wasNull();
        String cost = analyzed ? cost(full ? "adds" : "would add", width, row) : "costs so much as ANALYZE will tell";
        String alter = "ALTER TABLE " + table.sqlName();
        if (schema.key().isEmpty()) {
            return REPLICA_IDENTITY.warn(
                    table.name()
                            + " has no key, so equal rows are counted, and restored in their number; its REPLICA IDENTITY FULL "
                            + cost,
                    // One statement: pasted as it stands it fails as a whole, and the table keeps what UPDATE and
                    // DELETE need.
                    alter + " ADD PRIMARY KEY (...), REPLICA IDENTITY DEFAULT;");
        }
        if (full && row.getBoolean("key_serves")) {
            String text = table.name() + ": its key is enough for the history; REPLICA IDENTITY FULL " + cost;
            return REPLICA_IDENTITY.choice(text, alter + " REPLICA IDENTITY DEFAULT;");
        }
        String identity = full ? ": REPLICA IDENTITY FULL is needed, since its key is deferrable, and " : ": FULL ";
        return analyzed
                ? REPLICA_IDENTITY.ok(table.name() + identity + cost)
                : REPLICA_IDENTITY.choice(table.name() + identity + cost, "ANALYZE " + table.sqlName() + ";");
    }

    private static String cost(String verb, double width, ResultSet row) throws SQLException {
        double update = HEADER + width + row.getDouble("toast");
        double delete = update - row.getDouble("key_width");
        long updates = row.getLong("updates");
        long deletes = row.getLong("deletes");
        String since = row.getString("since");
        return "%s about %s of log to an UPDATE and %s to a DELETE: %s for the %d and %d since %s"
                .formatted(
                        verb,
                        Amount.bytes(update),
                        Amount.bytes(delete),
                        Amount.bytes(update * updates + delete * deletes),
                        updates,
                        deletes,
                        since == null ? "statistics are kept" : since);
    }
}
