package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.Column.Identity;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Definition.Reference;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The SQL that makes a table, or columns of one, anew that are gone, and what of it is not known and left to a person. */
public final class TableDefinition {
    private static final Set<String> SEQUENCE_TYPES = Set.of("smallint", "integer", "bigint");

    private final Definition definition;
    private final TableSchema table;
    private final String name;

    /** The SQL for this table. */
    public TableDefinition(Definition definition) {
        this.definition = definition;
        this.table = definition.table();
        this.name = Identifiers.qualified(table.name());
    }

    /** What is not made because the history does not know it, each in a line. */
    public List<String> notKnown() {
        List<String> lines = new ArrayList<>();
        if (!definition.isOfTable()) {
            lines.add("defaults, checks, collations, comments, grants, indexes and views that the columns were in");
            definition.columns().forEach(column -> notKnown(column, lines));
            lines.addAll(definition.notMade());
            return lines.stream().map(PrintableText::oneLine).toList();
        }
        lines.add("defaults, checks, exclusion constraints, collations, rules, policies, other indexes, inheritance");
        lines.add("owner, grants, comments, tablespace, storage parameters, membership in publications");
        if (!table.partitionOf().isEmpty()) {
            lines.add("its bounds as a partition; once they are looked up: ALTER TABLE "
                    + Identifiers.qualified(table.partitionOf().get(0)) + " ATTACH PARTITION " + name
                    + " FOR VALUES ..., which makes foreign keys and indexes of that table as well");
        }
        lines.add("name and options of the key; of unique constraints whether they were indexes, and their options");
        if (!definition.references().isEmpty()) {
            lines.add("of foreign keys MATCH FULL, INITIALLY DEFERRED, the columns of SET NULL and SET DEFAULT");
        }
        if (!table.name().schema().equals("public")) {
            lines.add("schema " + Identifiers.quote(table.name().schema()) + ", which must be there");
        }
        table.columns().forEach(column -> notKnown(column, lines));
        if (table.replicaIdentity() == ReplicaIdentity.INDEX) {
            lines.add("whether the key was a primary key; the replica identity's index");
        }
        table.triggers().forEach(trigger -> lines.add("trigger: " + trigger.definition()));
        lines.addAll(definition.notMade());
        return lines.stream().map(PrintableText::oneLine).toList();
    }

    private void notKnown(Column column, List<String> lines) {
        if (column.generated()) {
            lines.add("column " + column.name() + " " + column.type() + ", whose expression is not known");
            return;
        }
        if (column.type().contains(".")) {
            // Those of pg_catalog are printed without it.
            lines.add("type " + column.type() + " of column " + column.name() + ", which must be there");
        }
        if (ownsSequence(column)) {
            lines.add(
                    "the default of column " + column.name() + ", which owned a sequence; perhaps it was: ALTER TABLE "
                            + name + " ALTER " + Identifiers.quote(column.name()) + " SET DEFAULT nextval("
                            + Literals.quote(Objects.requireNonNull(column.sequence())) + ")");
        }
    }

    /** Whether the column has a sequence that is not made with it. */
    private static boolean ownsSequence(Column column) {
        return column.sequence() != null && column.identity() == Identity.NONE;
    }

    /** The statements that make the table, before its rows are there. */
    List<ScriptStatement> before() {
        List<String> comment = new ArrayList<>();
        comment.add("-- ==== Definition of " + PrintableText.oneLine(definition.toString())
                + ", which is gone, as the history knows it at LSN " + definition.asOf() + " ====");
        comment.add("-- Fails if there is one of that name. Not known, and not made:");
        notKnown().forEach(line -> comment.add("--   " + line));
        List<String> sql = new ArrayList<>();
        sql.add(unlessThere());
        sql.addAll(make());
        return statements(comment, sql);
    }

    /** Fails if what is to be made is there. */
    private String unlessThere() {
        return failing(
                "EXISTS (" + there() + ")",
                definition + " is there already",
                "Nothing was changed. If this script was run before, it is done; else rename what is there.");
    }

    /** A query of the catalog that yields a row for the table, or for each column, that is there. */
    private String there() {
        String table = "to_regclass(" + Literals.quote(name) + ")";
        String columns = definition.columns().stream()
                .map(column -> Literals.quote(column.name()))
                .collect(Collectors.joining(", "));
        return definition.isOfTable()
                ? "SELECT FROM pg_class WHERE oid = " + table
                : "SELECT FROM pg_attribute WHERE attrelid = " + table + " AND attname IN (" + columns
                        + ") AND NOT attisdropped";
    }

    /** The condition that the table, or one of the columns, is not there. */
    String isMissing() {
        return "(SELECT count(*) FROM (" + there() + ") AS there) < "
                + Math.max(1, definition.columns().size());
    }

    /** A statement that fails on a condition. */
    static String failing(String condition, String message, String hint) {
        return Block.of(
                List.of(
                        "  IF " + condition + " THEN",
                        "    RAISE EXCEPTION USING MESSAGE = " + Literals.quote(PrintableText.oneLine(message)) + ",",
                        "      HINT = " + Literals.quote(hint) + ";",
                        "  END IF;"),
                false);
    }

    /** The statements that make its foreign keys, once its rows are there. */
    List<ScriptStatement> after() {
        return statements(List.of("-- ==== Foreign keys of that table, and to it ===="), foreignKeys());
    }

    /** All statements, as a program reads them. */
    public List<String> sql() {
        List<String> all = new ArrayList<>(make());
        all.addAll(foreignKeys());
        return all;
    }

    /** Those that make its foreign keys, as a program reads them. */
    public List<String> foreignKeys() {
        return definition.references().stream().map(TableDefinition::add).toList();
    }

    static List<ScriptStatement> statements(List<String> comment, List<String> sql) {
        List<ScriptStatement> statements = new ArrayList<>();
        for (String statement : sql) {
            statements.add(new ScriptStatement(Phase.DEFINE, statements.isEmpty() ? comment : List.of(), statement, 0));
        }
        return statements;
    }

    /** Those that make the table without its foreign keys, as a program reads them. */
    public List<String> make() {
        if (!definition.isOfTable()) {
            return List.of("ALTER TABLE " + name
                    + definition.columns().stream()
                            .map(column -> "\n  ADD COLUMN " + Identifiers.quote(column.name()) + " " + column.type())
                            .collect(Collectors.joining(",")));
        }
        List<String> lines = new ArrayList<>();
        List<String> before = new ArrayList<>();
        List<String> after = new ArrayList<>();
        for (Column column : table.columns()) {
            if (column.generated()) {
                continue;
            }
            lines.add(line(column));
            if (ownsSequence(column)) {
                boolean typed = SEQUENCE_TYPES.contains(column.type());
                before.add("CREATE SEQUENCE " + column.sequence() + (typed ? " AS " + column.type() : ""));
                after.add("ALTER SEQUENCE " + column.sequence() + " OWNED BY " + name + "."
                        + Identifiers.quote(column.name()));
            }
        }
        if (table.hasKey()) {
            boolean primary = table.replicaIdentity() != ReplicaIdentity.INDEX;
            lines.add((primary ? "PRIMARY KEY (" : "UNIQUE (") + Identifiers.list(table.key()) + ")");
        }
        table.uniques()
                .forEach(unique -> lines.add("CONSTRAINT " + Identifiers.quote(unique.name()) + " UNIQUE ("
                        + Identifiers.list(unique.columns()) + ")"));
        List<String> made = new ArrayList<>(before);
        made.add("CREATE TABLE " + name + " (\n  " + String.join(",\n  ", lines) + "\n)");
        made.addAll(after);
        if (table.replicaIdentity() == ReplicaIdentity.FULL || table.replicaIdentity() == ReplicaIdentity.NOTHING) {
            made.add("ALTER TABLE " + name + " REPLICA IDENTITY " + table.replicaIdentity());
        }
        return made;
    }

    private static String line(Column column) {
        String line = Identifiers.quote(column.name()) + " " + column.type() + (column.notNull() ? " NOT NULL" : "");
        if (column.identity() == Identity.NONE) {
            return line;
        }
        return line + " GENERATED " + words(column.identity()) + " AS IDENTITY (SEQUENCE NAME "
                + Objects.requireNonNull(column.sequence(), "an identity has a sequence") + ")";
    }

    private static String add(Reference reference) {
        return "ALTER TABLE " + Identifiers.qualified(reference.table()) + "\n  ADD CONSTRAINT "
                + Identifiers.quote(reference.name()) + " FOREIGN KEY (" + Identifiers.list(reference.columns())
                + ")\n  REFERENCES " + Identifiers.qualified(reference.refTable()) + " ("
                + Identifiers.list(reference.refColumns()) + ") ON DELETE " + words(reference.onDelete())
                + " ON UPDATE " + words(reference.onUpdate()) + (reference.deferrable() ? " DEFERRABLE" : "");
    }

    private static String words(Enum<?> constant) {
        return constant.name().replace('_', ' ').toUpperCase(Locale.ROOT);
    }
}
