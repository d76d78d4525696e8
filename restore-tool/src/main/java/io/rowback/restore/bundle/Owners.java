package io.rowback.restore.bundle;

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
import io.rowback.restore.plan.Repair;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * To whom rows belong: the row of the owners' table that their foreign keys lead to, whatever the number of steps; without
 * such a table the row at which foreign keys end, the nearest of several. Rows are
 * looked at as the plan puts them back, else as they are.
 */
final class Owners {
    /** So many rows are looked at in search of an owner. */
    private static final int MOST = 1_000;

    private final HistoryReader reader;
    private final Tables tables;
    private final Set<TableId> ownersTables;
    private final Lsn now;
    private final Map<Row, Repair> planned = new HashMap<>();
    private final Map<Row, List<Row>> known = new HashMap<>();

    Owners(HistoryReader reader, Tables tables, List<TableInfo> ownersTables, List<Repair> repairs) {
        this.reader = reader;
        this.tables = tables;
        this.ownersTables =
                ownersTables.stream().map(table -> table.schema().id()).collect(Collectors.toSet());
        this.now = reader.info().durable();
        repairs.forEach(repair -> planned.put(new Row(repair.table().id(), repair.keyAfter()), repair));
    }

    /** The owner of the row that this repair is about, itself perhaps; the nearest where there are several. */
    Optional<Row> of(Repair repair) {
        Deque<Row> open = new ArrayDeque<>(List.of(new Row(repair.table().id(), repair.keyAfter())));
        Set<Row> seen = new HashSet<>(open);
        while (!open.isEmpty() && seen.size() < MOST) {
            Row row = open.remove();
            List<Row> parents = known.computeIfAbsent(row, this::parents);
            if (ownersTables.isEmpty() ? parents.isEmpty() : ownersTables.contains(row.table())) {
                return Optional.of(row);
            }
            parents.stream().filter(seen::add).forEach(open::add);
        }
        return Optional.empty();
    }

    /** The rows that this one refers to, by their keys; a row may refer to itself. */
    private List<Row> parents(Row row) {
        TableInfo table = tables.byId(row.table()).orElse(null);
        if (table == null || table.schema().foreignKeys().isEmpty()) {
            return List.of();
        }
        Repair repair = planned.get(row);
        RowImage image = repair instanceof Repair.InsertRow
                ? null
                : new RowTimeline(reader, table).asOf(row.key(), now).imageOrNull();
        List<Row> parents = new ArrayList<>();
        for (ForeignKey foreignKey : table.schema().foreignKeys()) {
            TableInfo parent = tables.byId(foreignKey.refTable()).orElse(null);
            RowKey key = parent == null ? null : key(foreignKey, parent.schema(), repair, image);
            if (key != null && !new Row(foreignKey.refTable(), key).equals(row)) {
                parents.add(new Row(foreignKey.refTable(), key));
            }
        }
        return parents;
    }

    private static @Nullable RowKey key(
            ForeignKey foreignKey, TableSchema parent, @Nullable Repair repair, @Nullable RowImage image) {
        List<String> values = new ArrayList<>();
        for (String column : parent.key()) {
            int index = foreignKey.refColumns().indexOf(column);
            if (index < 0 || foreignKey.refColumns().size() != parent.key().size()) {
                return null;
            }
            ColumnValue value = value(foreignKey.columns().get(index), repair, image);
            if (!(value instanceof ColumnValue.Text text)) {
                return null;
            }
            values.add(text.text());
        }
        return new RowKey(values);
    }

    private static @Nullable ColumnValue value(String column, @Nullable Repair repair, @Nullable RowImage image) {
        ColumnValue written = repair == null ? null : repair.written(column);
        if (written != null) {
            return written;
        }
        return image == null || image.schema().indexOf(column) < 0 ? null : image.value(column);
    }
}
