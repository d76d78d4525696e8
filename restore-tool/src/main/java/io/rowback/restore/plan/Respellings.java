package io.rowback.restore.plan;

import io.rowback.history.ForeignKey;
import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryReader;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The writes that spell otherwise what rows refer to under ON UPDATE CASCADE, 1.0 for 1.00: the server gives that spelling to all
 * of those rows, whatever their own was and is to be.
 */
final class Respellings {
    private final EqualReferences equal;
    private final List<Draft> drafts;
    /** By the table referred to, the foreign keys whose rows follow. */
    private final Map<TableId, List<Follower>> followers = new HashMap<>();

    private record Follower(TableInfo child, ForeignKey foreignKey) {}

    /** Looks at the writes of a plan, which are all of these. */
    Respellings(HistoryReader reader, List<TableInfo> tables, List<Draft> drafts) {
        this.equal = new EqualReferences(reader, drafts);
        this.drafts = drafts;
        for (TableInfo child : tables) {
            for (ForeignKey foreignKey : child.schema().foreignKeys()) {
                if (foreignKey.onUpdate() == Action.CASCADE) {
                    followers
                            .computeIfAbsent(foreignKey.refTable(), table -> new ArrayList<>())
                            .add(new Follower(child, foreignKey));
                }
            }
        }
    }

    /** Which of the writes would give a row another spelling than it has, or is to have. */
    List<Finding> obstacles() {
        List<Finding> obstacles = new ArrayList<>();
        Map<Row, Draft> planned = new HashMap<>();
        for (Draft draft : drafts) {
            for (Follower follower : followers.getOrDefault(draft.table().id(), List.of())) {
                RowReference after = respelled(draft, follower.foreignKey());
                if (after != null) {
                    if (planned.isEmpty()) {
                        drafts.forEach(row -> planned.put(
                                new Row(row.table().id(), row.repair().key()), row));
                    }
                    obstacle(draft, follower, after, planned, obstacles);
                }
            }
        }
        return obstacles;
    }

    /** What rows are to refer to once the write has spelled it otherwise; null if it does nothing of the kind. */
    private static @Nullable RowReference respelled(Draft draft, ForeignKey foreignKey) {
        if (!(draft.repair() instanceof Repair.UpdateRow) || !draft.writes(foreignKey.refColumns())) {
            return null;
        }
        RowReference before = draft.identifiedBefore(foreignKey.refColumns());
        RowReference after = draft.identifiedAfter(foreignKey.refColumns());
        boolean respelled = before != null
                && after != null
                && !before.equals(after)
                && before.normal(draft.table()).equals(after.normal(draft.table()));
        return respelled ? after : null;
    }

    private void obstacle(
            Draft draft, Follower follower, RowReference after, Map<Row, Draft> planned, List<Finding> obstacles) {
        TableInfo child = follower.child();
        TableId id = child.schema().id();
        boolean known = equal.canTell(draft.table(), child, follower.foreignKey());
        RowKey row = known
                ? equal.first(
                        child,
                        follower.foreignKey(),
                        draft,
                        key -> !isSpelledSo(planned.get(new Row(id, key)), follower.foreignKey(), after))
                : null;
        if (row != null || !known) {
            String which = row == null
                    ? "rows of " + child.schema().name()
                    : child.schema().name() + " " + row;
            String reason = "it is to be spelled otherwise, and by ON UPDATE CASCADE " + which + " would be too";
            obstacles.add(new Finding.Refusal(draft.table(), draft.name(), reason));
        }
    }

    /** Whether a row that refers to this will be written in that spelling, or not refer to it any more. */
    private static boolean isSpelledSo(@Nullable Draft row, ForeignKey foreignKey, RowReference after) {
        RowReference refers = row == null ? null : row.refersTo(foreignKey);
        return row != null && (refers == null || refers.equals(after));
    }
}
