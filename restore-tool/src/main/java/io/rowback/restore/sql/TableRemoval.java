package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Definition.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The SQL that takes a table, or columns of one, away again that a restore made: once the values that it put there are
 * taken back, and only if nothing else is in it.
 */
final class TableRemoval {
    private final Definition definition;
    private final String name;

    /** The SQL for what this definition made. */
    TableRemoval(Definition definition) {
        this.definition = definition;
        this.name = Identifiers.qualified(definition.table().name());
    }

    /**
     * The statements that come before any row is touched. Foreign keys that the restore made go first, or rows of others
     * would go with those that they refer to; the lock keeps others from writing what would go with the table.
     */
    List<ScriptStatement> before() {
        List<String> sql = new ArrayList<>();
        sql.add(TableDefinition.failing(
                new TableDefinition(definition).isMissing(),
                definition + " is not there",
                "Nothing was changed. If this script was run before, it is done."));
        sql.add("LOCK TABLE " + name + " IN ACCESS EXCLUSIVE MODE");
        for (Reference reference : definition.references()) {
            sql.add("ALTER TABLE IF EXISTS " + Identifiers.qualified(reference.table()) + " DROP CONSTRAINT IF EXISTS "
                    + Identifiers.quote(reference.name()));
        }
        return TableDefinition.statements(
                List.of("-- ==== What was made anew is emptied first: " + PrintableText.oneLine(definition.toString())
                        + " ===="),
                sql);
    }

    /** The statements that come when nothing is left of what was put there. */
    List<ScriptStatement> after() {
        List<String> columns = definition.columns().stream()
                .map(Column::name)
                .map(Identifiers::quote)
                .toList();
        String others = definition.isOfTable() ? "" : " WHERE num_nonnulls(" + String.join(", ", columns) + ") > 0";
        String drop = definition.isOfTable()
                ? "DROP TABLE " + name
                : "ALTER TABLE " + name
                        + columns.stream()
                                .map(column -> "\n  DROP COLUMN " + column)
                                .collect(Collectors.joining(","));
        return TableDefinition.statements(
                List.of(
                        "-- ==== Then it goes, unless others have put something there. To keep it, leave this part out. ===="),
                List.of(
                        TableDefinition.failing(
                                "EXISTS (SELECT FROM " + name + others + ")",
                                definition + " holds what the restore did not put there",
                                "Nothing was changed. Take it away first; or leave the part that drops it out of this script."),
                        drop));
    }
}
