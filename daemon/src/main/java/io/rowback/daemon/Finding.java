package io.rowback.daemon;

import io.rowback.postgres.PrintableText;
import org.jspecify.annotations.Nullable;

/**
 * What the preflight found about one thing that capture needs.
 *
 * @param level how bad it is
 * @param text what was found, lower case without full stop
 * @param mend the SQL that mends it, or null
 */
record Finding(Level level, String text, @Nullable String mend) {
    /** How bad a finding is. */
    enum Level {
        OK("ok  "),
        WARN("warn"),
        FAIL("fail");

        private final String word;

        Level(String word) {
            this.word = word;
        }
    }

    static Finding ok(String text) {
        return new Finding(Level.OK, text, null);
    }

    static Finding warn(String text, @Nullable String mend) {
        return new Finding(Level.WARN, text, mend);
    }

    static Finding fail(String text, @Nullable String mend) {
        return new Finding(Level.FAIL, text, mend);
    }

    /** One line, with the SQL that mends it behind an arrow. */
    @Override
    public String toString() {
        return PrintableText.oneLine(level.word + "  " + text + (mend == null ? "" : "  ->  " + mend));
    }
}
