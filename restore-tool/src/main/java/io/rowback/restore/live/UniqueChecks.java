package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.sql.RowText;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Which live rows occupy what a row would take: the values of unique constraints and indexes, over columns or expressions,
 * of all rows or some, and the ranges of exclusion constraints.
 */
final class UniqueChecks {
    private final Session session;

    /**
     * A live row that is in the way.
     *
     * @param draft the write
     * @param index what keeps the two apart
     * @param holder the key of the live row
     */
    record Occupied(Draft draft, TableFacts.Index index, RowKey holder) {
        /** The finding, for people. */
        String reason() {
            return "what it would take in " + Identifiers.quote(index.name()) + " is held by "
                    + RowText.name(draft.table(), holder);
        }
    }

    UniqueChecks(Session session) {
        this.session = session;
    }

    /** All of them, those included that are no longer in the way once the plan is written. */
    List<Occupied> find(TableFacts facts, List<Draft> drafts) {
        List<Occupied> occupied = new ArrayList<>();
        for (TableFacts.Index index : facts.indexes()) {
            List<Draft> taking = drafts.stream()
                    .filter(draft -> takes(draft, index))
                    .filter(draft -> !isKeyOfInserted(draft, index))
                    .toList();
            for (RowBatch batch : RowBatch.after(facts, taking)) {
                occupied.addAll(session.rows(
                        query(batch, index),
                        row -> new Occupied(
                                batch.drafts().get(row.getInt(1) - 1),
                                index,
                                new RowKey(Session.texts(row.getArray(2))))));
            }
        }
        return occupied;
    }

    /** Whether the write gives the row a place in the index that it did not have. */
    static boolean takes(Draft draft, TableFacts.Index index) {
        return draft.repair() instanceof InsertRow || index.computed() || draft.writes(index.columns());
    }

    /** That no row has this key was seen when the rows were read. */
    private static boolean isKeyOfInserted(Draft draft, TableFacts.Index index) {
        return draft.repair() instanceof InsertRow
                && !index.computed()
                && index.columns().equals(draft.table().key());
    }

    private static String query(RowBatch batch, TableFacts.Index index) {
        TableFacts facts = batch.facts();
        TableSchema table = batch.drafts().get(0).table();
        String where = index.predicate() == null ? "" : " WHERE (" + index.predicate() + ")";
        String taken = "SELECT " + numbered(index, (i, expression) -> expression + " AS k" + i, ", ") + " FROM "
                + batch.row() + where;
        String key = table.key().stream()
                .map(column -> "format('%s', " + facts.alias() + "." + Identifiers.quote(column) + ")")
                .collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
        String held = "SELECT " + key + " FROM ONLY " + facts.sqlName() + " AS " + facts.alias()
                + (where.isEmpty() ? " WHERE " : where + " AND ")
                + numbered(index, (i, expression) -> same(index, i, expression), " AND ") + " LIMIT 10";
        return "SELECT " + RowBatch.NUMBER + ", h.key FROM " + batch.numbered() + " CROSS JOIN LATERAL (" + taken
                + ") AS \"rowback$taken\" CROSS JOIN LATERAL (" + held + ") AS h (key) ORDER BY 1";
    }

    private static String same(TableFacts.Index index, int i, String expression) {
        String taken = "\"rowback$taken\".k" + i;
        String equal = expression + " " + index.operators().get(i) + " " + taken;
        return index.nullsEqual() ? "(" + equal + " OR (" + expression + " IS NULL AND " + taken + " IS NULL))" : equal;
    }

    private static String numbered(TableFacts.Index index, BiFunction<Integer, String, String> part, String separator) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < index.expressions().size(); i++) {
            parts.add(part.apply(i, index.expressions().get(i)));
        }
        return String.join(separator, parts);
    }
}
