package io.rowback.daemon.tables;

import io.rowback.history.Column;
import io.rowback.history.NotCovered;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the catalog says at one moment of the tables that are to be captured.
 *
 * @param tables every relation that the configuration names, capturable or not
 * @param unwanted the tables that the publication lists by name and the configuration leaves out
 * @param published the tables that the publication publishes
 * @param listed the published tables that the publication lists by name
 * @param narrowed the published tables of which it publishes only some rows, columns or operations
 * @param whole whether it publishes every operation; if not, all its tables are narrowed
 * @param viaRoot whether it publishes partitions as their root, and so not as the tables that they are
 * @param broken the tables that the application could not UPDATE if it published them as it is
 * @param unreadable the tables that our role may not read
 * @param hidden the tables of which row-level security hides rows from our role
 * @param role our role
 * @param publication the publication's name
 */
public record Survey(
        List<CatalogTable> tables,
        List<CatalogTable> unwanted,
        Set<TableId> published,
        Set<TableId> listed,
        Set<TableId> narrowed,
        boolean whole,
        boolean viaRoot,
        Set<TableId> broken,
        Set<TableId> unreadable,
        Set<TableId> hidden,
        String role,
        String publication) {
    private static final String BROKEN =
            "replica identity FULL with a generated column, which the publication leaves out: its UPDATEs would fail once published";

    /** Begins the reason for that, which the publication's name ends. */
    public static final String UNPUBLISHED = "not in publication ";

    /** Who owns a table may put it into a publication. */
    private static final String OWNED = """
            SELECT c.oid
              FROM pg_catalog.pg_class c
             WHERE c.oid = ANY (?)
               AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
            """;

    private static final String UNREADABLE = """
            SELECT c.oid
              FROM pg_catalog.pg_class c
             WHERE c.oid = ANY (?)
               AND NOT (pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
                        AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
            """;

    private static final String HIDDEN = """
            SELECT c.oid
              FROM pg_catalog.pg_class c
             WHERE c.oid = ANY (?)
               AND c.relrowsecurity
               AND pg_catalog.row_security_active(c.oid)
            """;

    /** Asks the catalog. */
    public static Survey read(Connection connection, Config.Database database) throws SQLException {
        List<CatalogTable> all = new Catalog(connection).tables();
        List<CatalogTable> tables =
                all.stream().filter(table -> database.wants(table.name())).toList();
        Publication publication = new Publication(connection, database.publication());
        Optional<Publication.Definition> definition = publication.definition();
        boolean whole = definition.map(Publication.Definition::whole).orElse(true);
        Set<TableId> listed = publication.listed();
        Set<TableId> published = publication.tables();
        return new Survey(
                tables,
                all.stream()
                        .filter(table -> listed.contains(table.id()) && !database.wants(table.name()))
                        .toList(),
                published,
                listed,
                whole ? publication.narrowed() : published,
                whole,
                definition.map(Publication.Definition::viaRoot).orElse(false),
                broken(tables, definition),
                those(connection, tables, UNREADABLE),
                those(connection, tables, HIDDEN),
                database.connection().user(),
                database.publication());
    }

    /** The log of an old row under FULL must have all that is published, and nothing else. */
    private static Set<TableId> broken(List<CatalogTable> tables, Optional<Publication.Definition> definition) {
        if (!definition.map(Publication.Definition::withoutGenerated).orElse(false)) {
            return Set.of();
        }
        return tables.stream()
                .map(CatalogTable::schema)
                .flatMap(Stream::ofNullable)
                .filter(table -> table.replicaIdentity() == ReplicaIdentity.FULL)
                .filter(table -> table.columns().stream().anyMatch(Column::generated))
                .map(TableSchema::id)
                .collect(Collectors.toSet());
    }

    private static Set<TableId> those(Connection connection, List<CatalogTable> tables, String sql)
            throws SQLException {
        Object[] oids = tables.stream()
                .map(table -> Integer.toUnsignedLong(table.id().oid()))
                .toArray();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                Set<TableId> found = new HashSet<>();
                while (row.next()) {
                    found.add(new TableId((int) row.getLong(1)));
                }
                return found;
            }
        }
    }

    /** The tables that can be captured as far as they themselves are concerned. */
    public List<CatalogTable> capturable() {
        return tables.stream()
                .filter(table -> table.obstacle() == null && !broken.contains(table.id()))
                .toList();
    }

    /** Those of the capturable tables that are not published yet, and would be if they were listed. */
    public List<CatalogTable> unpublished() {
        return capturable().stream()
                .filter(table -> !published.contains(table.id()) && !isPublishedAsRoot(table))
                .toList();
    }

    /** Those of the unpublished tables that our role owns, which it must to put them into the publication. */
    public Set<TableId> owned(Connection connection) throws SQLException {
        return those(connection, unpublished(), OWNED);
    }

    private boolean isPublishedAsRoot(CatalogTable table) {
        return viaRoot
                && table.schema() != null
                && !table.schema().partitionOf().isEmpty();
    }

    /** Those of the capturable tables that our role may not read. */
    public List<CatalogTable> withheld() {
        return capturable().stream()
                .filter(table -> unreadable.contains(table.id()))
                .toList();
    }

    /**
     * The SQL that lets our role read them: no more than the tables that are to be captured, so that what the configuration
     * leaves out stays unreadable.
     */
    public List<String> grants() {
        Map<String, List<CatalogTable>> bySchema = withheld().stream()
                .collect(Collectors.groupingBy(table -> table.name().schema(), TreeMap::new, Collectors.toList()));
        return bySchema.entrySet().stream()
                .flatMap(tables -> grants(tables.getKey(), tables.getValue()).stream())
                .toList();
    }

    private List<String> grants(String schema, List<CatalogTable> tables) {
        String toUs = " TO " + Identifiers.quote(role) + ";";
        String names = tables.stream().map(CatalogTable::sqlName).collect(Collectors.joining(", "));
        return List.of("GRANT USAGE ON SCHEMA " + Identifiers.quote(schema) + toUs, "GRANT SELECT ON " + names + toUs);
    }

    /** The tables whose history can be complete. */
    public List<CatalogTable> coverable() {
        return capturable().stream()
                .filter(table -> published.contains(table.id()))
                .filter(table -> !narrowed.contains(table.id()))
                .filter(table -> !unreadable.contains(table.id()) && !hidden.contains(table.id()))
                .toList();
    }

    /** The tables that should be covered but cannot be, each with the first of its reasons. */
    public List<NotCovered> uncovered() {
        return tables.stream()
                .flatMap(table -> reasons(table).stream().limit(1))
                .toList();
    }

    /** The same with all reasons: to mend one of them may not be enough. */
    public List<NotCovered> reasons() {
        return tables.stream().flatMap(table -> reasons(table).stream()).toList();
    }

    /** The tables of which row-level security hides rows, whatever else keeps them from being covered. */
    public List<NotCovered> withHiddenRows() {
        return tables.stream().flatMap(table -> hidden(table).stream()).toList();
    }

    private List<NotCovered> reasons(CatalogTable table) {
        if (table.obstacle() != null) {
            return obstructed(table, table.obstacle()).stream().toList();
        }
        return Stream.of(unpublished(table), unreadable(table), hidden(table))
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<NotCovered> unpublished(CatalogTable table) {
        if (broken.contains(table.id())) {
            return Optional.of(new NotCovered(table.name(), BROKEN, publishGenerated()));
        }
        if (isPublishedAsRoot(table)) {
            String reason = "publication " + publication + " publishes it as its root, which loses its TRUNCATE";
            return Optional.of(new NotCovered(table.name(), reason, publishPartitions()));
        }
        if (!published.contains(table.id())) {
            String add = alterPublication() + "ADD TABLE ONLY " + table.sqlName() + ";";
            return Optional.of(new NotCovered(table.name(), UNPUBLISHED + publication, add));
        }
        if (!whole) {
            String reason = "publication " + publication + " does not publish every operation";
            return Optional.of(new NotCovered(table.name(), reason, publishEveryOperation()));
        }
        if (narrowed.contains(table.id())) {
            String reason = "publication " + publication + " leaves out some of its rows or columns";
            String whole = "BEGIN; " + alterPublication() + "DROP TABLE ONLY " + table.sqlName() + "; "
                    + alterPublication() + "ADD TABLE ONLY " + table.sqlName() + "; COMMIT;";
            return Optional.of(new NotCovered(table.name(), reason, whole));
        }
        return Optional.empty();
    }

    private Optional<NotCovered> unreadable(CatalogTable table) {
        if (unreadable.contains(table.id())) {
            String grants = String.join(" ", grants(table.name().schema(), List.of(table)));
            return Optional.of(new NotCovered(table.name(), "role " + role + " may not read it", grants));
        }
        return Optional.empty();
    }

    private Optional<NotCovered> hidden(CatalogTable table) {
        if (hidden.contains(table.id())) {
            String reason = "row-level security hides rows of it from role " + role;
            return Optional.of(
                    new NotCovered(table.name(), reason, "ALTER ROLE " + Identifiers.quote(role) + " BYPASSRLS;"));
        }
        return Optional.empty();
    }

    private Optional<NotCovered> obstructed(CatalogTable table, CatalogTable.Obstacle obstacle) {
        if (obstacle.capturedElsewhere()) {
            return Optional.empty();
        }
        if (!listed.contains(table.id())) {
            return Optional.of(new NotCovered(table.name(), obstacle.reason(), table.mend()));
        }
        String drop = alterPublication() + "DROP TABLE ONLY " + table.sqlName() + ";";
        String reason = obstacle.reason() + ", and while publication " + publication
                + " lists it the application's UPDATE and DELETE of it may fail";
        return Optional.of(new NotCovered(table.name(), reason, drop));
    }

    /** The SQL with which the publication breaks no application. */
    public String publishGenerated() {
        return alterPublication() + "SET (publish_generated_columns = stored);";
    }

    /** The SQL with which the publication publishes all four operations. */
    public String publishEveryOperation() {
        return alterPublication() + "SET (publish = 'insert, update, delete, truncate');";
    }

    /** The SQL with which the publication publishes partitions as the tables that they are. */
    public String publishPartitions() {
        return alterPublication() + "SET (publish_via_partition_root = false);";
    }

    private String alterPublication() {
        return "ALTER PUBLICATION " + Identifiers.quote(publication) + " ";
    }
}
