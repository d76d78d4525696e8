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
                   pg_catalog.to_jsonb(p) ->> 'pubgencols' = 'n' AS without_generated
              FROM pg_catalog.pg_publication p
             WHERE p.pubname = ?
            """;
    /** Every table that is published, however it came into the publication. */
    private static final String TABLES = """
            SELECT c.oid,
                   EXISTS (SELECT 1
                             FROM pg_catalog.pg_publication_rel r
                             JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
                            WHERE p.pubname = t.pubname AND r.prrelid = c.oid) AS listed
              FROM pg_catalog.pg_publication_tables t
              JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
             WHERE t.pubname = ?
            """;
    /** Row filters and column lists, from version 15 on: what they leave out would be missing from the history. */
    private static final String NARROWED = """
            SELECT r.prrelid AS oid
              FROM pg_catalog.pg_publication_rel r
              JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
             WHERE p.pubname = ?
               AND (pg_catalog.to_jsonb(r) ->> 'prqual' IS NOT NULL OR pg_catalog.to_jsonb(r) ->> 'prattrs' IS NOT NULL)
            """;

    /** What changes when a table is taken out and put back, or the publication itself changes. */
    private static final String MEMBERSHIPS = """
            SELECT c.oid, pg_catalog.concat_ws(' ', p.oid, p.xmin, r.oid, r.xmin) AS membership
              FROM pg_catalog.pg_publication_tables t
              JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname
              JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
              JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
              LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
             WHERE t.pubname = ?
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
     */
    public record Definition(boolean allTables, boolean viaRoot, boolean whole, boolean withoutGenerated) {}

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
                                row.getBoolean("without_generated")))
                        : Optional.empty();
            }
        }
    }

    /** The tables that it publishes. */
    public Set<TableId> tables() throws SQLException {
        return tables(TABLES, false);
    }

    /** Those of them that it lists by name, and that can be taken out of it. */
    Set<TableId> listed() throws SQLException {
        return tables(TABLES, true);
    }

    /** The tables of which it publishes only some rows or columns. */
    public Set<TableId> narrowed() throws SQLException {
        return tables(NARROWED, false);
    }

    /**
     * Its tables, each with a text that stays the same only as long as the table is published without interruption and
     * in the same way.
     */
    Map<TableId, String> memberships() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MEMBERSHIPS)) {
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
