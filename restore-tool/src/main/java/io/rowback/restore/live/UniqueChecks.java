package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.sql.RowText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which live rows occupy what a row would take: the values of unique constraints and indexes, over columns or expressions,
 * of all rows or some, and the ranges of exclusion constraints.
 */
final class UniqueChecks {
    /** Of so many batches of writes at most it is asked which take the same. */
    private static final int MOST_COMPARED = 30;
    /** The same where the server has to compare each with each, since it can neither hash nor sort them. */
    private static final int MOST_COMPARED_SINGLY = 3;

    /** Each row with each other one. */
    private static final String OTHERS = "\"rowback$pair\".n <> \"rowback$taken\".n";
    /** Each row of an odd number with the one behind it. */
    private static final String PAIRS = "\"rowback$pair\".n = \"rowback$taken\".n + 1 AND \"rowback$taken\".n % 2 = 1";

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

    /**
     * A write that takes the same as another.
     *
     * @param draft the write
     * @param index what keeps the two apart
     * @param other the other one
     */
    record Shared(Draft draft, TableFacts.Index index, Draft other) {
        /** The finding, for people. */
        String reason() {
            return draft.table().name() + " " + other.name() + ", also in the plan, would take the same in "
                    + Identifiers.quote(index.name());
        }
    }

    UniqueChecks(Session session) {
        this.session = session;
    }

    /** All of them, those included that are no longer in the way once the plan is written. */
    List<Occupied> find(TableFacts facts, List<Draft> drafts) {
        List<Occupied> occupied = new ArrayList<>();
        for (TableFacts.Index index : facts.indexes()) {
            for (RowBatch batch : taking(facts, index, drafts)) {
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

    /**
     * Those that cannot be there together with another of them: one row was made while the other was gone, say. Where they are
     * very many the server is not asked.
     */
    List<Shared> shared(TableFacts facts, List<Draft> drafts) {
        List<Shared> shared = new ArrayList<>();
        for (TableFacts.Index index : facts.indexes()) {
            List<RowBatch> batches = taking(facts, index, drafts);
            if (!batches.isEmpty() && batches.size() <= mostCompared(index)) {
                RowBatch all = RowBatch.joined(batches);
                session.rows(
                        collisions(all, index, OTHERS),
                        row -> shared.add(new Shared(
                                all.drafts().get(row.getInt(1) - 1),
                                index,
                                all.drafts().get(row.getInt(2) - 1))));
            }
        }
        return shared;
    }

    private static int mostCompared(TableFacts.Index index) {
        return index.exclusion() || index.nullsEqual() ? MOST_COMPARED_SINGLY : MOST_COMPARED;
    }

    private static List<RowBatch> taking(TableFacts facts, TableFacts.Index index, List<Draft> drafts) {
        return RowBatch.after(
                facts,
                drafts.stream()
                        .filter(draft -> takes(draft, index) && !isKeyOfInserted(draft, index))
                        .toList());
    }

    /**
     * Those of which the holder, which the plan writes too, keeps what the other would take: an index over expressions, or of
     * ranges, may say the same of a row with other values.
     *
     * @param written the plan's updates of this table, by the keys that their rows have there
     */
    Set<Occupied> kept(TableFacts facts, List<Occupied> occupied, Map<RowKey, Draft> written) {
        Map<TableFacts.Index, List<Occupied>> byIndex = new LinkedHashMap<>();
        for (Occupied one : occupied) {
            Draft holder = written.get(one.holder());
            if (holder != null && !holder.row().equals(one.draft().row()) && takes(holder, one.index())) {
                byIndex.computeIfAbsent(one.index(), index -> new ArrayList<>()).add(one);
            }
        }
        Set<Occupied> kept = new HashSet<>();
        byIndex.forEach((index, candidates) -> {
            List<Draft> pairs = candidates.stream()
                    .flatMap(one -> Stream.of(one.draft(), Objects.requireNonNull(written.get(one.holder()))))
                    .toList();
            Iterator<Occupied> next = candidates.iterator();
            for (RowBatch batch : RowBatch.afterInPairs(facts, pairs)) {
                Set<Integer> collide =
                        new HashSet<>(session.rows(collisions(batch, index, PAIRS), row -> row.getInt(1)));
                for (int n = 1; n < batch.drafts().size(); n += 2) {
                    Occupied one = next.next();
                    if (collide.contains(n)) {
                        kept.add(one);
                    }
                }
            }
        });
        return kept;
    }

    /** Whether the write gives the row a place in the index that it did not have. */
    static boolean takes(Draft draft, TableFacts.Index index) {
        return draft.repair() instanceof InsertRow || index.computed() || draft.writes(index.columns());
    }

    /** That no row has this key was seen when the rows were read. */
    private static boolean isKeyOfInserted(Draft draft, TableFacts.Index index) {
        return draft.repair() instanceof InsertRow && index.isOver(draft.table().key());
    }

    private static String query(RowBatch batch, TableFacts.Index index) {
        TableFacts facts = batch.facts();
        TableSchema table = batch.drafts().get(0).table();
        String where = where(index);
        String key = table.key().stream()
                .map(column -> "format('%s', " + facts.alias() + "." + Identifiers.quote(column) + ")")
                .collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
        String held = "SELECT " + key + " FROM ONLY " + facts.sqlName() + " AS " + facts.alias()
                + (where.isEmpty() ? " WHERE " : where + " AND ")
                + numbered(index, (i, expression) -> same(index, i, expression), " AND ") + " LIMIT 10";
        return "SELECT " + RowBatch.NUMBER + ", h.key FROM " + taken(batch, index) + " CROSS JOIN LATERAL (" + held
                + ") AS h (key) ORDER BY 1";
    }

    /** The numbers of those rows that would have the same place in the index as another that they are compared with, with its. */
    private static String collisions(RowBatch batch, TableFacts.Index index, String compared) {
        return "WITH \"rowback$all\" AS MATERIALIZED (SELECT " + RowBatch.NUMBER + ", \"rowback$taken\".* FROM "
                + taken(batch, index) + ") SELECT \"rowback$taken\".n, min(\"rowback$pair\".n)"
                + " FROM \"rowback$all\" AS \"rowback$taken\" JOIN \"rowback$all\" AS \"rowback$pair\" ON " + compared
                + " WHERE " + numbered(index, (i, expression) -> same(index, i, "\"rowback$pair\".k" + i), " AND ")
                + " GROUP BY \"rowback$taken\".n ORDER BY 1";
    }

    /** The rows, each with what it would have in the index as far as that is about it. */
    private static String taken(RowBatch batch, TableFacts.Index index) {
        return batch.numbered() + " CROSS JOIN LATERAL (SELECT "
                + numbered(index, (i, expression) -> expression + " AS k" + i, ", ") + " FROM " + batch.row()
                + where(index) + ") AS \"rowback$taken\"";
    }

    private static String where(TableFacts.Index index) {
        return index.predicate() == null ? "" : " WHERE (" + index.predicate() + ")";
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
