package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.restore.live.UniqueChecks.Occupied;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Why writes of a plan would fail in the live database, at most one reason for a row: asked of the server, never tried. */
final class WriteChecks {
    private final Session session;
    private final ConflictMode conflictMode;
    private final Map<Row, Finding> found = new LinkedHashMap<>();
    private final Map<Row, Set<Row>> holders = new HashMap<>();
    private final Map<TableId, Set<List<String>>> deferrable = new HashMap<>();
    private final Map<TableId, Map<RowKey, Draft>> drafts = new LinkedHashMap<>();
    private final ReferenceChecks references;

    /**
     * Checks writes of a plan.
     *
     * @param tables all tables of the history
     * @param drafts the whole plan
     */
    WriteChecks(Session session, List<LiveTable> tables, List<Draft> drafts, ConflictMode conflictMode) {
        this.session = session;
        this.conflictMode = conflictMode;
        this.references = new ReferenceChecks(session, tables, drafts);
        for (Draft draft : drafts) {
            this.drafts
                    .computeIfAbsent(draft.table().id(), id -> new HashMap<>())
                    .put(draft.repair().key(), draft);
        }
    }

    /** Checks the rows of one table. */
    void check(LiveTable table, TableFacts facts) {
        List<Draft> all =
                List.copyOf(drafts.getOrDefault(table.schema().id(), Map.of()).values());
        new ValueChecks(session).find(facts, written(all), this::refuse);
        deferrable.put(table.schema().id(), facts.deferrable());
        UniqueChecks uniques = new UniqueChecks(session);
        List<Occupied> occupied = uniques.find(facts, written(all));
        Set<Occupied> kept = uniques.kept(facts, occupied, updates(written(all)));
        occupied.forEach(one -> add(one, kept.contains(one)));
        uniques.shared(facts, written(all)).forEach(one -> refuse(one.draft(), one.reason()));
        references.findMissingParents(table, facts, written(all), this::refuse);
        references.findDependents(
                table,
                facts,
                all,
                (draft, reason) -> found.putIfAbsent(
                        draft.row(), new Finding.RowConflict(draft.table(), draft.name(), reason, null)),
                this::refuse);
    }

    /** What was found, row by row. */
    List<Finding> findings() {
        return new ArrayList<>(found.values());
    }

    /** Of rows that take what others of the plan hold now, by an index that the history does not know, those others. */
    Map<Row, Set<Row>> holders() {
        return holders;
    }

    /** By table the columns whose values are unique at the end of a statement only. */
    Map<TableId, Set<List<String>>> deferrable() {
        return deferrable;
    }

    /** The rows that will be there and of which nothing was found yet. */
    private List<Draft> written(List<Draft> all) {
        return all.stream()
                .filter(draft -> !(draft.repair() instanceof DeleteRow) && !found.containsKey(draft.row()))
                .toList();
    }

    private static Map<RowKey, Draft> updates(List<Draft> written) {
        return written.stream()
                .filter(draft -> draft.repair() instanceof UpdateRow)
                .collect(Collectors.toMap(draft -> draft.repair().key(), draft -> draft));
    }

    private void add(Occupied occupied, boolean kept) {
        Draft draft = occupied.draft();
        Draft holder = drafts.getOrDefault(draft.table().id(), Map.of()).get(occupied.holder());
        if (holder != null
                && (holder.row().equals(draft.row())
                        || holder.repair() instanceof DeleteRow
                        || (UniqueChecks.takes(holder, occupied.index()) && !kept))) {
            if (!holder.row().equals(draft.row()) && !isKnown(draft.table(), occupied.index())) {
                holders.computeIfAbsent(draft.row(), row -> new LinkedHashSet<>())
                        .add(holder.row());
            }
            return;
        }
        String reason = occupied.reason();
        // Another row's value is not ours to write over, whatever is asked for.
        found.putIfAbsent(
                draft.row(),
                conflictMode == ConflictMode.OVERWRITE
                        ? new Finding.Refusal(draft.table(), draft.name(), reason)
                        : new Finding.RowConflict(draft.table(), draft.name(), reason, null));
    }

    /** Whether the order of writes takes account of the index by itself. */
    private static boolean isKnown(TableSchema table, TableFacts.Index index) {
        return index.isOver(table.key()) || table.uniques().stream().anyMatch(unique -> index.isOver(unique.columns()));
    }

    private void refuse(Draft draft, String reason) {
        found.putIfAbsent(draft.row(), new Finding.Refusal(draft.table(), draft.name(), reason));
    }
}
