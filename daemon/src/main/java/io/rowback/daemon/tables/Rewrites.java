package io.rowback.daemon.tables;

import io.rowback.history.Column;
import io.rowback.history.TableId;
import io.rowback.postgres.CatalogTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Finds tables whose values were computed anew by {@code ALTER TABLE ... TYPE ... USING} while their type stayed the
 * same, of which neither log nor schema tell anything. The table has another file then, and the column's row in the
 * catalog is another version; VACUUM FULL, CLUSTER and TRUNCATE change the file alone. Confined to one thread.
 */
final class Rewrites {
    private static final String FILES = """
            SELECT a.attrelid AS oid, pg_catalog.pg_relation_filenode(a.attrelid) AS file, a.attnum, a.xmin::text AS version
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = ANY (?) AND a.attnum > 0 AND NOT a.attisdropped
            """;

    private Map<TableId, Shape> seen = Map.of();

    /** A table's file, and of each column its type and the version of its row in the catalog. */
    private record Shape(long file, Map<Integer, String> types, Map<Integer, String> versions) {
        boolean isRewriteOf(Shape before) {
            return file != before.file
                    && versions.keySet().stream()
                            .filter(attnum -> Objects.equals(types.get(attnum), before.types.get(attnum)))
                            .anyMatch(attnum -> !Objects.equals(versions.get(attnum), before.versions.get(attnum)));
        }
    }

    /** Those of these tables that were rewritten since this was asked last; none the first time. */
    Set<TableId> find(Connection connection, List<CatalogTable> tables) throws SQLException {
        Map<TableId, Shape> now = shapes(connection, tables);
        Set<TableId> found = new HashSet<>();
        now.forEach((table, shape) -> {
            Shape before = seen.get(table);
            if (before != null && shape.isRewriteOf(before)) {
                found.add(table);
            }
        });
        seen = now;
        return found;
    }

    private static Map<TableId, Shape> shapes(Connection connection, List<CatalogTable> tables) throws SQLException {
        Map<TableId, Map<Integer, String>> types = new HashMap<>();
        for (CatalogTable table : tables) {
            Map<Integer, String> byNumber = new HashMap<>();
            for (Column column : Objects.requireNonNull(table.schema()).columns()) {
                byNumber.put(column.attnum(), column.type());
            }
            types.put(table.id(), byNumber);
        }
        Map<TableId, Shape> shapes = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(FILES)) {
            Object[] oids = types.keySet().stream()
                    .map(table -> Integer.toUnsignedLong(table.oid()))
                    .toArray();
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId id = new TableId((int) row.getLong("oid"));
                    long file = row.getLong("file");
                    shapes.computeIfAbsent(
                                    id, table -> new Shape(file, types.getOrDefault(table, Map.of()), new HashMap<>()))
                            .versions()
                            .put(row.getInt("attnum"), row.getString("version"));
                }
            }
        }
        return shapes;
    }
}
