package io.rowback.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a table for a test and makes rows and changes of it: {@code TableFixture.table("users").column("id",
 * "bigint").column("name", "text").key("id").build()}, see {@link HistoryFixture} for what is done with them.
 */
public final class TableFixture {
    /** Stands in a row's texts for a value that is not known. */
    public static final String UNKNOWN = "\0unknown";

    private final String schemaName;
    private final String name;
    private final List<Column> columns = new ArrayList<>();
    private final List<ForeignKey> foreignKeys = new ArrayList<>();
    private final List<TableSchema.Unique> uniques = new ArrayList<>();
    private List<String> key = List.of();
    private ReplicaIdentity identity = ReplicaIdentity.FULL;
    private List<TableName> partitionOf = List.of();
    private int oid;

    private TableFixture(String schemaName, String name) {
        this.schemaName = schemaName;
        this.name = name;
        this.oid = 16_384 + Math.floorMod((schemaName + "." + name).hashCode(), 1_000_000);
    }

    /** A table of schema public; its oid follows from its name. */
    public static TableFixture table(String name) {
        return new TableFixture("public", name);
    }

    /** A table of that schema. */
    public static TableFixture table(String schema, String name) {
        return new TableFixture(schema, name);
    }

    /** A nullable column. */
    public TableFixture column(String column, String type) {
        int attnum = columns.size() + 1;
        int typeOid =
                switch (type) {
                    case "bigint" -> 20;
                    case "integer" -> 23;
                    case "uuid" -> 2950;
                    default -> 25;
                };
        return column(new Column(column, attnum, typeOid, type, false, Column.Identity.NONE, false, true, null, true));
    }

    /** Any column. */
    public TableFixture column(Column column) {
        columns.add(column);
        return this;
    }

    /** The key's columns. */
    public TableFixture key(String... names) {
        key = List.of(names);
        return this;
    }

    /** The table's oid, where two tables have the same name. */
    public TableFixture oid(int value) {
        oid = value;
        return this;
    }

    /** The replica identity; FULL if not said. */
    public TableFixture identity(ReplicaIdentity value) {
        identity = value;
        return this;
    }

    /** A foreign key of one column to the key of {@code parent}. */
    public TableFixture foreignKey(String column, TableSchema parent, ForeignKey.Action onDelete) {
        return foreignKey(new ForeignKey(
                name + "_" + column + "_fkey",
                List.of(column),
                parent.id(),
                parent.key(),
                onDelete,
                ForeignKey.Action.NO_ACTION,
                false));
    }

    /** The tables of schema public of which it is a partition, its parent first. */
    public TableFixture partitionOf(String... ancestors) {
        partitionOf = Arrays.stream(ancestors)
                .map(ancestor -> new TableName("public", ancestor))
                .toList();
        return this;
    }

    /** Any foreign key; to itself with {@link #id()}. */
    public TableFixture foreignKey(ForeignKey foreignKey) {
        foreignKeys.add(foreignKey);
        return this;
    }

    /** A unique constraint. */
    public TableFixture unique(String... names) {
        uniques.add(new TableSchema.Unique(name + "_" + String.join("_", names) + "_key", List.of(names)));
        return this;
    }

    /** The id that the table will have. */
    public TableId id() {
        return new TableId(oid);
    }

    /** The table. */
    public TableSchema build() {
        return new TableSchema(
                id(),
                new TableName(schemaName, name),
                columns,
                key,
                identity,
                foreignKeys,
                uniques,
                List.of(),
                partitionOf);
    }

    /** A row of these texts; null is NULL, {@link #UNKNOWN} is not known. */
    public static RowImage row(TableSchema schema, @Nullable String... texts) {
        return new RowImage(
                schema, Arrays.stream(texts).map(TableFixture::value).toList());
    }

    private static ColumnValue value(@Nullable String text) {
        if (text == null) {
            return ColumnValue.Special.NULL;
        }
        return text.equals(UNKNOWN) ? ColumnValue.Special.UNKNOWN : ColumnValue.of(text);
    }

    /** The image as the stream has it where only its key is known. */
    public static RowImage keyOf(RowImage row) {
        List<ColumnValue> values = new ArrayList<>();
        for (Column column : row.schema().columns()) {
            boolean isKey = row.schema().key().contains(column.name());
            values.add(isKey ? row.value(column.name()) : ColumnValue.Special.UNKNOWN);
        }
        return new RowImage(row.schema(), values);
    }
}
