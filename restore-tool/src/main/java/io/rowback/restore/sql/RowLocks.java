package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Blocks that lock rows of one table, those that are to be updated or deleted, in the order of their keys. */
final class RowLocks {
    private RowLocks() {}

    /** Locks the rows of these sets. */
    static ScriptStatement of(List<RowSet> sets) {
        TableSchema table = sets.get(0).table();
        List<String> names = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (String name : table.key()) {
            String held = "k" + (names.size() + 1);
            Column column = table.column(name);
            names.add(held);
            found.add(ExactMatch.sameKey(column, "v." + held));
        }
        // One after the other by the key's index: a join may be one of all with all, since the price of sequential
        // scans, which are off, hides what the rest of a plan costs.
        List<String> lines = List.of(
                "  PERFORM FROM (" + sets.stream().map(RowSet::keys).collect(Collectors.joining(" UNION ALL "))
                        + " ORDER BY "
                        + IntStream.rangeClosed(1, names.size())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(", "))
                        + ") AS v (" + String.join(", ", names) + "),",
                "    LATERAL (SELECT FROM ONLY " + Identifiers.qualified(table.name()) + " AS t",
                "      WHERE " + String.join(" AND ", found) + " FOR UPDATE) AS t;");
        int rows = sets.stream().mapToInt(RowSet::size).sum();
        return new ScriptStatement(Phase.LOCK, comment(table), Block.of(lines, false), rows);
    }

    /** Locks these rows. */
    static ScriptStatement spelledOut(List<Repair> repairs) {
        TableSchema table = repairs.get(0).table();
        List<RowStatement> rows = repairs.stream().map(RowStatement::new).toList();
        List<String> lines = new ArrayList<>();
        lines.add("  PERFORM FROM ONLY " + Identifiers.qualified(table.name()));
        for (RowStatement row : rows) {
            lines.add((lines.size() == 1 ? "    WHERE (" : "      OR (") + row.found() + ")");
        }
        lines.add("    ORDER BY " + Identifiers.list(table.key()) + " FOR UPDATE;");
        String sql = Block.of(lines, RowStatement.shadowsVariable(rows));
        return new ScriptStatement(Phase.LOCK, comment(table), sql, rows.size());
    }

    private static List<String> comment(TableSchema table) {
        return List.of(
                "-- Locks the rows of " + PrintableText.oneLine(table.name().toString()) + " that are changed.");
    }
}
