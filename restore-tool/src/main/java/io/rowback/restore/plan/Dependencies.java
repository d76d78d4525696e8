package io.rowback.restore.plan;

import io.rowback.history.ForeignKey;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a plan what cannot be written: rows whose parent is neither there nor in the plan. What hangs on a row that was
 * taken out goes too, and so does one half of a row that was moved between partitions when the other cannot be put back.
 */
final class Dependencies {
    private final Tables tables;
    private final MovedRows moved;
    private final Map<Row, Set<Row>> halves;
    private final Parents parents;
    private final Successors successors;
    private final List<Finding> findings;
    /** By table, the lists of its columns that some foreign key refers to. */
    private final Map<TableId, Set<List<String>>> referredColumns = new HashMap<>();

    private final Set<Row> absent = new LinkedHashSet<>();
    private final Map<TableId, List<List<Tie>>> ties = new HashMap<>();
    private final Map<TableId, List<Tie>> tiesOfThen = new HashMap<>();
    /** The first finding about each row. */
    private final Map<Row, Finding> causes = new HashMap<>();

    private List<Draft> drafts;

    /** A foreign key with the table that it refers to, null if that is not known, and whether it does by the key. */
    private record Tie(ForeignKey foreignKey, @Nullable TableInfo parent, boolean byKey) {}

    /**
     * Checks these drafts; adds to {@code findings} why some of them go.
     *
     * @param moved under which keys rows were known, and which were moved between partitions
     * @param parents which of the rows that they refer to are there
     * @param successors which of these are others by now
     */
    Dependencies(
            Tables tables,
            MovedRows moved,
            Parents parents,
            Successors successors,
            List<Draft> drafts,
            List<Finding> findings) {
        this.tables = tables;
        this.moved = moved;
        this.halves = moved.halves();
        this.parents = parents;
        this.successors = successors;
        this.findings = findings;
        this.drafts = drafts;
        tables.all().stream()
                .flatMap(table -> table.schema().foreignKeys().stream())
                .forEach(foreignKey -> referredColumns
                        .computeIfAbsent(foreignKey.refTable(), table -> new HashSet<>())
                        .add(foreignKey.refColumns()));
        findings.forEach(this::note);
        int before;
        do {
            before = this.drafts.size();
            this.drafts = possible();
        } while (this.drafts.size() < before);
    }

    /** The drafts that can be written. */
    List<Draft> drafts() {
        return drafts;
    }

    /** The rows that drafts refer to, or referred to at the incident, and that are neither there nor in the plan. */
    Set<Row> absent() {
        return absent;
    }

    private void note(Finding finding) {
        causes.putIfAbsent(new Row(finding.table().id(), finding.key()), finding);
    }

    private List<Draft> possible() {
        Set<RowReference> provided = new HashSet<>();
        Set<RowReference> deleted = new HashSet<>();
        for (Draft draft : drafts) {
            if (draft.repair() instanceof Repair.DeleteRow) {
                deleted.add(RowReference.of(draft.table(), draft.repair().key()));
            }
            for (List<String> columns :
                    referredColumns.getOrDefault(draft.table().id(), Set.of())) {
                RowReference reference = draft.identifiedAfter(columns);
                if (reference != null) {
                    provided.add(reference.normal(draft.table()));
                }
            }
        }
        Set<Row> rows =
                halves.isEmpty() ? Set.of() : drafts.stream().map(Draft::row).collect(Collectors.toSet());
        List<Draft> possible = new ArrayList<>();
        for (Draft draft : drafts) {
            Finding obstacle = lostHalf(draft, rows);
            if (obstacle == null) {
                obstacle = missingParent(draft, provided, deleted);
            }
            if (obstacle == null) {
                obstacle = takenParent(draft, provided);
            }
            if (obstacle == null) {
                lookForParentsOfThen(draft, provided);
                possible.add(draft);
            } else {
                findings.add(obstacle);
                note(obstacle);
            }
        }
        return possible;
    }

    /** Why a half of a move is not undone: the other one is left out. One that needs no write is none of those. */
    private @Nullable Finding lostHalf(Draft draft, Set<Row> planned) {
        if (halves.isEmpty()) {
            return null;
        }
        for (Row other : halves.getOrDefault(draft.row(), Set.of())) {
            Finding cause = planned.contains(other) ? null : causes.get(other);
            if (cause != null) {
                return hanging(draft, cause);
            }
        }
        return null;
    }

    /** The foreign keys of a table; those of one name are together. */
    private List<List<Tie>> ties(TableSchema table) {
        List<List<Tie>> found = ties.get(table.id());
        if (found == null) {
            Map<String, List<Tie>> byName = new LinkedHashMap<>();
            for (ForeignKey foreignKey : table.foreignKeys()) {
                byName.computeIfAbsent(foreignKey.name(), name -> new ArrayList<>())
                        .add(tie(foreignKey));
            }
            found = List.copyOf(byName.values());
            ties.put(table.id(), found);
        }
        return found;
    }

    private Tie tie(ForeignKey foreignKey) {
        TableInfo parent = tables.byId(foreignKey.refTable()).orElse(null);
        return new Tie(foreignKey, parent, parent != null && RowReference.isByKey(foreignKey, parent.schema()));
    }

    private @Nullable Finding missingParent(Draft draft, Set<RowReference> provided, Set<RowReference> deleted) {
        for (List<Tie> alternatives : ties(draft.table())) {
            // To a partitioned table there is one of that name to each partition, and one of them holds the parent.
            Finding obstacle = null;
            for (Tie tie : alternatives) {
                obstacle = missingParent(draft, tie, provided, deleted);
                if (obstacle == null) {
                    break;
                }
            }
            if (obstacle != null) {
                return obstacle;
            }
        }
        return null;
    }

    /** What the row will refer to by a foreign key to that table, if it is written and the plan does not bring it. */
    private static @Nullable RowReference outside(
            Draft draft, ForeignKey foreignKey, TableInfo table, Set<RowReference> provided) {
        RowReference parent = draft.writes(foreignKey.columns()) ? draft.refersTo(foreignKey) : null;
        return parent == null || provided.contains(parent.normal(table.schema())) ? null : parent;
    }

    private @Nullable Finding missingParent(
            Draft draft, Tie tie, Set<RowReference> provided, Set<RowReference> deleted) {
        TableInfo table = tie.parent();
        RowReference parent = table != null && tie.byKey() ? outside(draft, tie.foreignKey(), table, provided) : null;
        if (table == null || parent == null) {
            return null;
        }
        RowKey key = parent.key(table.schema());
        TableId id = table.schema().id();
        // Whoever has the key of a row that is left out may be somebody else, whose children these are not.
        boolean gone = mayBeAnother(cause(id, key)) || !parents.areThere(id, key);
        if (gone || deleted.contains(parent)) {
            return obstacle(draft, table.schema(), key);
        }
        return successors.has(table, key, draft)
                ? new Finding.RowConflict(
                        draft.table(),
                        draft.name(),
                        "it refers to " + table.schema().name() + " " + key + ", which is another row by now",
                        null)
                : null;
    }

    /** Why the row would refer to another one than it did: who took the unique value, not the key, by which it refers. */
    private @Nullable Finding takenParent(Draft draft, Set<RowReference> provided) {
        for (List<Tie> alternatives : ties(draft.table())) {
            for (Tie tie : alternatives) {
                TableInfo table = tie.parent();
                if (table == null || tie.byKey() || RowReference.isByPeriod(tie.foreignKey(), table.schema())) {
                    continue;
                }
                RowReference parent = outside(draft, tie.foreignKey(), table, provided);
                RowKey taker = parent == null ? null : successors.taker(table, parent, draft);
                if (parent != null && taker != null) {
                    String reason = "it refers to " + table.schema().name() + " by "
                            + String.join(", ", parent.columns()) + " " + String.join(",", parent.values())
                            + ", which is that of another row by now: " + taker;
                    return new Finding.RowConflict(draft.table(), draft.name(), reason, null);
                }
            }
        }
        return null;
    }

    /** What a row referred to by a foreign key that is gone by now is no obstacle; but it may be asked for. */
    private void lookForParentsOfThen(Draft draft, Set<RowReference> provided) {
        List<Tie> ofThen = tiesOfThen.get(draft.table().id());
        if (ofThen == null) {
            ofThen = tiesOfThen(draft.table());
            tiesOfThen.put(draft.table().id(), ofThen);
        }
        for (Tie tie : ofThen) {
            missingParent(draft, tie, provided, Set.of());
        }
    }

    private List<Tie> tiesOfThen(TableSchema now) {
        return tables.byId(now.id()).stream()
                .flatMap(table -> table.schemas().stream())
                .filter(version -> !version.schema().equals(now))
                .flatMap(version -> version.schema().foreignKeys().stream()
                        .filter(foreignKey -> sameColumns(version.schema(), now, foreignKey.columns())))
                .filter(foreignKey -> !now.foreignKeys().contains(foreignKey))
                .map(this::tie)
                .toList();
    }

    private static boolean sameColumns(TableSchema one, TableSchema other, List<String> columns) {
        return columns.stream()
                .allMatch(column ->
                        other.indexOf(column) >= 0 && other.indexOfSame(one.column(column)) == other.indexOf(column));
    }

    private Finding obstacle(Draft draft, TableSchema parent, RowKey key) {
        Finding cause = cause(parent.id(), key);
        if (cause == null) {
            absent.add(new Row(parent.id(), key));
        }
        return cause == null
                ? new Finding.Refusal(
                        draft.table(),
                        draft.name(),
                        "it refers to " + parent.name() + " " + key + ", which is neither there nor in the plan",
                        Finding.Refusal.Kind.PARENT_GONE)
                : hanging(draft, cause);
    }

    /** What was found about the row that has, or had, this key. */
    private @Nullable Finding cause(TableId table, RowKey key) {
        return causes.get(moved.named(new Row(table, key)));
    }

    private static boolean mayBeAnother(@Nullable Finding cause) {
        return cause instanceof Finding.RowConflict
                || (cause instanceof Finding.Refusal refusal && refusal.kind() == Finding.Refusal.Kind.UNTOLD);
    }

    /** That a row goes with the one that this finding is about. */
    private static Finding hanging(Draft draft, Finding cause) {
        String reason = "it hangs on " + cause.table().name() + " " + cause.key() + ", which is ";
        return cause instanceof Finding.RowConflict
                ? new Finding.RowConflict(draft.table(), draft.name(), reason + "left out", null)
                : new Finding.Refusal(draft.table(), draft.name(), reason + "refused");
    }
}
