package io.rowback.postgres;

import io.rowback.history.Column;
import io.rowback.history.ForeignKey;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the catalog as it is now, each table as of one moment. Owns nothing: the connection is the caller's, and its confinement to one thread too. */
public final class Catalog {
    private static final long MAX_OID = 0xFFFF_FFFFL;

    private final Connection connection;

    public Catalog(Connection connection) {
        this.connection = connection;
    }

    /**
     * A column as {@code pg_attribute} has it, dropped ones included.
     *
     * @param attnum its number
     * @param name its name; of a dropped column a placeholder
     * @param dropped whether it was dropped
     * @param type its type for SQL, or "-" of a dropped column
     */
    public record Attribute(int attnum, String name, boolean dropped, String type) {}

    /** Every relation that holds or shows rows, but for those of the system and temporary ones, by name. */
    public List<CatalogTable> tables() throws SQLException {
        return atOneMoment(() -> describe(relations("c.oid <= ?", MAX_OID)));
    }

    /** The relation of that oid; empty if it does not exist (any more). */
    public Optional<CatalogTable> table(TableId id) throws SQLException {
        return atOneMoment(() -> describe(relations("c.oid = ?", oid(id)))).stream()
                .findFirst();
    }

    private interface Reading<T> {
        T read() throws SQLException;
    }

    /** Each query by itself would see another table if one is altered meanwhile. Within a transaction that is its matter. */
    private <T> T atOneMoment(Reading<T> reading) throws SQLException {
        if (!connection.getAutoCommit()) {
            return reading.read();
        }
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            T read = reading.read();
            connection.commit();
            return read;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** All columns of a table that ever were, by attribute number. */
    public List<Attribute> attributes(TableId id) throws SQLException {
        return rows(
                CatalogSql.ATTRIBUTES,
                oid(id),
                row -> new Attribute(
                        row.getInt("attnum"),
                        row.getString("attname"),
                        row.getBoolean("attisdropped"),
                        row.getString("type")));
    }

    /** Types as SQL writes them, by their oids and type modifiers. */
    public List<String> typeNames(List<Integer> typeOids, List<Integer> typmods) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CatalogSql.TYPE_NAMES)) {
            Object[] oids = typeOids.stream().map(Integer::toUnsignedLong).toArray();
            statement.setArray(1, connection.createArrayOf("int8", oids));
            statement.setArray(2, connection.createArrayOf("int4", typmods.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return texts(row.getArray(1));
            }
        }
    }

    private record Relation(
            TableId id, TableName name, String sqlName, char kind, char persistence, ReplicaIdentity identity) {}

    /** A unique index over plain columns. */
    record Index(String name, List<String> columns, boolean primary, boolean identity, boolean immediate) {}

    private List<Relation> relations(String condition, long argument) throws SQLException {
        return rows(
                CatalogSql.RELATIONS.formatted(condition),
                argument,
                row -> new Relation(
                        id(row, "oid"),
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        row.getString("sql_name"),
                        row.getString("relkind").charAt(0),
                        row.getString("relpersistence").charAt(0),
                        ReplicaIdentity.of(row.getString("relreplident").charAt(0))));
    }

    private List<CatalogTable> describe(List<Relation> relations) throws SQLException {
        List<Long> oids = relations.stream().map(relation -> oid(relation.id())).toList();
        Map<TableId, List<Column>> columns = columns(oids);
        Map<TableId, List<Index>> indexes = grouped(
                CatalogSql.INDEXES,
                oids,
                row -> new Index(
                        row.getString("relname"),
                        texts(row.getArray("columns")),
                        row.getBoolean("indisprimary"),
                        row.getBoolean("indisreplident"),
                        row.getBoolean("indimmediate")));
        Map<TableId, List<ForeignKey>> foreignKeys = grouped(CatalogSql.FOREIGN_KEYS, oids, Catalog::foreignKey);
        Map<TableId, List<TableSchema.Trigger>> triggers = grouped(
                CatalogSql.TRIGGERS,
                oids,
                row -> new TableSchema.Trigger(
                        row.getString("tgname"), row.getString("tgenabled").charAt(0), row.getString("definition")));
        Map<TableId, List<TableName>> ancestors = grouped(
                CatalogSql.ANCESTORS, oids, row -> new TableName(row.getString("nspname"), row.getString("relname")));
        List<CatalogTable> tables = new ArrayList<>();
        for (Relation relation : relations) {
            TableId id = relation.id();
            TableKey key = TableKey.of(relation.identity(), indexes.getOrDefault(id, List.of()));
            List<Column> own = columns.getOrDefault(id, List.of());
            CatalogTable.Obstacle obstacle = obstacle(relation, key, own);
            TableSchema schema = obstacle != null
                    ? null
                    : new TableSchema(
                            id,
                            relation.name(),
                            own,
                            key.columns(),
                            relation.identity(),
                            foreignKeys.getOrDefault(id, List.of()),
                            key.otherUniques(),
                            triggers.getOrDefault(id, List.of()),
                            ancestors.getOrDefault(id, List.of()));
            tables.add(new CatalogTable(id, relation.name(), relation.sqlName(), schema, obstacle));
        }
        return tables;
    }

    private CatalogTable.@Nullable Obstacle obstacle(Relation relation, TableKey key, List<Column> columns)
            throws SQLException {
        boolean virtualColumn = columns.stream().anyMatch(column -> column.generated() && !column.published());
        return switch (relation.kind()) {
            case 'p' -> CatalogTable.Obstacle.PARTITIONED;
            case 'v' -> CatalogTable.Obstacle.VIEW;
            case 'm' -> CatalogTable.Obstacle.MATERIALIZED_VIEW;
            case 'f' -> CatalogTable.Obstacle.FOREIGN;
            default -> {
                if (relation.persistence() != 'p') {
                    yield CatalogTable.Obstacle.UNLOGGED;
                } else if (key.columns().isEmpty() && relation.identity() != ReplicaIdentity.FULL) {
                    yield CatalogTable.Obstacle.NO_KEY;
                } else if (key.columns().isEmpty() && columns.stream().allMatch(Column::generated)) {
                    yield CatalogTable.Obstacle.NO_VALUES;
                } else if (!key.identifiesOldRows()) {
                    yield CatalogTable.Obstacle.NO_IDENTITY;
                } else if (virtualColumn
                        && relation.identity() == ReplicaIdentity.FULL
                        && serverVersion() >= CatalogSql.GENERATED_PUBLISHED_SINCE) {
                    yield key.columns().isEmpty()
                            ? CatalogTable.Obstacle.VIRTUAL_COLUMN_NO_KEY
                            : CatalogTable.Obstacle.VIRTUAL_COLUMN;
                } else {
                    yield null;
                }
            }
        };
    }

    private Map<TableId, List<Column>> columns(List<Long> oids) throws SQLException {
        boolean storedPublished = serverVersion() >= CatalogSql.GENERATED_PUBLISHED_SINCE;
        return grouped(CatalogSql.COLUMNS, oids, row -> {
            String generated = row.getString("attgenerated");
            String identity = row.getString("attidentity");
            return new Column(
                    row.getString("attname"),
                    row.getInt("attnum"),
                    (int) row.getLong("atttypid"),
                    row.getString("type"),
                    row.getBoolean("attnotnull"),
                    identity.equals("a")
                            ? Column.Identity.ALWAYS
                            : identity.equals("d") ? Column.Identity.BY_DEFAULT : Column.Identity.NONE,
                    !generated.isEmpty(),
                    generated.isEmpty() || (generated.equals("s") && storedPublished),
                    row.getString("sequence"),
                    row.getBoolean("byte_ordered"));
        });
    }

    private static ForeignKey foreignKey(ResultSet row) throws SQLException {
        return new ForeignKey(
                row.getString("conname"),
                texts(row.getArray("columns")),
                id(row, "confrelid"),
                texts(row.getArray("ref_columns")),
                action(row.getString("confdeltype")),
                action(row.getString("confupdtype")),
                row.getBoolean("condeferrable"));
    }

    private static ForeignKey.Action action(String letter) {
        return switch (letter) {
            case "a" -> ForeignKey.Action.NO_ACTION;
            case "r" -> ForeignKey.Action.RESTRICT;
            case "c" -> ForeignKey.Action.CASCADE;
            case "n" -> ForeignKey.Action.SET_NULL;
            case "d" -> ForeignKey.Action.SET_DEFAULT;
            default -> throw new IllegalStateException("unknown referential action " + letter);
        };
    }

    private int serverVersion() throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion();
    }

    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> rows(String sql, long argument, RowReader<T> reader) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, argument);
            List<T> rows = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    rows.add(reader.read(row));
                }
            }
            return rows;
        }
    }

    /** Rows of a query about many relations, by its first column, the relation's oid. */
    private <T> Map<TableId, List<T>> grouped(String sql, Collection<Long> oids, RowReader<T> reader)
            throws SQLException {
        Map<TableId, List<T>> groups = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("int8", oids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    groups.computeIfAbsent(id(row, "oid"), id -> new ArrayList<>())
                            .add(reader.read(row));
                }
            }
        }
        return groups;
    }

    private static List<String> texts(Array array) throws SQLException {
        return Arrays.asList((String[]) array.getArray());
    }

    private static TableId id(ResultSet row, String column) throws SQLException {
        return new TableId((int) row.getLong(column));
    }

    private static long oid(TableId id) {
        return Integer.toUnsignedLong(id.oid());
    }
}
