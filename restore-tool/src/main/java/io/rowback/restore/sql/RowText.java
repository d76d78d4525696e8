package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.query.KeyText;

/** Rows and values in a line for people: in comments, messages and lists. Hidden characters are escaped. */
public final class RowText {
    private static final int LONGEST = 60;

    private RowText() {}

    /** The row as an operator names it, {@code users 42}. */
    public static String name(TableSchema table, RowKey key) {
        return PrintableText.oneLine(table.name().toString()) + " " + key(table, key);
    }

    /** The key as an operator types it. */
    public static String key(TableSchema table, RowKey key) {
        return PrintableText.oneLine(KeyText.format(key, table));
    }

    /** The value as far as it fits, with its length where it does not. */
    public static String value(ColumnValue value) {
        if (value.isNull()) {
            return "NULL";
        }
        if (!(value instanceof ColumnValue.Text known)) {
            return "(unknown)";
        }
        return text(known.text(), "'", LONGEST);
    }

    /** The text between these quotes as far as it fits into that many characters, with its length where it does not. */
    public static String text(String text, String quote, int longest) {
        int length = text.codePointCount(0, text.length());
        if (length <= longest) {
            return quote + PrintableText.oneLine(text) + quote;
        }
        String begin = text.substring(0, text.offsetByCodePoints(0, longest - 20));
        return quote + PrintableText.oneLine(begin) + "..." + quote + " (" + length + " characters)";
    }
}
