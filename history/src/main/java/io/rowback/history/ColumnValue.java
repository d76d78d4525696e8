package io.rowback.history;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One column of a row image. What is not known is a value of its own, never a null and never guessed. */
public sealed interface ColumnValue {
    /** The value that Postgres prints as this text. */
    static Text of(String text) {
        return new Text(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The value that Postgres prints as these UTF-8 bytes, which the caller hands over and no longer changes. */
    static ColumnValue of(byte[] utf8) {
        // Before version 16 a "char" above 127 is printed as a lone byte. That is no text, so no SQL could write it
        // back.
        return utf8.length == 1 && utf8[0] < 0 ? Special.UNKNOWN : new Text(utf8);
    }

    /** Whether this is the value that stands for "not known". */
    default boolean isUnknown() {
        return this == Special.UNKNOWN;
    }

    /** Whether this is SQL NULL. */
    default boolean isNull() {
        return this == Special.NULL;
    }

    /** The two values that have no text. */
    enum Special implements ColumnValue {
        /** SQL NULL. */
        NULL,
        /** Not in the stream and not resolvable: an unchanged TOAST value, or a column outside the replica identity. */
        UNKNOWN
    }

    /**
     * The text that the type's output function prints under Rowback's pinned session settings, kept as UTF-8 because
     * most values are only passed on. Equal if the bytes are equal.
     */
    final class Text implements ColumnValue {
        private final byte[] utf8;

        private Text(byte[] utf8) {
            this.utf8 = utf8;
        }

        /** The bytes; shared, not to be changed. */
        public byte[] utf8() {
            return utf8;
        }

        /** The text. */
        public String text() {
            return new String(utf8, StandardCharsets.UTF_8);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Text text && Arrays.equals(utf8, text.utf8);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(utf8);
        }

        @Override
        public String toString() {
            return text();
        }
    }
}
