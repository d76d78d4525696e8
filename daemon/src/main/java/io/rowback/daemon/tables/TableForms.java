package io.rowback.daemon.tables;

import io.rowback.history.TableForm;
import io.rowback.history.TableForm.ColumnForm;
import io.rowback.history.TableForm.TypeForm;
import io.rowback.history.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the forms of tables from the catalog. */
public final class TableForms {
    /** File and columns in one statement, and so as of one moment: a file seen newer than its columns would hide a rewrite. */
    private static final String COLUMNS = """
            SELECT a.attrelid AS oid, c.relfilenode AS file, c.reltoastrelid AS toast, a.attnum, pg_catalog.concat_ws(' ', a.atttypid, a.atttypmod) AS type,
                   a.xmin::text AS version
              FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
             WHERE a.attrelid = ANY (?) AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attrelid, a.attnum
            """;

    /** Built-in types, which have lower oids, stay as they are. */
    private static final String TYPES = """
            WITH RECURSIVE used (relid, typid) AS (
                SELECT a.attrelid, a.atttypid
                  FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = ANY (?) AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
                UNION
                SELECT u.relid, part.typid
                  FROM used u
                  JOIN pg_catalog.pg_type t ON t.oid = u.typid
                 CROSS JOIN LATERAL (SELECT t.typelem
                                     UNION ALL SELECT t.typbasetype
                                     UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
                                     UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid
                                     UNION ALL SELECT a.atttypid
                                                 FROM pg_catalog.pg_attribute a
                                                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
                                    ) part (typid)
                 WHERE part.typid >= 16384)
            SELECT u.relid AS oid, t.oid AS type,
                   CASE t.typtype
                       WHEN 'e' THEN ARRAY(SELECT pg_catalog.concat_ws(' ', e.oid, e.enumlabel)
                                             FROM pg_catalog.pg_enum e
                                            WHERE e.enumtypid = t.oid
                                            ORDER BY e.oid)
                       ELSE ARRAY[(SELECT coalesce(pg_catalog.string_agg(a.attnum::text, ' ' ORDER BY a.attnum), '')
                                     FROM pg_catalog.pg_attribute a
                                    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)]
                   END AS parts
              FROM used u
              JOIN pg_catalog.pg_type t ON t.oid = u.typid
             WHERE t.typtype IN ('e', 'c')
             ORDER BY u.relid, t.oid
            """;

    private TableForms() {}

    private record File(long number, long toast, List<ColumnForm> columns) {}

    /** The forms of those tables that are there. */
    public static Map<TableId, TableForm> read(Connection connection, Collection<TableId> tables) throws SQLException {
        Object[] oids = tables.stream()
                .map(table -> Integer.toUnsignedLong(table.oid()))
                .toArray();
        Map<TableId, List<TypeForm>> types = types(connection, oids);
        Map<TableId, TableForm> forms = new HashMap<>();
        files(connection, oids)
                .forEach((table, file) -> forms.put(
                        table,
                        new TableForm(
                                table,
                                file.number(),
                                file.toast(),
                                file.columns(),
                                types.getOrDefault(table, List.of()))));
        return forms;
    }

    private static Map<TableId, File> files(Connection connection, Object[] oids) throws SQLException {
        Map<TableId, File> files = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    long number = row.getLong("file");
                    long toast = row.getLong("toast");
                    files.computeIfAbsent(
                                    new TableId((int) row.getLong("oid")),
                                    table -> new File(number, toast, new ArrayList<>()))
                            .columns()
                            .add(new ColumnForm(row.getInt("attnum"), row.getString("type"), row.getString("version")));
                }
            }
        }
        return files;
    }

    private static Map<TableId, List<TypeForm>> types(Connection connection, Object[] oids) throws SQLException {
        Map<TableId, List<TypeForm>> types = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(TYPES)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String[] parts = (String[]) row.getArray("parts").getArray();
                    types.computeIfAbsent(new TableId((int) row.getLong("oid")), table -> new ArrayList<>())
                            .add(new TypeForm((int) row.getLong("type"), List.of(parts)));
                }
            }
        }
        return types;
    }
}
