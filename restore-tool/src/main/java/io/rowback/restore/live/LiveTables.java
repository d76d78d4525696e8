package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.ForeignKey;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Finds the tables of the history in a live catalog. In the database of the history itself oid and attribute number tell,
 * whatever was renamed; in a copy that was loaded from a dump there are others, and names tell.
 */
final class LiveTables {
    /** Attribute numbers above all real ones, for columns of a copy that the history does not know. */
    private static final int UNKNOWN_ATTNUM = 10_000;

    /** A copy's types have numbers of their own and are known by their names. */
    private static final int NO_TYPE = 0;

    private final boolean byName;
    private final Lsn durable;
    private final Map<TableId, CatalogTable> byId = new HashMap<>();
    private final Map<TableName, CatalogTable> byTableName = new HashMap<>();
    private final Map<TableId, TableId> inHistory = new HashMap<>();

    /**
     * The tables of this catalog.
     *
     * @param byName whether it is that of a copy
     * @param durable where the history ends
     */
    LiveTables(List<CatalogTable> catalog, boolean byName, Lsn durable) {
        this.byName = byName;
        this.durable = durable;
        for (CatalogTable table : catalog) {
            byId.put(table.id(), table);
            byTableName.put(table.name(), table);
        }
    }

    /** These tables of the history as they are there. */
    List<LiveTable> of(List<TableInfo> tables) {
        for (TableInfo table : tables) {
            CatalogTable live = byTableName.get(table.schema().name());
            if (byName && live != null) {
                inHistory.put(live.id(), table.schema().id());
            }
        }
        return tables.stream().map(this::of).toList();
    }

    private LiveTable of(TableInfo table) {
        TableSchema known = table.schema();
        CatalogTable live = byName ? byTableName.get(known.name()) : byId.get(known.id());
        if (live == null) {
            return new LiveTable(table, known, 0, "its table does not exist in the target");
        }
        long oid = Integer.toUnsignedLong(live.id().oid());
        TableSchema schema = live.schema();
        if (schema == null) {
            String reason =
                    live.obstacle() == null ? "unknown" : live.obstacle().reason();
            return new LiveTable(table, known, oid, "its table cannot be written to there: " + reason);
        }
        TableSchema there = byName ? translated(schema, known) : schema;
        String obstacle = there.identifiesRowsAs(known) ? null : "its table has another key there";
        return new LiveTable(obstacle == null ? table.seen(there, durable) : table, known, oid, obstacle);
    }

    /** The copy's table in the numbers of the history: same names mean the same columns and tables. */
    private TableSchema translated(TableSchema live, TableSchema known) {
        List<Column> columns = new ArrayList<>();
        for (Column column : live.columns()) {
            int same = known.indexOf(column.name());
            int attnum = same < 0
                    ? UNKNOWN_ATTNUM + column.attnum()
                    : known.columns().get(same).attnum();
            columns.add(new Column(
                    column.name(),
                    attnum,
                    NO_TYPE,
                    column.type(),
                    column.notNull(),
                    column.identity(),
                    column.generated(),
                    column.published(),
                    column.sequence(),
                    column.byteOrdered()));
        }
        List<ForeignKey> foreignKeys = live.foreignKeys().stream()
                // What else a key refers to is known to the server alone, which is asked for missing parents.
                .filter(key -> inHistory.containsKey(key.refTable()))
                .map(key -> new ForeignKey(
                        key.name(),
                        key.columns(),
                        Objects.requireNonNull(inHistory.get(key.refTable())),
                        key.refColumns(),
                        key.onDelete(),
                        key.onUpdate(),
                        key.deferrable()))
                .toList();
        return new TableSchema(
                known.id(),
                live.name(),
                columns,
                live.key(),
                live.replicaIdentity(),
                foreignKeys,
                live.uniques(),
                live.triggers(),
                live.partitionOf());
    }
}
