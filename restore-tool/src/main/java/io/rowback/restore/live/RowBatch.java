package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table that do not exist yet, or no longer, as a relation of the server's own types: it reads their values as it
 * would those of an INSERT, and evaluates its own expressions over them.
 *
 * @param facts their table
 * @param drafts the writes that the rows are about
 * @param literals each row as Postgres writes a composite value
 */
record RowBatch(TableFacts facts, List<Draft> drafts, List<String> literals) {
    private static final int ROWS = 1_000;
    private static final int CHARACTERS = 4_000_000;

    /** The number of a row in {@link #numbered}; no column has such a name. */
    static final String NUMBER = "\"rowback$rows\".n";

    /** The rows as they would be after these writes. */
    static List<RowBatch> after(TableFacts facts, List<Draft> drafts) {
        return batches(facts, drafts, (draft, column) -> draft.after(column.name()), 1);
    }

    /** The same of writes in pairs, one behind the other: each pair is in one batch. */
    static List<RowBatch> afterInPairs(TableFacts facts, List<Draft> drafts) {
        return batches(facts, drafts, (draft, column) -> draft.after(column.name()), 2);
    }

    /** The rows as they are before these writes. */
    static List<RowBatch> before(TableFacts facts, List<Draft> drafts) {
        return batches(facts, drafts, (draft, column) -> draft.before(column.name()), 1);
    }

    /** Batches of one table, not none, as one. */
    static RowBatch joined(List<RowBatch> batches) {
        return new RowBatch(
                batches.get(0).facts(),
                batches.stream().flatMap(batch -> batch.drafts().stream()).toList(),
                batches.stream().flatMap(batch -> batch.literals().stream()).toList());
    }

    private static List<RowBatch> batches(
            TableFacts facts,
            List<Draft> drafts,
            BiFunction<Draft, Column, @Nullable ColumnValue> value,
            int together) {
        List<RowBatch> batches = new ArrayList<>();
        List<String> literals = new ArrayList<>();
        int begin = 0;
        long characters = 0;
        for (int i = 0; i < drafts.size(); i++) {
            String literal = literal(drafts.get(i), value);
            boolean full = literals.size() >= ROWS || characters + literal.length() > CHARACTERS;
            if (full && !literals.isEmpty() && i % together == 0) {
                batches.add(new RowBatch(facts, drafts.subList(begin, i), List.copyOf(literals)));
                literals.clear();
                begin = i;
                characters = 0;
            }
            literals.add(literal);
            characters += literal.length();
        }
        if (!literals.isEmpty()) {
            batches.add(new RowBatch(facts, drafts.subList(begin, drafts.size()), literals));
        }
        return batches;
    }

    private static String literal(Draft draft, BiFunction<Draft, Column, @Nullable ColumnValue> value) {
        return draft.table().columns().stream()
                .map(column -> value.apply(draft, column))
                .map(known -> known instanceof ColumnValue.Text text
                        ? '"' + text.text().replace("\\", "\\\\").replace("\"", "\"\"") + '"'
                        : "")
                .collect(Collectors.joining(",", "(", ")"));
    }

    /** The batch cut in two, to find the row at fault; of more than one row only. */
    List<RowBatch> halves() {
        int middle = drafts.size() / 2;
        return List.of(
                new RowBatch(facts, drafts.subList(0, middle), literals.subList(0, middle)),
                new RowBatch(facts, drafts.subList(middle, drafts.size()), literals.subList(middle, literals.size())));
    }

    /** The rows by number, for a FROM clause; {@link #row} stands behind it. */
    String numbered() {
        return "unnest(ARRAY[" + literals.stream().map(Literals::quote).collect(Collectors.joining(", "))
                + "]::text[]) WITH ORDINALITY AS \"rowback$rows\" (r, n)";
    }

    /** One numbered row under its table's name, with its generated columns; a subquery's FROM item. */
    String row() {
        // Without the OFFSET the text would be read anew for each column.
        String typed = "(SELECT (v).* FROM (SELECT \"rowback$rows\".r::" + facts.sqlName() + " AS v OFFSET 0) AS y) AS "
                + facts.alias();
        if (facts.generated().isEmpty() || drafts.isEmpty()) {
            return typed;
        }
        TableSchema table = drafts.get(0).table();
        return table.columns().stream()
                        .map(column -> {
                            String expression = facts.generated().get(column.name());
                            String name = Identifiers.quote(column.name());
                            return expression == null ? name : "(" + expression + ")::" + column.type() + " AS " + name;
                        })
                        .collect(Collectors.joining(", ", "(SELECT ", " FROM " + typed + ") AS "))
                + facts.alias();
    }
}
