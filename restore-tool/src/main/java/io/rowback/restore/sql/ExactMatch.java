package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Equality;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Conditions that hold if a column has exactly this value. Not all types have an equality, and not for all of them does
 * it mean the same value: 1.5 equals 1.50 in a numeric, and 'Ann' equals 'ann' under some collations. Where equality is
 * not identity, the texts that Postgres prints are compared, byte by byte.
 *
 * <p>The conditions mean the same under every search path that begins with pg_catalog. An operator or a function of another
 * schema is preferred where it takes exactly the types at hand and pg_catalog's does not, so those are written in a form for
 * which pg_catalog has one.
 */
final class ExactMatch {
    /** Longer values stand in a condition by their hash, so that a script does not hold them twice. */
    private static final int LONGEST = 200;

    /** Types of pg_catalog whose cast to text does not give what their output function prints, or is missing. */
    private static final Set<String> CAST_DIFFERS = Set.of("bpchar", "xml", "\"char\"");

    /** Types for which pg_catalog has an equality of just that type. */
    private static final Set<String> OWN_EQUALITY = Set.of(
            "smallint",
            "integer",
            "bigint",
            "oid",
            "boolean",
            "uuid",
            "bytea",
            "date",
            "time without time zone",
            "time with time zone",
            "timestamp without time zone",
            "timestamp with time zone",
            "interval",
            "money",
            "inet",
            "macaddr",
            "macaddr8",
            "bit",
            "bit varying",
            "pg_lsn",
            "name",
            "numeric",
            "real",
            "double precision",
            "text",
            "character");

    /** Types of pg_catalog that are an oid and print as a name, qualified or not as the search path has it. */
    private static final Set<String> NAMES = Set.of(
            "regclass",
            "regtype",
            "regproc",
            "regprocedure",
            "regoper",
            "regoperator",
            "regconfig",
            "regdictionary",
            "regcollation");

    private ExactMatch() {}

    /** The condition that the column holds this value, NULL included; the value is known. */
    static String of(Column column, ColumnValue value) {
        String name = Identifiers.quote(column.name());
        if (!(value instanceof ColumnValue.Text known)) {
            // IS NULL is true of a composite value too, if all of its fields are NULL.
            return name + (isForeign(column) ? " IS NOT DISTINCT FROM NULL" : " IS NULL");
        }
        String text = known.text();
        if (isName(column)) {
            return asOids(column, name) + " = " + asOids(column, Literals.typed(text, column.type()));
        }
        boolean identity = isIdentity(column);
        if (text.length() > LONGEST) {
            return "pg_catalog.sha256(pg_catalog.convert_to(" + printed(column, name) + ", 'UTF8')) = '\\x"
                    + sha256(known) + "'";
        }
        String collation = column.byteOrdered() ? "" : " COLLATE \"C\"";
        if (identity || (Equality.isText(column) && hasOwnEquality(column))) {
            return name + " = " + Literals.quote(text) + (identity ? "" : collation);
        }
        // The text of NULL is empty as well.
        String notNull = text.isEmpty() ? name + " IS NOT NULL AND " : "";
        return notNull + printed(column, name) + " = " + Literals.quote(text) + collation;
    }

    /** The conditions that find the row of this key, by its index wherever the type lets us. */
    static List<String> key(TableSchema table, RowKey key) {
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < key.values().size(); i++) {
            Column column = table.column(table.key().get(i));
            String value = key.values().get(i);
            // The operators of types from other schemas are not in reach of our empty search path.
            conditions.add(
                    isForeign(column)
                            ? of(column, ColumnValue.of(value))
                            : Identifiers.quote(column.name()) + equality(column) + Literals.quote(value));
        }
        return conditions;
    }

    /** The condition that the column of {@code t} holds exactly what an expression of the same type does, NULL included. */
    static String same(Column column, String value) {
        String name = "t." + Identifiers.quote(column.name());
        String collation = column.byteOrdered() ? "" : " COLLATE \"C\"";
        if (isName(column)) {
            return asOids(column, name) + " IS NOT DISTINCT FROM " + asOids(column, value);
        }
        if (isIdentity(column)) {
            return name + " IS NOT DISTINCT FROM " + value;
        }
        if (Equality.isText(column) && hasOwnEquality(column)) {
            return name + " IS NOT DISTINCT FROM " + value + collation;
        }
        return printedOrNull(column, name) + " IS NOT DISTINCT FROM " + printedOrNull(column, value) + collation;
    }

    /** The condition that the column of the key of {@code t} is that, by its index wherever the type lets us. */
    static String sameKey(Column column, String value) {
        String name = "t." + Identifiers.quote(column.name());
        return isForeign(column)
                ? printed(column, name) + " = " + printed(column, value) + " COLLATE \"C\""
                : name + equality(column) + value;
    }

    /** The text that the type's output function prints of the column of {@code t}, NULL of NULL, compared by bytes. */
    static String isText(Column column, String text) {
        return PrintedText.of(column) + " IS NOT DISTINCT FROM " + text + " COLLATE \"C\"";
    }

    /** The condition that the column of the key of {@code t} is what this text stands for. */
    static String isKeyText(Column column, String text) {
        String name = "t." + Identifiers.quote(column.name());
        return isForeign(column)
                ? printed(column, name) + " = " + text + " COLLATE \"C\""
                : name + " = " + text + "::" + column.type();
    }

    /** The same as {@link #printed}, but NULL of NULL. */
    private static String printedOrNull(Column column, String name) {
        String printed = printed(column, name);
        // IS NULL is true of a composite value too, if all of its fields are NULL.
        return printed.startsWith("pg_catalog.format(")
                ? "CASE WHEN " + name + " IS DISTINCT FROM NULL THEN " + printed + " END"
                : printed;
    }

    /** The text that the type's output function prints, as an expression. */
    static String printed(Column column, String name) {
        String base = Equality.base(column);
        if (base.equals("text")) {
            return name;
        }
        boolean castPrints = !isForeign(column) && !CAST_DIFFERS.contains(base) && !base.equals("character");
        return castPrints ? name + "::text" : "pg_catalog.format('%s', " + name + ")";
    }

    /** Whether the type is not one of pg_catalog. */
    private static boolean isForeign(Column column) {
        return column.type().contains(".");
    }

    /** Whether the values are equal if and only if their texts are, and so compared. */
    private static boolean isIdentity(Column column) {
        return Equality.isIdentity(column) && hasOwnEquality(column);
    }

    private static boolean hasOwnEquality(Column column) {
        return OWN_EQUALITY.contains(Equality.base(column));
    }

    private static String equality(Column column) {
        return hasOwnEquality(column) ? " = " : " OPERATOR(pg_catalog.=) ";
    }

    private static boolean isName(Column column) {
        return NAMES.contains(column.type().replace("[]", ""));
    }

    /** The numbers of what values of such a type name, as text. */
    private static String asOids(Column column, String value) {
        return value + (column.type().endsWith("[]") ? "::oid[]::text" : "::oid::text");
    }

    private static String sha256(ColumnValue.Text text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.utf8());
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
