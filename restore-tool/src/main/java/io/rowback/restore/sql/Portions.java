package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Kind;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.sql.RowSet.Range;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The writes of a plan in the portions in which a script makes them, in the plan's order. Where there are few rows of a
 * table, action and columns each is a statement, for a person to read; where there are many, those that follow each other are one.
 */
final class Portions {
    /** Rows that are written by one statement: each spelled out, or stretches of sets. One of the two is empty. */
    record Portion(List<Repair> rows, List<Range> ranges) {}

    /** Longer statements would leave an operator without a sign of life. */
    private static final int LONGEST = 20_000;

    private final Set<TableId> singly;
    private final int few;
    private final Map<Kind, Integer> counts = new HashMap<>();
    private final Map<Kind, RowSet> sets = new LinkedHashMap<>();
    private final List<Portion> portions = new ArrayList<>();
    private final Set<List<ColumnValue>> givenUp = new HashSet<>();
    private @Nullable Kind openKind;
    private @Nullable RowSet open;
    private int openFrom;

    /** Of a plan's statements; up to {@code few} rows of a kind, or that need each other, are spelled out, and all of some tables. */
    Portions(List<List<Repair>> statements, Set<TableId> singly, int few) {
        this.singly = singly;
        this.few = few;
        List<Kind> kinds = new ArrayList<>();
        Map<Kind, Kind> distinct = new HashMap<>();
        for (List<Repair> rows : statements) {
            for (Repair row : rows) {
                kinds.add(distinct.computeIfAbsent(Kind.of(row), Function.identity()));
            }
        }
        kinds.forEach(kind -> counts.merge(kind, 1, Integer::sum));
        Iterator<Kind> kind = kinds.iterator();
        for (List<Repair> rows : statements) {
            if (rows.size() == 1) {
                add(rows.get(0), kind.next());
            } else {
                rows.forEach(row -> kind.next());
                close();
                portions.add(rows.size() > few ? together(rows) : new Portion(rows, List.of()));
            }
        }
        close();
    }

    /** The portions in the order in which they must be written. */
    List<Portion> inOrder() {
        return portions;
    }

    /** The sets of which portions write stretches. */
    List<RowSet> sets() {
        return List.copyOf(sets.values());
    }

    private RowSet set(Kind kind, Repair like) {
        RowSet set = sets.get(kind);
        if (set == null) {
            set = new RowSet(like, sets.size() + 1);
            sets.put(kind, set);
        }
        return set;
    }

    private void add(Repair row, Kind kind) {
        if (counts.getOrDefault(kind, 0) <= few || singly.contains(row.table().id())) {
            close();
            portions.add(new Portion(List.of(row), List.of()));
            return;
        }
        RowSet set = set(kind, row);
        if (!kind.equals(openKind) || set.size() - openFrom + 1 >= LONGEST || takesFromOpen(row)) {
            close();
            openKind = kind;
            open = set;
            openFrom = set.size() + 1;
        }
        set.add(row);
        giveUp(row);
    }

    private void close() {
        if (open != null) {
            portions.add(new Portion(List.of(), List.of(open.rangeFrom(openFrom))));
            open = null;
            openKind = null;
            givenUp.clear();
        }
    }

    private Portion together(List<Repair> rows) {
        Map<RowSet, Integer> begins = new LinkedHashMap<>();
        for (Repair row : rows) {
            RowSet set = set(Kind.of(row), row);
            begins.putIfAbsent(set, set.add(row));
        }
        List<Range> ranges = new ArrayList<>();
        begins.forEach((set, from) -> ranges.add(set.rangeFrom(from)));
        return new Portion(List.of(), ranges);
    }

    /**
     * Whether the row takes a unique value that one of the open stretch gives up. The server checks unique values row by row,
     * in an order of its own. Told by the columns that are written, so it may be said of rows that do not collide.
     */
    private boolean takesFromOpen(Repair row) {
        return row instanceof UpdateRow update
                && uniques(update).stream().anyMatch(columns -> givenUp.contains(values(update.wanted(), columns)));
    }

    private void giveUp(Repair row) {
        if (row instanceof UpdateRow update) {
            uniques(update).forEach(columns -> givenUp.add(values(update.expected(), columns)));
        }
    }

    /** Of each unique constraint that the write touches the columns that it writes. */
    private static List<List<String>> uniques(UpdateRow update) {
        TableSchema table = update.table();
        List<List<String>> uniques = new ArrayList<>();
        uniques.add(written(update, table.key()));
        table.uniques().forEach(unique -> uniques.add(written(update, unique.columns())));
        uniques.removeIf(List::isEmpty);
        return uniques;
    }

    private static List<String> written(UpdateRow update, List<String> columns) {
        return columns.stream().filter(update::writes).toList();
    }

    private static List<ColumnValue> values(List<Cell> cells, List<String> columns) {
        return cells.stream()
                .filter(cell -> columns.contains(cell.column().name()))
                .map(Cell::value)
                .toList();
    }
}
