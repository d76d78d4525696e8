package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableForm;
import io.rowback.history.TableForm.ColumnForm;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fails a script before it does anything if a table or column that it names is another by now: rows that come back would go to
 * whatever was given the name, in silence. So it does if the rows of a table were computed anew since the history's writer looked
 * at it last (a price that is in cents by now), of which no value need tell, or if a type prints its values otherwise (labels of an
 * enum that were exchanged). In a database that is not the history's own, a copy with numbers of its own, names tell.
 */
final class KnownTables {
    private KnownTables() {}

    /** The statement for a plan that writes to tables and makes none of them anew. */
    static ScriptStatement of(RestorePlan plan) {
        StoreInfo history = plan.history();
        Map<TableId, Set<String>> named = named(plan);
        Map<TableId, TableForm> forms = plan.forms().stream().collect(Collectors.toMap(TableForm::table, form -> form));
        String tables = plan.tables().stream()
                .map(table -> table(table, named.getOrDefault(table.id(), Set.of()), forms.get(table.id())))
                .collect(Collectors.joining(",\n        "));
        List<String> lines = new ArrayList<>(List.of(
                // Who may not ask which server this is goes by the name alone.
                "  same := current_database() = " + Literals.quote(history.database()) + ";",
                "  IF same AND has_function_privilege('pg_control_system()', 'execute') THEN",
                "    same := " + Literals.quote(history.systemIdentifier())
                        + " = (SELECT system_identifier::text FROM pg_control_system());",
                "  END IF;",
                "  IF same THEN",
                "    SELECT t.name INTO wrong FROM (VALUES",
                "        " + tables,
                "      ) AS t (name, oid, schema, relation, columns, numbers, types, file, versions)",
                "     WHERE NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace",
                "          WHERE c.oid = t.oid::oid AND c.relname = t.relation AND n.nspname = t.schema)",
                "        OR EXISTS (SELECT FROM unnest(t.columns, t.numbers::int2[], t.types::oid[]) AS c (name, number, type)",
                "          WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.oid::oid",
                "            AND a.attname = c.name AND a.attnum = c.number AND a.atttypid = c.type))",
                // As TableForm has it: another file and another version of a column, which both together nothing else
                // makes.
                "        OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.oid::oid AND c.relfilenode <> t.file::oid)",
                "          AND EXISTS (SELECT FROM unnest(t.numbers::int2[], t.versions::text[]) AS c (number, version)",
                "            JOIN pg_attribute AS a ON a.attrelid = t.oid::oid AND a.attnum = c.number",
                "            WHERE a.xmin::text <> c.version) LIMIT 1;"));
        lines.addAll(knownTypes(plan, named, forms));
        lines.addAll(List.of(
                "    IF wrong IS NOT NULL THEN",
                "      RAISE EXCEPTION USING MESSAGE = wrong || ' is another table than this was made for, or its columns or their types are others',",
                "        HINT = 'They were renamed, altered or made anew since: make this anew. Nothing was written.';",
                "    END IF;",
                "  END IF;"));
        return new ScriptStatement(
                Phase.SETTINGS,
                List.of("-- Tables and columns are still those that this was made for, by their numbers."),
                Block.declaring("same boolean;\n  wrong text", lines),
                0);
    }

    /**
     * Lines that find a table of which a type lacks what it was printed of: a label of an enum by its number and name, or the
     * attributes of a composite type. None where no column that is named has a type of people's.
     */
    private static List<String> knownTypes(
            RestorePlan plan, Map<TableId, Set<String>> named, Map<TableId, TableForm> forms) {
        List<String> types = new ArrayList<>();
        for (TableSchema table : plan.tables()) {
            TableForm form = forms.get(table.id());
            Set<String> columns = named.getOrDefault(table.id(), Set.of());
            boolean counts = table.columns().stream()
                    .anyMatch(column -> columns.contains(column.name()) && column.hasTypeOfPeople());
            if (form != null && counts) {
                String name = Literals.quote(PrintableText.oneLine(table.name().toString()));
                form.types()
                        .forEach(type -> types.add("(" + name + ", " + Integer.toUnsignedLong(type.oid()) + ", "
                                + Literals.texts(type.parts().stream()) + ")"));
            }
        }
        return types.isEmpty()
                ? List.of()
                : List.of(
                        "    IF wrong IS NULL THEN",
                        "      SELECT t.name INTO wrong FROM (VALUES",
                        "          " + String.join(",\n          ", types),
                        "        ) AS t (name, oid, parts)",
                        "       WHERE EXISTS (SELECT FROM unnest(t.parts) AS p (part)",
                        "          WHERE NOT EXISTS (SELECT FROM pg_enum AS e",
                        "              WHERE e.enumtypid = t.oid::oid AND concat_ws(' ', e.oid, e.enumlabel) = p.part)",
                        "            AND p.part <> (SELECT COALESCE(string_agg(a.attnum::text, ' ' ORDER BY a.attnum), '')",
                        "              FROM pg_type AS c JOIN pg_attribute AS a ON a.attrelid = c.typrelid",
                        "              WHERE c.oid = t.oid::oid AND a.attnum > 0 AND NOT a.attisdropped)) LIMIT 1;",
                        "    END IF;");
    }

    /** The names of the columns that a plan finds rows by, compares or writes, of each table. */
    private static Map<TableId, Set<String>> named(RestorePlan plan) {
        Map<TableId, Set<String>> named = new HashMap<>();
        for (List<Repair> statement : plan.statements()) {
            for (Repair repair : statement) {
                TableSchema table = repair.table();
                Set<String> columns = named.computeIfAbsent(table.id(), id -> new HashSet<>(table.key()));
                // Of millions of rows the first tells all.
                if (columns.size() < table.columns().size()) {
                    repair.wanted().forEach(cell -> columns.add(cell.column().name()));
                    repair.expected().forEach(cell -> columns.add(cell.column().name()));
                }
            }
        }
        // A column that is made anew is no longer there, or not yet.
        plan.definitions().forEach(definition -> named.getOrDefault(
                        definition.table().id(), new HashSet<>())
                .removeAll(definition.columns().stream().map(Column::name).toList()));
        return named;
    }

    private static String table(TableSchema table, Set<String> named, @Nullable TableForm form) {
        List<Column> columns = table.columns().stream()
                .filter(column -> named.contains(column.name()))
                .toList();
        return "(" + Literals.quote(PrintableText.oneLine(table.name().toString())) + ", "
                + Integer.toUnsignedLong(table.id().oid()) + ", "
                + Literals.quote(table.name().schema()) + ", "
                + Literals.quote(table.name().name()) + ", "
                + Literals.texts(columns.stream().map(Column::name)) + ", "
                + numbers(columns.stream().map(Column::attnum)) + ", "
                + numbers(columns.stream().map(column -> Integer.toUnsignedLong(column.typeOid()))) + ", "
                + (form == null ? "NULL, NULL" : file(form, columns)) + ")";
    }

    private static String file(TableForm form, List<Column> columns) {
        Map<Integer, String> versions =
                form.columns().stream().collect(Collectors.toMap(ColumnForm::attnum, ColumnForm::version));
        return Literals.quote(Long.toString(form.file())) + ", "
                + columns.stream()
                        .map(column -> versions.getOrDefault(column.attnum(), "NULL"))
                        .collect(Collectors.joining(",", "'{", "}'"));
    }

    private static String numbers(Stream<? extends Number> numbers) {
        return numbers.map(Number::toString).collect(Collectors.joining(",", "'{", "}'"));
    }
}
