package io.rowback.daemon.tables;

import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the catalog says at one moment of the tables that are to be captured.
 *
 * @param tables every relation that the configuration names, capturable or not
 * @param published the tables that the publication publishes
 * @param narrowed those of them of which it publishes only some rows or columns
 * @param unreadable the tables that our role may not read
 * @param role our role
 * @param publication the publication's name
 */
public record Survey(
        List<CatalogTable> tables,
        Set<TableId> published,
        Set<TableId> narrowed,
        Set<TableId> unreadable,
        String role,
        String publication) {
    private static final String UNREADABLE = """
            SELECT c.oid
              FROM pg_catalog.pg_class c
             WHERE c.oid = ANY (?)
               AND NOT (pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
                        AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
            """;

    /**
     * A table that should be covered but cannot be.
     *
     * @param table its name
     * @param reason why
     * @param mend the SQL that mends it, or null
     */
    public record Uncovered(
            TableName table, String reason, @Nullable String mend) {}

    /** Asks the catalog. */
    public static Survey read(Connection connection, Config.Database database) throws SQLException {
        List<CatalogTable> tables = new Catalog(connection)
                .tables().stream().filter(table -> database.wants(table.name())).toList();
        Publication publication = new Publication(connection, database.publication());
        return new Survey(
                tables,
                publication.tables(),
                publication.narrowed(),
                unreadable(connection, tables),
                database.connection().user(),
                database.publication());
    }

    private static Set<TableId> unreadable(Connection connection, List<CatalogTable> tables) throws SQLException {
        Object[] oids = tables.stream()
                .map(table -> Integer.toUnsignedLong(table.id().oid()))
                .toArray();
        try (PreparedStatement statement = connection.prepareStatement(UNREADABLE)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                Set<TableId> unreadable = new HashSet<>();
                while (row.next()) {
                    unreadable.add(new TableId((int) row.getLong(1)));
                }
                return unreadable;
            }
        }
    }

    /** The tables that can be captured as far as they themselves are concerned. */
    public List<CatalogTable> capturable() {
        return tables.stream().filter(table -> table.obstacle() == null).toList();
    }

    /** Those of them that are not published yet. */
    public List<CatalogTable> unpublished() {
        return capturable().stream()
                .filter(table -> !published.contains(table.id()))
                .toList();
    }

    /** The tables whose history can be complete. */
    List<CatalogTable> coverable() {
        return capturable().stream()
                .filter(table -> published.contains(table.id()))
                .filter(table -> !narrowed.contains(table.id()) && !unreadable.contains(table.id()))
                .toList();
    }

    /** The tables that should be covered but cannot be, each with its reason. */
    public List<Uncovered> uncovered() {
        List<Uncovered> uncovered = new ArrayList<>();
        for (CatalogTable table : tables) {
            CatalogTable.Obstacle obstacle = table.obstacle();
            if (obstacle != null) {
                if (!obstacle.capturedElsewhere()) {
                    uncovered.add(new Uncovered(table.name(), obstacle.reason(), table.mend()));
                }
            } else if (!published.contains(table.id())) {
                String add = "ALTER PUBLICATION " + Identifiers.quote(publication) + " ADD TABLE ONLY "
                        + table.sqlName() + ";";
                uncovered.add(new Uncovered(table.name(), "not in publication " + publication, add));
            } else if (narrowed.contains(table.id())) {
                uncovered.add(new Uncovered(
                        table.name(), "publication " + publication + " leaves out some of its rows or columns", null));
            } else if (unreadable.contains(table.id())) {
                String grant = "GRANT USAGE ON SCHEMA "
                        + Identifiers.quote(table.name().schema()) + " TO " + Identifiers.quote(role)
                        + "; GRANT SELECT ON " + table.sqlName() + " TO " + Identifiers.quote(role) + ";";
                uncovered.add(new Uncovered(table.name(), "role " + role + " may not read it", grant));
            }
        }
        return uncovered;
    }
}
