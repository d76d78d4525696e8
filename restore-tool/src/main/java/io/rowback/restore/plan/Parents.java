package io.rowback.restore.plan;

import io.rowback.history.ForeignKey;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.Tables;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which of the rows that a plan's rows refer to are there, asked for all of them at once. */
final class Parents {
    private final Map<TableId, Set<RowKey>> there = new HashMap<>();

    /** The rows to which any of these will refer. */
    Parents(CurrentRows current, Tables tables, Iterable<Draft> drafts) {
        Map<TableInfo, Set<RowKey>> keys = new HashMap<>();
        for (Draft draft : drafts) {
            for (ForeignKey foreignKey : draft.table().foreignKeys()) {
                TableInfo table = tables.byId(foreignKey.refTable()).orElse(null);
                RowKey key = table == null ? null : key(draft, foreignKey, table.schema());
                if (key != null) {
                    keys.computeIfAbsent(table, unknown -> new HashSet<>()).add(key);
                }
            }
        }
        keys.forEach((table, asked) -> there.put(table.schema().id(), current.present(table, asked)));
    }

    private static @Nullable RowKey key(Draft draft, ForeignKey foreignKey, TableSchema table) {
        RowReference reference = draft.refersTo(foreignKey);
        boolean byKey = Set.copyOf(foreignKey.refColumns()).equals(Set.copyOf(table.key()));
        return reference == null || !byKey ? null : reference.key(table);
    }

    /** Whether the row is there, or it is not known that it is not. */
    boolean areThere(TableId table, RowKey key) {
        return there.getOrDefault(table, Set.of()).contains(key);
    }
}
