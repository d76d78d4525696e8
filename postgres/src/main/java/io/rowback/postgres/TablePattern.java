package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableName;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names tables as {@code schema.table}, where {@code *} stands for any text within one of the two. */
public final class TablePattern {
    private final String text;
    private final Pattern schema;
    private final Pattern name;

    private TablePattern(String text, Pattern schema, Pattern name) {
        this.text = text;
        this.schema = schema;
        this.name = name;
    }

    /**
     * Reads a pattern.
     *
     * @throws RowbackException of code USAGE if it is not two parts with a dot between them
     */
    public static TablePattern parse(String text) {
        int dot = text.indexOf('.');
        if (dot <= 0 || dot == text.length() - 1) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "not a table pattern: " + text,
                    "Write it as schema.table, with * for any text: *.*, public.*, app.order_*.");
        }
        return new TablePattern(text, wildcard(text.substring(0, dot)), wildcard(text.substring(dot + 1)));
    }

    /** Whether it names that table. */
    public boolean matches(TableName table) {
        return schema.matcher(table.schema()).matches()
                && name.matcher(table.name()).matches();
    }

    @Override
    public String toString() {
        return text;
    }

    private static Pattern wildcard(String part) {
        return Pattern.compile(
                part.chars()
                        .mapToObj(Character::toString)
                        .map(letter -> letter.equals("*") ? ".*" : Pattern.quote(letter))
                        .collect(Collectors.joining()),
                Pattern.DOTALL);
    }
}
