package io.rowback.postgres;

import io.rowback.history.Column;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What Postgres' equality means for a column's values. 1.5 equals 1.50 in a numeric, 'Ann' equals 'ann' in a citext: for
 * such types values can be equal and yet print as different texts.
 */
public final class Equality {
    private static final Pattern MODIFIER = Pattern.compile("\\([^)]*\\)");
    private static final Pattern BLANKS = Pattern.compile(" +$");
    private static final Pattern RANGES = Pattern.compile("(int4|int8|num|ts|tstz|date)(multi)?range");
    private static final Set<String> INTEGERS = Set.of("smallint", "integer", "bigint");
    private static final Set<String> IDENTITY = Set.of(
            "smallint",
            "integer",
            "bigint",
            "oid",
            "boolean",
            "uuid",
            "bytea",
            "date",
            "time without time zone",
            "timestamp without time zone",
            "timestamp with time zone",
            "money",
            "inet",
            "cidr",
            "macaddr",
            "macaddr8",
            "bit",
            "bit varying",
            "pg_lsn",
            "name");
    private static final Set<String> TEXT = Set.of("text", "character varying", "character");

    private Equality() {}

    /** Whether two values of this column are equal if and only if their texts are, whatever the collation. */
    public static boolean isIdentity(Column column) {
        String base = base(column);
        // With a scale all values of a numeric have the same number of digits.
        return IDENTITY.contains(base)
                || (base.equals("numeric") && column.type().contains("("));
    }

    /** Whether the column is of a text type, for which that depends on the collation. */
    public static boolean isText(Column column) {
        return TEXT.contains(base(column));
    }

    /**
     * Whether a value of the one column equals one of the other if and only if their texts are the same, collations being
     * deterministic.
     */
    public static boolean isOfTexts(Column one, Column other) {
        if (one.type().equals(other.type()) && (isIdentity(one) || isText(one))) {
            return true;
        }
        boolean padded = base(one).equals("character") || base(other).equals("character");
        return (INTEGERS.contains(base(one)) && INTEGERS.contains(base(other)))
                || (isText(one) && isText(other) && !padded);
    }

    /** Whether values of the two columns that are equal have the same {@link #normalForm}; there may be others that have it. */
    public static boolean haveNormalForms(Column one, Column other) {
        return isOfTexts(one, other)
                || (isNumber(one) && isNumber(other))
                || (isPadded(one) && isPadded(other))
                || (isFolded(one) && one.type().equals(other.type()));
    }

    /** A text that equal values of such columns share: 1.5 of 1.50, a char(n) without its blanks, a citext in lower case. */
    public static String normalForm(Column column, String text) {
        if (isNumber(column) && text.endsWith("0") && text.indexOf('.') >= 0) {
            return new BigDecimal(text).stripTrailingZeros().toPlainString();
        }
        if (isPadded(column)) {
            return BLANKS.matcher(text).replaceFirst("");
        }
        // In upper case first, which makes one of letters that have several lower ones.
        return isFolded(column) ? text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT) : text;
    }

    /** Whether the column's values are ranges of one of Postgres' own types, or several of them. */
    public static boolean isRange(Column column) {
        return RANGES.matcher(base(column)).matches();
    }

    private static boolean isNumber(Column column) {
        return INTEGERS.contains(base(column)) || base(column).equals("numeric");
    }

    private static boolean isPadded(Column column) {
        return base(column).equals("character") || base(column).equals("bpchar");
    }

    private static boolean isFolded(Column column) {
        return column.type().endsWith(".citext");
    }

    /** The type without its modifier, {@code numeric} of {@code numeric(12,4)}. */
    public static String base(Column column) {
        String type = column.type();
        return type.indexOf('(') < 0 ? type : MODIFIER.matcher(type).replaceAll("");
    }
}
