package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.postgres.SessionSettings;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Kind;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.RestorePlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Queries that yield a row for each row of a plan that is not as the plan wants it, and none if all are. They write nothing
 * and take no locks, so they run on a standby too. Values are compared by the texts that the server prints.
 */
public final class VerifyScript {
    private static final int ROWS_OF_VALUES = 1_000;

    private VerifyScript() {}

    /** Writes the script. */
    public static void write(RestorePlan plan, Appendable out) throws IOException {
        line(
                out,
                "-- Written by Rowback. Prints each row that is not as restore.sql puts it back, and none if all are:");
        line(out, "-- Exit status 3 and an error mean that it could not be told.");
        line(out, "--   psql -XAtq -f THIS_FILE -d DATABASE");
        line(out, "\\set ON_ERROR_STOP on");
        line(out, "BEGIN TRANSACTION READ ONLY;");
        for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
            line(out, "SET LOCAL " + setting.getKey() + " = " + Literals.quote(setting.getValue()) + ";");
        }
        for (Definition definition : plan.definitions()) {
            line(out, "");
            line(
                    out,
                    "SELECT " + Literals.quote(PrintableText.oneLine(definition.toString()))
                            + " AS what, 'is not there' AS problem\n  WHERE "
                            + new TableDefinition(definition).isMissing() + ";");
        }
        Map<Kind, List<Repair>> kinds = new LinkedHashMap<>();
        for (List<Repair> repairs : plan.keyed()) {
            for (Repair repair : repairs) {
                kinds.computeIfAbsent(Kind.of(repair), kind -> new ArrayList<>())
                        .add(repair);
            }
        }
        for (List<Repair> rows : kinds.values()) {
            for (int i = 0; i < rows.size(); i += ROWS_OF_VALUES) {
                query(rows.subList(i, Math.min(i + ROWS_OF_VALUES, rows.size())), out);
            }
        }
        for (EqualRowsScript table : EqualRowsScript.of(plan)) {
            line(out, "");
            line(out, table.verify());
        }
        line(out, "");
        line(out, "COMMIT;");
    }

    private static void query(List<Repair> rows, Appendable out) throws IOException {
        Repair first = rows.get(0);
        TableSchema table = first.table();
        List<String> names = new ArrayList<>(List.of("row"));
        List<String> found = new ArrayList<>();
        List<String> exact = new ArrayList<>();
        for (String name : table.key()) {
            names.add("key" + names.size());
            found.add(ExactMatch.isKeyText(table.column(name), "v." + names.get(names.size() - 1)));
        }
        for (Cell cell : first.wanted()) {
            Column column = cell.column();
            names.add("wanted" + (names.size() - table.key().size()));
            exact.add(ExactMatch.isText(column, "v." + names.get(names.size() - 1)));
        }
        boolean gone = first instanceof DeleteRow;
        line(out, "");
        line(
                out,
                "SELECT " + Literals.quote(PrintableText.oneLine(table.name().toString())) + " AS \"table\", v.row, "
                        + Literals.quote(gone ? "is there" : "is not as it was to be") + " AS problem");
        line(out, "  FROM (VALUES");
        for (int i = 0; i < rows.size(); i++) {
            out.append("    ").append(values(rows.get(i)));
            line(out, i < rows.size() - 1 ? "," : "");
        }
        line(out, "  ) AS v (" + String.join(", ", names) + ")");
        line(
                out,
                (gone ? "  JOIN ONLY " : "  LEFT JOIN ONLY ") + Identifiers.qualified(table.name()) + " AS t ON "
                        + String.join(" AND ", found)
                        + (gone ? ";" : ""));
        if (!gone) {
            line(out, "  WHERE t.ctid IS NULL OR NOT (" + String.join("\n    AND ", exact) + ");");
        }
    }

    private static String values(Repair repair) {
        return "(" + Literals.quote(RowText.key(repair.table(), repair.key()))
                + repair.keyAfter().values().stream()
                        .map(value -> ", " + Literals.quote(value))
                        .collect(Collectors.joining())
                + repair.wanted().stream()
                        .map(cell -> ", " + Literals.value(cell.value()))
                        .collect(Collectors.joining())
                + ")";
    }

    private static void line(Appendable out, String line) throws IOException {
        out.append(line).append('\n');
    }
}
