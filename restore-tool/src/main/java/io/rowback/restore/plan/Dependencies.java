package io.rowback.restore.plan;

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
import io.rowback.postgres.Equality;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a plan what cannot be written: rows whose parent is neither there nor in the plan, and deletions and changes
 * of keys that would take with them, or change, rows that are not in the plan. What hangs on a row that was taken out goes
 * too, and so does one half of a row that was moved between partitions when the other cannot be put back.
 */
final class Dependencies {
    private final HistoryReader reader;
    private final Tables tables;
    private final Map<Row, Set<Row>> halves;
    private final Parents parents;
    private final Lsn durable;
    private final List<Finding> findings;
    private final EqualReferences equal;
    private final Set<Row> absent = new LinkedHashSet<>();
    private List<Draft> drafts;

    /**
     * Checks these drafts; adds to {@code findings} why some of them go.
     *
     * @param halves of rows that were moved between partitions the other halves
     * @param parents which of the rows that they refer to are there
     */
    Dependencies(
            HistoryReader reader,
            Tables tables,
            Map<Row, Set<Row>> halves,
            Parents parents,
            List<Draft> drafts,
            List<Finding> findings) {
        this.reader = reader;
        this.tables = tables;
        this.halves = halves;
        this.parents = parents;
        this.durable = reader.info().durable();
        this.findings = findings;
        this.drafts = drafts;
        this.equal = new EqualReferences(reader, drafts);
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

    private List<Draft> possible() {
        Set<RowReference> provided = new HashSet<>();
        Map<RowReference, Draft> planned = new HashMap<>();
        Set<RowReference> deleted = new HashSet<>();
        for (Draft draft : drafts) {
            planned.put(byKey(draft), draft);
            if (draft.repair() instanceof Repair.DeleteRow) {
                deleted.add(byKey(draft));
            }
            for (List<String> columns : referredColumns(draft.table().id())) {
                RowReference reference = draft.identifiedAfter(columns);
                if (reference != null) {
                    provided.add(reference.normal(draft.table()));
                }
            }
        }
        List<Draft> possible = new ArrayList<>();
        for (Draft draft : drafts) {
            Finding obstacle = lostHalf(draft);
            if (obstacle == null) {
                obstacle = dependent(draft, planned);
            }
            if (obstacle == null) {
                obstacle = missingParent(draft, provided, deleted);
            }
            if (obstacle == null) {
                lookForParentsOfThen(draft, provided);
                possible.add(draft);
            } else {
                findings.add(obstacle);
            }
        }
        return possible;
    }

    /** Why a half of a move is not undone: the other one is left out. One that needs no write is none of those. */
    private @Nullable Finding lostHalf(Draft draft) {
        Set<Row> others = new HashSet<>(halves.getOrDefault(draft.row(), Set.of()));
        if (others.isEmpty()) {
            return null;
        }
        drafts.forEach(planned -> others.remove(planned.row()));
        for (Row other : others) {
            Finding cause = cause(other.table(), other.key());
            if (cause != null) {
                return hanging(draft, cause);
            }
        }
        return null;
    }

    /** The lists of columns of a table that some foreign key refers to. */
    private Set<List<String>> referredColumns(TableId table) {
        Set<List<String>> columns = new HashSet<>();
        for (TableInfo child : tables.all()) {
            for (ForeignKey foreignKey : child.schema().foreignKeys()) {
                if (foreignKey.refTable().equals(table)) {
                    columns.add(foreignKey.refColumns());
                }
            }
        }
        return columns;
    }

    private @Nullable Finding missingParent(Draft draft, Set<RowReference> provided, Set<RowReference> deleted) {
        List<ForeignKey> foreignKeys = draft.table().foreignKeys();
        for (ForeignKey foreignKey : foreignKeys) {
            // To a partitioned table there is one of that name to each partition, and one of them holds the parent.
            Finding obstacle = null;
            for (ForeignKey alternative : foreignKeys) {
                if (alternative.name().equals(foreignKey.name())) {
                    obstacle = missingParent(draft, alternative, provided, deleted);
                    if (obstacle == null) {
                        break;
                    }
                }
            }
            if (obstacle != null) {
                return obstacle;
            }
        }
        return null;
    }

    private @Nullable Finding missingParent(
            Draft draft, ForeignKey foreignKey, Set<RowReference> provided, Set<RowReference> deleted) {
        RowReference parent = draft.writes(foreignKey.columns()) ? draft.refersTo(foreignKey) : null;
        TableInfo table = tables.byId(foreignKey.refTable()).orElse(null);
        if (parent == null || (table != null && provided.contains(parent.normal(table.schema())))) {
            return null;
        }
        if (table == null || !isKey(table.schema(), foreignKey.refColumns())) {
            return null;
        }
        RowKey key = parent.key(table.schema());
        boolean gone = !parents.areThere(table.schema().id(), key);
        return gone || deleted.contains(parent) ? obstacle(draft, table.schema(), key) : null;
    }

    /** What a row referred to by a foreign key that is gone by now is no obstacle; but it may be asked for. */
    private void lookForParentsOfThen(Draft draft, Set<RowReference> provided) {
        tables.byId(draft.table().id()).stream()
                .flatMap(table -> table.schemas().stream())
                .filter(version -> !version.schema().equals(draft.table()))
                .flatMap(version -> version.schema().foreignKeys().stream()
                        .filter(foreignKey -> sameColumns(version.schema(), draft.table(), foreignKey.columns())))
                .filter(foreignKey -> !draft.table().foreignKeys().contains(foreignKey))
                .forEach(foreignKey -> missingParent(draft, foreignKey, provided, Set.of()));
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
                        "it refers to " + parent.name() + " " + key + ", which is neither there nor in the plan")
                : hanging(draft, cause);
    }

    private @Nullable Finding cause(TableId table, RowKey key) {
        return findings.stream()
                .filter(finding ->
                        finding.table().id().equals(table) && finding.key().equals(key))
                .findFirst()
                .orElse(null);
    }

    /** That a row goes with the one that this finding is about. */
    private static Finding hanging(Draft draft, Finding cause) {
        String reason = "it hangs on " + cause.table().name() + " " + cause.key() + ", which is ";
        return cause instanceof Finding.RowConflict
                ? new Finding.RowConflict(draft.table(), draft.name(), reason + "left out", null)
                : new Finding.Refusal(draft.table(), draft.name(), reason + "refused");
    }

    /** Why a row cannot be deleted, or its key not be set back: a row outside the plan refers to it now. */
    private @Nullable Finding dependent(Draft draft, Map<RowReference, Draft> planned) {
        for (TableInfo child : tables.all()) {
            for (ForeignKey foreignKey : child.schema().foreignKeys()) {
                if (!letsGo(draft, foreignKey)) {
                    continue;
                }
                boolean byText = comparesTexts(draft.table(), child.schema(), foreignKey);
                if (!byText && !equal.canTell(draft.table(), child, foreignKey)) {
                    return new Finding.Refusal(
                            draft.table(),
                            draft.name(),
                            "whether rows of " + child.schema().name() + " refer to it cannot be told by the texts of "
                                    + String.join(", ", foreignKey.columns()));
                }
                Predicate<RowKey> stays = key -> !letsLoose(planned.get(reference(child.schema(), key)), foreignKey);
                RowKey dependent = byText
                        ? dependent(child, foreignKey, draft, stays)
                        : equal.first(child, foreignKey, draft, stays);
                if (dependent != null) {
                    String did = draft.repair() instanceof Repair.DeleteRow ? "inserted it" : "changed its key";
                    return new Finding.RowConflict(
                            draft.table(),
                            draft.name(),
                            "the scope " + did + ", but " + child.schema().name() + " " + dependent
                                    + " refers to it now",
                            null);
                }
            }
        }
        return null;
    }

    /** Whether this write of a referring row, if there is one, ends that it refers to what it does now. */
    private static boolean letsLoose(@Nullable Draft child, ForeignKey foreignKey) {
        return child != null && (child.repair() instanceof Repair.DeleteRow || child.writes(foreignKey.columns()));
    }

    /** Whether the write takes away what rows refer to through this foreign key, and they would not just follow. */
    private static boolean letsGo(Draft draft, ForeignKey foreignKey) {
        if (!foreignKey.refTable().equals(draft.table().id())
                || draft.identifiedBefore(foreignKey.refColumns()) == null) {
            return false;
        }
        return draft.repair() instanceof Repair.DeleteRow
                || (draft.writes(foreignKey.refColumns())
                        && draft.now() != null
                        && foreignKey.onUpdate() != ForeignKey.Action.CASCADE);
    }

    /** Whether values of the foreign key equal those it refers to only if they are the same texts, by which we look. */
    private static boolean comparesTexts(TableSchema parent, TableSchema child, ForeignKey foreignKey) {
        for (int i = 0; i < foreignKey.columns().size(); i++) {
            Column referring = child.column(foreignKey.columns().get(i));
            if (!Equality.isOfTexts(
                    referring, parent.column(foreignKey.refColumns().get(i)))) {
                return false;
            }
        }
        return true;
    }

    private @Nullable RowKey dependent(TableInfo child, ForeignKey foreignKey, Draft draft, Predicate<RowKey> stays) {
        List<String> values = foreignKey.refColumns().stream()
                .map(column -> Objects.requireNonNull(draft.before(column)).toString())
                .toList();
        RowTimeline timeline = new RowTimeline(reader, child);
        try (Stream<RowKey> keys = reader.referring(child.schema().id(), foreignKey, values)) {
            return keys.filter(stays)
                    .filter(key -> refersNow(timeline.asOf(key, durable).imageOrNull(), foreignKey, values))
                    .findFirst()
                    .orElse(null);
        }
    }

    private static boolean refersNow(@Nullable RowImage image, ForeignKey foreignKey, List<String> values) {
        if (image == null) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            ColumnValue value = image.value(foreignKey.columns().get(i));
            if (!value.isUnknown() && !value.equals(ColumnValue.of(values.get(i)))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isKey(TableSchema table, List<String> columns) {
        return Set.copyOf(columns).equals(Set.copyOf(table.key()));
    }

    private static RowReference byKey(Draft draft) {
        return reference(draft.table(), draft.repair().key());
    }

    private static RowReference reference(TableSchema table, RowKey key) {
        List<String> sorted = table.key().stream().sorted().toList();
        return new RowReference(
                table.id(),
                sorted,
                sorted.stream()
                        .map(column -> key.values().get(table.key().indexOf(column)))
                        .toList());
    }
}
