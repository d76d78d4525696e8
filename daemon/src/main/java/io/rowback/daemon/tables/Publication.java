package io.rowback.daemon.tables;

import io.rowback.history.TableId;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The publication: an explicit list of tables, so that one without a key never comes into it by itself, which would make
 * the application's UPDATE of it fail. Confined to the thread of its connection.
 */
public final class Publication {
    private static final int GENERATED_COLUMNS_SINCE = 18;
    private static final String LOCK_TIMEOUT = "1s";

    private static final String FIND = """
            SELECT p.puballtables, p.pubviaroot, p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AS whole,
                   pg_catalog.to_jsonb(p) ->> 'pubgencols' = 'n' AS without_generated,
                   pg_catalog.pg_has_role(p.pubowner, 'USAGE') AS ours
              FROM pg_catalog.pg_publication p
             WHERE p.pubname = ?
            """;
    /**
     * Every table that is published, however it came into the publication: itself, by a partitioned table above it, by
     * its schema (from version 15 on), or with all; and a text that changes whenever it is taken out and put back on any
     * of these ways. The view {@code pg_publication_tables} would wait for whoever holds a lock on one of the tables.
     */
    private static final String TABLES = """
            SELECT c.oid,
                   EXISTS (SELECT 1
                             FROM pg_catalog.pg_publication_rel r
                            WHERE r.prpubid = p.oid AND r.prrelid = c.oid) AS listed,
                   pg_catalog.concat_ws(' ', p.oid, p.xmin, rel.rows, spc.rows, inh.rows) AS membership
              FROM pg_catalog.pg_publication p
              JOIN pg_catalog.pg_class c ON c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
             CROSS JOIN LATERAL (SELECT pg_catalog.array_append(pg_catalog.array_agg(a.relid::oid), c.oid) AS oids
                                   FROM pg_catalog.pg_partition_ancestors(c.oid) a) line
             CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.concat(r.oid, ' ', r.xmin), ' ' ORDER BY r.oid)
                                            AS rows
                                   FROM pg_catalog.pg_publication_rel r
                                  WHERE r.prpubid = p.oid AND r.prrelid = ANY (line.oids)) rel
             CROSS JOIN LATERAL (%s) spc
             CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(
                                            pg_catalog.concat(i.inhparent, ' ', i.xmin), ' ' ORDER BY i.inhparent) AS rows
                                   FROM pg_catalog.pg_inherits i
                                  WHERE c.relispartition AND i.inhrelid = ANY (line.oids)) inh
             WHERE p.pubname = ?
               AND NOT (p.pubviaroot AND c.relispartition)
               AND (p.puballtables OR rel.rows IS NOT NULL OR spc.rows IS NOT NULL)
            """;

    private static final String SCHEMAS = """
            SELECT pg_catalog.string_agg(pg_catalog.concat(n.oid, ' ', n.xmin), ' ' ORDER BY n.oid) AS rows
              FROM pg_catalog.pg_publication_namespace n
             WHERE n.pnpubid = p.oid
               AND n.pnnspid IN (SELECT a.relnamespace FROM pg_catalog.pg_class a WHERE a.oid = ANY (line.oids))
            """;

    private static final String NO_SCHEMAS = "SELECT NULL::text AS rows";
    private static final int SCHEMAS_SINCE = 15;

    /** Row filters and column lists, from version 15 on: what they leave out would be missing from the history. */
    private static final String NARROWED = """
            SELECT r.prrelid AS oid
              FROM pg_catalog.pg_publication_rel r
              JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
             WHERE p.pubname = ?
               AND (pg_catalog.to_jsonb(r) ->> 'prqual' IS NOT NULL OR pg_catalog.to_jsonb(r) ->> 'prattrs' IS NOT NULL)
            """;

    private final Connection connection;
    private final String name;

    public Publication(Connection connection, String name) {
        this.connection = connection;
        this.name = name;
    }

    /**
     * How it was defined.
     *
     * @param allTables whether it publishes every table there will ever be
     * @param viaRoot whether partitions are published as their root, which loses a partition's TRUNCATE
     * @param whole whether it publishes all four operations
     * @param withoutGenerated whether it leaves out stored generated columns although this server can publish them
     * @param ours whether our role may alter it
     */
    public record Definition(
            boolean allTables, boolean viaRoot, boolean whole, boolean withoutGenerated, boolean ours) {}

    /** Its definition; empty if it does not exist. */
    public Optional<Definition> definition() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Definition(
                                row.getBoolean("puballtables"),
                                row.getBoolean("pubviaroot"),
                                row.getBoolean("whole"),
                                row.getBoolean("without_generated"),
                                row.getBoolean("ours")))
                        : Optional.empty();
            }
        }
    }

    /** The tables that it publishes. */
    public Set<TableId> tables() throws SQLException {
        return tables(tablesSql(), false);
    }

    /** Those of them that it lists by name, and that can be taken out of it. */
    Set<TableId> listed() throws SQLException {
        return tables(tablesSql(), true);
    }

    /** The tables of which it publishes only some rows or columns. */
    public Set<TableId> narrowed() throws SQLException {
        return tables(NARROWED, false);
    }

    /**
     * Its tables, each with a text that stays the same only as long as the table is published without interruption and
     * in the same way.
     */
    public Map<TableId, String> memberships() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(tablesSql())) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                Map<TableId, String> memberships = new HashMap<>();
                while (row.next()) {
                    memberships.put(new TableId((int) row.getLong("oid")), row.getString("membership"));
                }
                return memberships;
            }
        }
    }

    private String tablesSql() throws SQLException {
        boolean hasSchemas = connection.getMetaData().getDatabaseMajorVersion() >= SCHEMAS_SINCE;
        return TABLES.formatted(hasSchemas ? SCHEMAS : NO_SCHEMAS);
    }

    private Set<TableId> tables(String sql, boolean listedOnly) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                Set<TableId> tables = new HashSet<>();
                while (row.next()) {
                    if (!listedOnly || row.getBoolean("listed")) {
                        tables.add(new TableId((int) row.getLong("oid")));
                    }
                }
                return tables;
            }
        }
    }

    /** The SQL that creates it. */
    public String createSql(Collection<CatalogTable> tables) throws SQLException {
        return createSql(name, connection.getMetaData().getDatabaseMajorVersion(), tables);
    }

    /** The SQL that creates a publication on a server of that version. */
    public static String createSql(String name, int serverVersion, Collection<CatalogTable> tables) {
        // Without it an UPDATE of a table with a stored generated column and REPLICA IDENTITY FULL fails.
        String generated = serverVersion >= GENERATED_COLUMNS_SINCE ? ", publish_generated_columns = stored" : "";
        String list = tables.isEmpty() ? "" : " FOR TABLE " + names(tables);
        return "CREATE PUBLICATION " + Identifiers.quote(name) + list + " WITH (publish_via_partition_root = false"
                + generated + ");";
    }

    /** The SQL that adds tables to it. */
    public String addSql(Collection<CatalogTable> tables) {
        return "ALTER PUBLICATION " + Identifiers.quote(name) + " ADD TABLE " + names(tables) + ";";
    }

    /** The SQL that takes tables out of it. */
    public String dropSql(Collection<CatalogTable> tables) {
        return "ALTER PUBLICATION " + Identifiers.quote(name) + " DROP TABLE " + names(tables) + ";";
    }

    void create(Collection<CatalogTable> tables) throws SQLException {
        execute(createSql(tables));
    }

    /**
     * Adds a table. A transaction that writes to it at this moment could make an older server believe for good that the
     * table is not published; holding such writers off for that moment prevents it.
     */
    void add(CatalogTable table) throws SQLException {
        boolean mendedServer = PublicationRace.isMended(connection);
        connection.setAutoCommit(false);
        try {
            execute("SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
            if (!mendedServer) {
                execute("LOCK TABLE ONLY " + table.sqlName() + " IN SHARE ROW EXCLUSIVE MODE");
            }
            execute(addSql(List.of(table)));
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    void drop(CatalogTable table) throws SQLException {
        execute(dropSql(List.of(table)));
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private static String names(Collection<CatalogTable> tables) {
        return tables.stream().map(table -> "ONLY " + table.sqlName()).collect(Collectors.joining(", "));
    }
}
