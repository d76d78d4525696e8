package io.rowback.restore.drill;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.postgres.Equality;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Definition.Reference;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.query.Tables;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The part of a database on which a plan can be tried: the rows that it writes to as the history holds them last, and the
 * rows that those refer to, before and after; and what all of them are to be once the plan was written.
 */
final class Stage {
    private final HistoryReader reader;
    private final Tables tables;
    private final Lsn durable;
    private final Map<TableId, Map<RowKey, RowImage>> damaged = new LinkedHashMap<>();
    private final Map<TableId, Map<RowKey, RowImage>> wanted = new LinkedHashMap<>();
    private final Deque<RowImage> referring = new ArrayDeque<>();

    /**
     * Sets the stage for a plan that was made for the history's last images.
     *
     * @throws UntriedException if the history does not hold all that is needed
     */
    Stage(HistoryReader reader, Tables tables, RestorePlan plan) throws UntriedException {
        this.reader = reader;
        this.tables = tables;
        this.durable = reader.info().durable();
        for (Repair repair : plan.repairs()) {
            add(repair);
        }
        while (!referring.isEmpty()) {
            addParents(referring.remove());
        }
    }

    /** The tables, each as it is now. */
    List<TableSchema> tables() {
        return damaged.keySet().stream().map(id -> table(id).schema()).toList();
    }

    /** The rows that a table is to hold before the plan is written. */
    Collection<RowImage> damaged(TableSchema table) {
        return damaged.getOrDefault(table.id(), Map.of()).values();
    }

    /** All rows that a table is to hold once it was. */
    Map<RowKey, RowImage> wanted(TableSchema table) {
        return wanted.getOrDefault(table.id(), Map.of());
    }

    /** How to make these tables, each with its foreign keys to others of them. */
    List<Definition> definitions() {
        return tables().stream()
                .map(table -> new Definition(table, List.of(), durable, durable, references(table), List.of()))
                .toList();
    }

    private List<Reference> references(TableSchema table) {
        List<Reference> references = new ArrayList<>();
        for (ForeignKey key : table.foreignKeys()) {
            TableInfo parent = parent(key);
            if (parent != null && damaged.containsKey(parent.schema().id())) {
                references.add(new Reference(
                        table.name(),
                        key.name(),
                        key.columns(),
                        parent.schema().name(),
                        key.refColumns(),
                        key.onDelete(),
                        key.onUpdate(),
                        key.deferrable()));
            }
        }
        return references;
    }

    private void add(Repair repair) throws UntriedException {
        TableSchema table = repair.table();
        RowImage now = row(table(table.id()), repair.key());
        if ((now == null) != (repair instanceof InsertRow)) {
            throw new UntriedException(
                    "the history's last image of " + named(table, repair.key()) + " is not what is repaired");
        }
        rows(damaged, table.id());
        if (now != null) {
            put(now, repair.key());
            rows(wanted, table.id()).remove(repair.key());
        }
        if (!(repair instanceof Repair.DeleteRow)) {
            RowImage after = after(repair, now);
            rows(wanted, table.id()).put(repair.keyAfter(), after);
            referring.add(after);
        }
    }

    /** The row after its repair: columns that it does not write keep what they hold, or are NULL. */
    private static RowImage after(Repair repair, @Nullable RowImage now) {
        List<ColumnValue> values = new ArrayList<>();
        for (Column column : repair.table().columns()) {
            ColumnValue written = repair.written(column.name());
            ColumnValue kept = now == null ? ColumnValue.Special.NULL : now.value(column.name());
            values.add(column.generated() ? ColumnValue.Special.UNKNOWN : written == null ? kept : written);
        }
        return new RowImage(repair.table(), values);
    }

    /** Adds a row that is there before and after. */
    private void put(RowImage row, RowKey key) throws UntriedException {
        TableSchema table = row.schema();
        for (int i = 0; i < table.columns().size(); i++) {
            Column column = table.columns().get(i);
            if (row.values().get(i).isUnknown() && !column.generated()) {
                throw new UntriedException("the history does not know what column " + column.name() + " of "
                        + named(table, key) + " holds");
            }
        }
        rows(damaged, table.id()).put(key, row);
        rows(wanted, table.id()).put(key, row);
        referring.add(row);
    }

    private static Map<RowKey, RowImage> rows(Map<TableId, Map<RowKey, RowImage>> of, TableId table) {
        return of.computeIfAbsent(table, unknown -> new TreeMap<>());
    }

    private void addParents(RowImage child) throws UntriedException {
        for (ForeignKey foreignKey : child.schema().foreignKeys()) {
            TableInfo parent = parent(foreignKey);
            List<String> values = new ArrayList<>();
            for (String column : foreignKey.columns()) {
                if (child.value(column) instanceof ColumnValue.Text text) {
                    values.add(text.text());
                }
            }
            if (parent != null && values.size() == foreignKey.columns().size()) {
                addParent(child, foreignKey, parent, values);
            }
        }
    }

    private void addParent(RowImage child, ForeignKey foreignKey, TableInfo parent, List<String> values)
            throws UntriedException {
        TableSchema table = parent.schema();
        List<String> normal = normal(table, foreignKey.refColumns(), values);
        if (Stream.of(damaged, wanted)
                .flatMap(rows -> rows.getOrDefault(table.id(), Map.of()).values().stream())
                .anyMatch(row -> normal.equals(normal(row, foreignKey.refColumns())))) {
            return;
        }
        RowImage row = find(parent, foreignKey.refColumns(), values, normal);
        if (row == null) {
            throw new UntriedException("a row of " + child.schema().name() + " would refer by " + foreignKey.name()
                    + " to one of " + table.name() + " that is not there");
        }
        put(row, Objects.requireNonNull(row.key(), "a row that is there has a key"));
    }

    /** The table referred to. Of a partitioned one the history knows the partitions alone, so that this foreign key is not made. */
    private @Nullable TableInfo parent(ForeignKey foreignKey) {
        return tables.byId(foreignKey.refTable())
                .filter(table -> table.schema().partitionOf().isEmpty())
                .orElse(null);
    }

    /** The row with these values in these columns; by the key's index where it can be, else by a walk over the table. */
    private @Nullable RowImage find(TableInfo table, List<String> columns, List<String> values, List<String> normal) {
        List<String> key = table.schema().key();
        if (columns.containsAll(key) && key.size() == columns.size()) {
            RowImage row = row(
                    table,
                    new RowKey(key.stream()
                            .map(column -> values.get(columns.indexOf(column)))
                            .toList()));
            if (row != null) {
                return row;
            }
        }
        if (table.coverage(durable).isEmpty()) {
            return null;
        }
        try (Stream<RowImage> all = new TableTimeline(reader, table).asOf(durable)) {
            return all.map(row -> row.in(table.schema()))
                    .filter(row -> normal.equals(normal(row, columns)))
                    .findFirst()
                    .orElse(null);
        }
    }

    /** These values in the form that equal ones share. */
    private static List<String> normal(TableSchema table, List<String> columns, List<String> values) {
        List<String> normal = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            normal.add(Equality.normalForm(table.column(columns.get(i)), values.get(i)));
        }
        return normal;
    }

    private static List<String> normal(RowImage row, List<String> columns) {
        return normal(
                row.schema(),
                columns,
                columns.stream().map(column -> row.value(column).toString()).toList());
    }

    private @Nullable RowImage row(TableInfo table, RowKey key) {
        RowImage row = new RowTimeline(reader, table).asOf(key, durable).imageOrNull();
        return row == null ? null : row.in(table.schema());
    }

    private TableInfo table(TableId id) {
        return tables.byId(id).orElseThrow();
    }

    private static String named(TableSchema table, RowKey key) {
        return table.name() + " " + key;
    }
}
