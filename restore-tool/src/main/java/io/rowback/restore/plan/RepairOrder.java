package io.rowback.restore.plan;

import io.rowback.history.ForeignKey;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The order in which repairs can be written one after the other: a row after the row that it refers to, a row to be
 * deleted, or its key set back, after those that let go of it, a unique value taken after it was given up. Repairs that wait for each other
 * are put together; written in one statement they satisfy their foreign keys, which are checked at its end.
 */
final class RepairOrder {
    private final List<Draft> drafts;
    private final Map<TableId, TableSchema> schemas;
    /** Of the plan's tables the lists of columns that its foreign keys refer to. */
    private final Map<TableId, Set<List<String>>> targets;

    /** What is written together, in order; null where each draft is written alone and in its turn, as most plans are. */
    private final @Nullable List<List<Integer>> components;

    /** Of the drafts, by their numbers, those that they take something from. */
    private final Map<Integer, Set<Integer>> holders = new HashMap<>();

    private final Map<TableId, Set<List<String>>> deferrable;

    private final Map<RowReference, List<Integer>> provided = new HashMap<>();
    private final Map<RowReference, List<Integer>> givenUp = new HashMap<>();
    private final Map<RowReference, List<Integer>> letGo = new HashMap<>();

    /**
     * The order of these.
     *
     * @param holders of rows that take what others of them hold, by indexes that the history does not know, those others
     * @param deferrable by table the columns whose values are unique at the end of a statement only
     */
    RepairOrder(List<Draft> drafts, Map<Row, Set<Row>> holders, Map<TableId, Set<List<String>>> deferrable) {
        this.deferrable = deferrable;
        Map<TableId, Integer> ranks = ranks(drafts);
        Map<Kind, List<Draft>> kinds = drafts.stream()
                .sorted(Comparator.comparing(
                                (Draft draft) -> ranks.get(draft.table().id()))
                        .thenComparing(draft -> draft.repair().key()))
                .collect(Collectors.groupingBy(
                        draft -> Kind.of(draft.repair()), LinkedHashMap::new, Collectors.toList()));
        this.drafts = kinds.values().stream().flatMap(List::stream).toList();
        this.schemas = byId(this.drafts);
        this.targets = targets();
        number(holders);
        if (isByTables(ranks)) {
            components = null;
        } else {
            register();
            components = isInOrder() ? null : components();
        }
    }

    private void number(Map<Row, Set<Row>> holders) {
        if (holders.isEmpty()) {
            return;
        }
        Map<Row, Integer> numbers = new HashMap<>();
        for (int i = 0; i < drafts.size(); i++) {
            numbers.put(drafts.get(i).row(), i);
        }
        holders.forEach((row, others) -> this.holders.put(
                Objects.requireNonNull(numbers.get(row)),
                others.stream().map(numbers::get).collect(Collectors.toSet())));
    }

    /** The tables of which each row must be a statement of its own: the server checks such indexes in an order of its own. */
    Set<TableId> singly() {
        return holders.keySet().stream().map(i -> drafts.get(i).table().id()).collect(Collectors.toSet());
    }

    /** Whether the order of tables is all that counts: rows come back whole, and refer to none of their own table or of a later one. */
    private boolean isByTables(Map<TableId, Integer> ranks) {
        return drafts.stream().allMatch(draft -> draft.repair() instanceof Repair.InsertRow)
                && ranks.entrySet().stream()
                        .allMatch(table -> Objects.requireNonNull(schemas.get(table.getKey())).foreignKeys().stream()
                                .allMatch(foreignKey ->
                                        ranks.getOrDefault(foreignKey.refTable(), -1) < table.getValue()));
    }

    /** Whether each draft waits for such alone as stand before it. */
    private boolean isInOrder() {
        for (int i = 0; i < drafts.size(); i++) {
            for (int other : waits(i)) {
                if (other > i) {
                    return false;
                }
            }
        }
        return true;
    }

    private List<List<Integer>> components() {
        List<Set<Integer>> waitsFor = new ArrayList<>();
        for (int i = 0; i < drafts.size(); i++) {
            waitsFor.add(waits(i));
        }
        return new Components(waitsFor).inOrder();
    }

    /** The repairs in order, those that must be one statement together. */
    List<List<Repair>> statements() {
        if (components == null) {
            return drafts.stream().map(draft -> List.of(draft.repair())).toList();
        }
        return components.stream()
                .map(component ->
                        component.stream().map(i -> drafts.get(i).repair()).toList())
                .toList();
    }

    /**
     * The repairs that no order can write: they take a unique value from a row that waits for them. Within a statement
     * foreign keys wait for its end, unique constraints do not but for deferrable ones.
     */
    List<Draft> impossible() {
        if (components == null) {
            return List.of();
        }
        return components.stream()
                .flatMap(component -> component.stream().filter(i -> takesFromOneOf(i, component)))
                .map(drafts::get)
                .toList();
    }

    private boolean takesFromOneOf(int i, List<Integer> component) {
        Set<Integer> owners = new LinkedHashSet<>(holders.getOrDefault(i, Set.of()));
        collectUniques(
                drafts.get(i), deferrable.getOrDefault(drafts.get(i).table().id(), Set.of()), owners);
        owners.remove(i);
        return owners.stream().anyMatch(component::contains);
    }

    /** Those that give up a unique value that this one takes, but for the values of some columns. */
    private void collectUniques(Draft draft, Set<List<String>> but, Set<Integer> into) {
        for (List<String> columns : uniques(draft.table())) {
            if (draft.writes(columns) && !but.contains(columns)) {
                collect(givenUp, draft.identifiedAfter(columns), into);
            }
        }
    }

    /** The tables of the repairs, parents first where that is possible. */
    List<TableSchema> tables() {
        return List.copyOf(schemas.values());
    }

    private static Map<TableId, TableSchema> byId(List<Draft> drafts) {
        Map<TableId, TableSchema> tables = new LinkedHashMap<>();
        drafts.forEach(draft -> tables.putIfAbsent(draft.table().id(), draft.table()));
        return tables;
    }

    /** The column lists of each table that foreign keys of the plan refer to. */
    private Map<TableId, Set<List<String>>> targets() {
        Map<TableId, Set<List<String>>> targets = new HashMap<>();
        for (TableSchema table : tables()) {
            for (ForeignKey foreignKey : table.foreignKeys()) {
                targets.computeIfAbsent(foreignKey.refTable(), id -> new LinkedHashSet<>())
                        .add(foreignKey.refColumns());
            }
        }
        return targets;
    }

    /** Notes what drafts provide, give up and let go of, as far as others may wait for that. */
    private void register() {
        Map<TableId, Set<List<String>>> taken = new HashMap<>();
        Set<TableId> left = new HashSet<>();
        for (Draft draft : drafts) {
            TableId id = draft.table().id();
            for (List<String> columns : uniques(draft.table())) {
                if (draft.writes(columns)) {
                    taken.computeIfAbsent(id, table -> new HashSet<>()).add(columns);
                }
            }
            if (targets.getOrDefault(id, Set.of()).stream().anyMatch(columns -> leaves(draft, columns))) {
                left.add(id);
            }
        }
        for (int i = 0; i < drafts.size(); i++) {
            register(i, taken, left);
        }
    }

    private static boolean leaves(Draft draft, List<String> columns) {
        return draft.repair() instanceof Repair.DeleteRow || draft.writes(columns);
    }

    private void register(int i, Map<TableId, Set<List<String>>> taken, Set<TableId> left) {
        Draft draft = drafts.get(i);
        for (List<String> columns : targets.getOrDefault(draft.table().id(), Set.of())) {
            if (draft.writes(columns)) {
                add(provided, draft.identifiedAfter(columns), i);
            }
        }
        for (List<String> columns : taken.getOrDefault(draft.table().id(), Set.of())) {
            if (!(draft.repair() instanceof Repair.UpdateRow) || draft.writes(columns)) {
                add(givenUp, draft.identifiedBefore(columns), i);
            }
        }
        for (ForeignKey foreignKey : draft.table().foreignKeys()) {
            if (left.contains(foreignKey.refTable()) && leaves(draft, foreignKey.columns())) {
                add(letGo, draft.referredTo(foreignKey), i);
            }
        }
    }

    private Set<Integer> waits(int i) {
        Draft draft = drafts.get(i);
        Set<Integer> waits = new LinkedHashSet<>(holders.getOrDefault(i, Set.of()));
        boolean deletes = draft.repair() instanceof Repair.DeleteRow;
        for (List<String> columns : targets.getOrDefault(draft.table().id(), Set.of())) {
            // With a key that is set back go those that refer to it: alone it would cascade to them, or null them.
            if (!letGo.isEmpty() && leaves(draft, columns)) {
                collect(letGo, draft.identifiedBefore(columns), waits);
            }
        }
        if (!deletes) {
            for (ForeignKey foreignKey : draft.table().foreignKeys()) {
                if (!provided.isEmpty() && draft.writes(foreignKey.columns())) {
                    collect(provided, draft.refersTo(foreignKey), waits);
                }
            }
            if (!givenUp.isEmpty()) {
                collectUniques(draft, Set.of(), waits);
            }
        }
        waits.remove(i);
        return waits;
    }

    private static List<List<String>> uniques(TableSchema table) {
        List<List<String>> uniques = new ArrayList<>(List.of(table.key()));
        table.uniques().forEach(unique -> uniques.add(unique.columns()));
        return uniques;
    }

    private void add(Map<RowReference, List<Integer>> index, @Nullable RowReference reference, int i) {
        if (reference != null) {
            index.computeIfAbsent(normal(reference), key -> new ArrayList<>()).add(i);
        }
    }

    private void collect(Map<RowReference, List<Integer>> index, @Nullable RowReference reference, Set<Integer> into) {
        if (reference != null) {
            into.addAll(index.getOrDefault(normal(reference), List.of()));
        }
    }

    private RowReference normal(RowReference reference) {
        TableSchema table = schemas.get(reference.table());
        return table == null ? reference : reference.normal(table);
    }

    /** Each table's place in an order in which parents come first; where tables refer to each other, by name. */
    private static Map<TableId, Integer> ranks(List<Draft> drafts) {
        Map<TableId, TableSchema> tables = new LinkedHashMap<>();
        byId(drafts).values().stream()
                .sorted(Comparator.comparing(TableSchema::name))
                .forEach(table -> tables.put(table.id(), table));
        Map<TableId, Integer> ranks = new HashMap<>();
        Deque<TableId> open = new ArrayDeque<>(tables.keySet());
        Set<TableId> entered = new HashSet<>();
        while (!open.isEmpty()) {
            TableId id = open.peek();
            TableSchema table = tables.get(id);
            boolean fresh = entered.add(id);
            if (table == null || !fresh) {
                open.pop();
                if (table != null) {
                    ranks.putIfAbsent(id, ranks.size());
                }
                continue;
            }
            table.foreignKeys().stream()
                    .map(ForeignKey::refTable)
                    .filter(parent -> !entered.contains(parent))
                    .forEach(open::push);
        }
        return ranks;
    }
}
