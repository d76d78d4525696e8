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

/**
 * Which of the rows that a plan's rows refer to are there: once one is in question, asked for all of them at once that the plan
 * itself does not tell of.
 */
final class Parents {
    private final CurrentRows current;
    private final Tables tables;
    private final Iterable<Draft> drafts;
    private @Nullable Map<TableId, Set<RowKey>> there;

    /** The rows to which any of these will refer. */
    Parents(CurrentRows current, Tables tables, Iterable<Draft> drafts) {
        this.current = current;
        this.tables = tables;
        this.drafts = drafts;
    }

    private Map<TableId, Set<RowKey>> ask() {
        Map<TableId, Set<RowKey>> keys = new HashMap<>();
        for (Draft draft : drafts) {
            for (ForeignKey foreignKey : draft.table().foreignKeys()) {
                TableInfo table = tables.byId(foreignKey.refTable()).orElse(null);
                RowKey key = table == null ? null : key(draft, foreignKey, table.schema());
                if (key != null) {
                    keys.computeIfAbsent(foreignKey.refTable(), unknown -> new HashSet<>())
                            .add(key);
                }
            }
        }
        Map<TableId, Set<RowKey>> answer = new HashMap<>();
        keys.forEach((table, asked) -> {
            Set<RowKey> found = known(table, drafts, asked);
            if (!asked.isEmpty()) {
                found.addAll(current.present(tables.byId(table).orElseThrow(), asked));
            }
            answer.put(table, found);
        });
        return answer;
    }

    /** Which of these are there as the drafts tell; what they tell of is taken out of the keys asked for. */
    private static Set<RowKey> known(TableId table, Iterable<Draft> drafts, Set<RowKey> asked) {
        Set<RowKey> found = new HashSet<>();
        for (Draft draft : drafts) {
            RowKey key = draft.repair().key();
            if (draft.table().id().equals(table) && asked.remove(key) && draft.now() != null) {
                found.add(key);
            }
        }
        return found;
    }

    private static @Nullable RowKey key(Draft draft, ForeignKey foreignKey, TableSchema table) {
        RowReference reference = draft.refersTo(foreignKey);
        return reference == null || !RowReference.isByKey(foreignKey, table) ? null : reference.key(table);
    }

    /** Whether the row is there, or it is not known that it is not. */
    boolean areThere(TableId table, RowKey key) {
        if (there == null) {
            there = ask();
        }
        return there.getOrDefault(table, Set.of()).contains(key);
    }
}
