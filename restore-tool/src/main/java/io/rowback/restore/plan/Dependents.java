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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows outside of a plan that refer, as the history knows them last, to rows that it deletes or whose keys it changes. */
final class Dependents {
    private final HistoryReader reader;
    private final Lsn durable;
    private final EqualReferences equal;
    private final List<Draft> drafts;
    /** By the table referred to, the foreign keys that lead there. */
    private final Map<TableId, List<Reference>> referring = new HashMap<>();

    private record Reference(TableInfo child, ForeignKey foreignKey) {}

    /** Looks at the writes of a plan, which are all of these. */
    Dependents(HistoryReader reader, List<Draft> drafts) {
        this.reader = reader;
        this.durable = reader.info().durable();
        this.equal = new EqualReferences(reader, drafts);
        this.drafts = drafts;
        for (TableInfo child : reader.tables()) {
            for (ForeignKey foreignKey : child.schema().foreignKeys()) {
                referring
                        .computeIfAbsent(foreignKey.refTable(), table -> new ArrayList<>())
                        .add(new Reference(child, foreignKey));
            }
        }
    }

    /** Why rows cannot be deleted, or their keys not be set back: rows outside the plan refer to them now. */
    List<Finding> obstacles() {
        List<Draft> letting = drafts.stream().filter(this::letsGo).toList();
        if (letting.isEmpty()) {
            return List.of();
        }
        Map<RowReference, Draft> planned = new HashMap<>();
        drafts.forEach(draft ->
                planned.put(RowReference.of(draft.table(), draft.repair().key()), draft));
        return letting.stream()
                .flatMap(draft -> obstacle(draft, planned).stream())
                .toList();
    }

    /** Whether the write takes away what rows may refer to. */
    private boolean letsGo(Draft draft) {
        for (Reference reference : referring.getOrDefault(draft.table().id(), List.of())) {
            if (letsGo(draft, reference.foreignKey())) {
                return true;
            }
        }
        return false;
    }

    private Optional<Finding> obstacle(Draft draft, Map<RowReference, Draft> planned) {
        return referring.getOrDefault(draft.table().id(), List.of()).stream()
                .filter(reference -> letsGo(draft, reference.foreignKey()))
                .flatMap(reference -> Stream.ofNullable(obstacle(draft, reference, planned)))
                .findFirst();
    }

    private @Nullable Finding obstacle(Draft draft, Reference reference, Map<RowReference, Draft> planned) {
        TableInfo child = reference.child();
        ForeignKey foreignKey = reference.foreignKey();
        boolean byText = comparesTexts(draft.table(), child.schema(), foreignKey);
        if (!byText && !equal.canTell(draft.table(), child, foreignKey)) {
            return new Finding.Refusal(
                    draft.table(),
                    draft.name(),
                    "whether rows of " + child.schema().name() + " refer to it cannot be told by the texts of "
                            + String.join(", ", foreignKey.columns()));
        }
        Predicate<RowKey> stays = key -> !letsLoose(planned.get(RowReference.of(child.schema(), key)), foreignKey);
        RowKey dependent =
                byText ? dependent(child, foreignKey, draft, stays) : equal.first(child, foreignKey, draft, stays);
        if (dependent == null) {
            return null;
        }
        String did = draft.repair() instanceof Repair.DeleteRow ? "inserted it" : "changed its key";
        return new Finding.RowConflict(
                draft.table(),
                draft.name(),
                "the scope " + did + ", but " + child.schema().name() + " " + dependent + " refers to it now",
                null);
    }

    /** Whether this write of a referring row, if there is one, ends that it refers to what it does now. */
    private static boolean letsLoose(@Nullable Draft child, ForeignKey foreignKey) {
        return child != null && (child.repair() instanceof Repair.DeleteRow || child.writes(foreignKey.columns()));
    }

    /** Whether the write takes away what rows refer to through this foreign key, and they would not just follow. */
    private static boolean letsGo(Draft draft, ForeignKey foreignKey) {
        boolean leaves = draft.repair() instanceof Repair.DeleteRow
                || (draft.now() != null
                        && foreignKey.onUpdate() != ForeignKey.Action.CASCADE
                        && draft.writes(foreignKey.refColumns()));
        // By a PERIOD it refers to no row alone, and nothing is done to it: the server fails.
        return leaves
                && !RowReference.isByPeriod(foreignKey, draft.table())
                && draft.identifiedBefore(foreignKey.refColumns()) != null;
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
}
