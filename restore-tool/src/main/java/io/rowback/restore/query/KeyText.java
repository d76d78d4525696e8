package io.rowback.restore.query;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableSchema;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Keys as operators type them. One column: the value as it stands, {@code 42}, {@code -42}, {@code a,b}, or with its
 * name, {@code id=42}. Several columns: {@code a=1,b=x} in any order, or the values alone in the key's order,
 * {@code 1,x}. A value with a comma, a single quote or a space at its end goes into single quotes, doubled inside:
 * {@code a='x,y',b='it''s'}. A row of a table without a key is named by its fingerprint, a uuid that we print.
 */
public final class KeyText {
    private KeyText() {}

    /**
     * Reads the key of a row of that table.
     *
     * @throws RowbackException of code USAGE if the text does not name each key column once
     */
    public static RowKey parse(String text, TableSchema table) {
        List<String> key = table.key();
        if (!table.hasKey()) {
            return fingerprint(text, table);
        }
        if (key.size() == 1) {
            String name = key.get(0) + "=";
            String value = text.startsWith(name) ? unquoted(text.substring(name.length())) : text;
            return new RowKey(List.of(canonical(value, table.column(key.get(0)))));
        }
        List<String> parts = split(text);
        if (parts.size() != key.size()) {
            throw unreadable(text, table);
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            String column = key.stream()
                    .filter(name -> part.startsWith(name + "="))
                    .findFirst()
                    .orElse(null);
            String name = column == null ? key.get(i) : column;
            String value = column == null ? part : part.substring(column.length() + 1);
            if (values.put(name, unquoted(value)) != null) {
                throw unreadable(text, table);
            }
        }
        return new RowKey(key.stream()
                .map(name -> canonical(values.getOrDefault(name, ""), table.column(name)))
                .toList());
    }

    private static RowKey fingerprint(String text, TableSchema table) {
        try {
            return RowKey.of(UUID.fromString(text.strip()).toString());
        } catch (IllegalArgumentException e) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "table " + table.name() + " has no key, and " + text + " is no fingerprint of a row",
                    "Find rows by their values, --where \"a = 1 and b = 'x'\"; the uuid printed with a row names it as well.",
                    e);
        }
    }

    /**
     * The key as {@link #parse} reads it: the value alone for one column, else with the columns' names; the fingerprint
     * where there is no key, or words for all rows of such a table.
     */
    public static String format(RowKey key, TableSchema table) {
        if (key.values().isEmpty()) {
            return "(all rows)";
        }
        if (table.key().size() <= 1) {
            return key.values().get(0);
        }
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < table.key().size(); i++) {
            parts.add(table.key().get(i) + "=" + quoted(key.values().get(i)));
        }
        return String.join(",", parts);
    }

    private static String quoted(String value) {
        boolean plain =
                !value.isEmpty() && value.chars().noneMatch(c -> c == ',' || c == '\'') && value.equals(value.strip());
        return plain ? value : "'" + value.replace("'", "''") + "'";
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("'") && value.endsWith("'");
        return quoted ? value.substring(1, value.length() - 1).replace("''", "'") : value;
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            quoted ^= c == '\'';
            if (c == ',' && !quoted) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    /** The value as Postgres prints it, for the types whose values people write in several ways. */
    private static String canonical(String value, Column column) {
        try {
            return switch (column.type()) {
                case "smallint", "integer", "bigint" -> new BigInteger(value.strip()).toString();
                case "uuid" ->
                    value.length() == 36 ? UUID.fromString(value).toString() : value.toLowerCase(Locale.ROOT);
                default -> value;
            };
        } catch (IllegalArgumentException e) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "key column " + column.name() + " is of type " + column.type() + ", and " + value + " is none",
                    "Write the value alone, as Postgres prints it, or with its column's name, " + column.name()
                            + "=...",
                    e);
        }
    }

    private static RowbackException unreadable(String text, TableSchema table) {
        String example = table.key().stream().map(name -> name + "=...").collect(Collectors.joining(","));
        return new RowbackException(
                ErrorCode.USAGE,
                "the key of table " + table.name() + " has " + table.key().size() + " columns, not as in " + text,
                "Write " + example + "; a value with a comma goes into single quotes.");
    }
}
