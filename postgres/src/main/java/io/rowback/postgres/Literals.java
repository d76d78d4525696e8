package io.rowback.postgres;

import io.rowback.history.ColumnValue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Values as SQL string constants. They need {@code standard_conforming_strings} on, which {@link SessionSettings} pins.
 * No value can end the constant it stands in.
 */
public final class Literals {
    private Literals() {}

    /**
     * The text as a string constant. Newlines and tabs stay as they are, since text of several lines is to be read; other
     * hidden characters are escaped, so that what a reviewer sees is what is there, and carriage returns survive editors.
     *
     * @throws IllegalArgumentException if the text holds the character zero, which no Postgres text does
     */
    public static String quote(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("text with the character zero");
        }
        String doubled = text.replace("'", "''");
        if (!needsEscapes(text)) {
            return "'" + doubled + "'";
        }
        StringBuilder literal = new StringBuilder("E'");
        doubled.codePoints().forEach(codePoint -> {
            if (codePoint == '\\') {
                literal.append("\\\\");
            } else if (needsEscape(codePoint)) {
                literal.append(PrintableText.escape(codePoint));
            } else {
                literal.appendCodePoint(codePoint);
            }
        });
        return literal.append('\'').toString();
    }

    /**
     * The value as SQL that takes its type from where it stands: a string constant or NULL.
     *
     * @throws IllegalArgumentException if the value is unknown
     */
    public static String value(ColumnValue value) {
        StringBuilder literal = new StringBuilder();
        append(literal, value);
        return literal.toString();
    }

    /** Appends what {@link #value} is. */
    public static void append(StringBuilder out, ColumnValue value) {
        if (value instanceof ColumnValue.Text text) {
            if (isPlain(text.utf8())) {
                out.append('\'').append(text.text()).append('\'');
            } else {
                out.append(quote(text.text()));
            }
        } else if (value.isNull()) {
            out.append("NULL");
        } else {
            throw new IllegalArgumentException("an unknown value has no literal");
        }
    }

    /** These texts as an array of type {@code text[]}. */
    public static String texts(Stream<String> texts) {
        return texts.map(Literals::quote).collect(Collectors.joining(", ", "ARRAY[", "]::text[]"));
    }

    /** The text as a constant of a type, {@code 'text'::type}; the type as {@code format_type} prints it. */
    public static String typed(String text, String type) {
        return quote(text) + "::" + type;
    }

    /** Whether a constant holds the text as it is, without a look at each of its characters: so are most values. */
    private static boolean isPlain(byte[] utf8) {
        for (byte next : utf8) {
            if (next < ' ' || next == '\'' || next == 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static boolean needsEscapes(String text) {
        // No character that is escaped takes two.
        for (int i = 0; i < text.length(); i++) {
            if (needsEscape(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean needsEscape(int codePoint) {
        return codePoint != '\n' && codePoint != '\t' && PrintableText.isHidden(codePoint);
    }
}
