package io.rowback.restore.plan;

import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rows of a plan that are to have the same unique value: somebody took it between the scope's transactions, which is undone as well.
 * Told by the key and by unique constraints and indexes over plain columns.
 */
final class SharedValues {
    private SharedValues() {}

    /** Why rows cannot come to what they are to be; of each that shares a value the one that has it too. */
    static List<Finding> obstacles(List<Draft> drafts) {
        Map<RowReference, Draft> takers = new HashMap<>();
        Map<Draft, String> shared = new LinkedHashMap<>();
        Set<TableId> keysChange = new HashSet<>();
        for (Draft draft : drafts) {
            if (draft.repair() instanceof UpdateRow
                    && draft.writes(draft.table().key())) {
                keysChange.add(draft.table().id());
            }
        }
        for (Draft draft : drafts) {
            TableSchema table = draft.table();
            if (draft.repair() instanceof DeleteRow) {
                continue;
            }
            if (keysChange.contains(table.id())) {
                note(draft, table.key(), takers, shared);
            }
            for (TableSchema.Unique unique : table.uniques()) {
                note(draft, unique.columns(), takers, shared);
            }
        }
        List<Finding> obstacles = new ArrayList<>();
        shared.forEach((draft, reason) -> obstacles.add(new Finding.Refusal(draft.table(), draft.name(), reason)));
        return obstacles;
    }

    private static void note(
            Draft draft, List<String> columns, Map<RowReference, Draft> takers, Map<Draft, String> shared) {
        RowReference value = draft.identifiedAfter(columns);
        Draft other = value == null ? null : takers.putIfAbsent(value, draft);
        if (other != null) {
            shared.putIfAbsent(draft, reason(columns, other));
            shared.putIfAbsent(other, reason(columns, draft));
        }
    }

    private static String reason(List<String> columns, Draft other) {
        return other.table().name() + " " + other.name() + ", also in the plan, is to have the same "
                + String.join(", ", columns);
    }
}
