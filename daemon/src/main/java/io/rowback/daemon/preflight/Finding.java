package io.rowback.daemon.preflight;

import io.rowback.postgres.PrintableText;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was found about one thing that capture needs.
 *
 * @param level how bad it is
 * @param topic what it is about
 * @param text what was found, lower case without full stop
 * @param mend the SQL, or the setting or command, that mends it, or null
 * @param passing the SQLSTATE with which the server says the same of an attempt, if it may pass by itself, or null
 */
public record Finding(
        Level level,
        Topic topic,
        String text,
        @Nullable String mend,
        @Nullable String passing) {
    /** How bad a finding is. */
    public enum Level {
        /** As it should be, or a matter of choice. */
        OK("ok  "),
        /** Capture runs, but something is missing or at risk. */
        WARN("warn"),
        /** Capture cannot run. */
        FAIL("fail");

        private final String word;

        Level(String word) {
            this.word = word;
        }
    }

    /** What a finding is about. */
    public enum Topic {
        CONNECTION,
        SERVER,
        ROLE,
        SLOT,
        PUBLICATION,
        TABLE,
        REPLICA_IDENTITY,
        FOREIGN_KEY,
        SEQUENCE,
        DISK,
        CLOCK,
        ANNOTATION,
        HTTP;

        /** As documents write it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** As it should be. */
        public Finding ok(String text) {
            return new Finding(Level.OK, this, text, null, null);
        }

        /** As it should be, and yet there is a choice. */
        Finding choice(String text, String mend) {
            return new Finding(Level.OK, this, text, mend, null);
        }

        Finding warn(String text, @Nullable String mend) {
            return new Finding(Level.WARN, this, text, mend, null);
        }

        /** Something that keeps capture from running. */
        public Finding fail(String text, @Nullable String mend) {
            return new Finding(Level.FAIL, this, text, mend, null);
        }

        /** Something that keeps capture from running now, and may pass by itself. */
        Finding fail(String text, @Nullable String mend, @Nullable String passing) {
            return new Finding(Level.FAIL, this, text, mend, passing);
        }
    }

    /** One line, with what mends it behind an arrow. */
    @Override
    public String toString() {
        return PrintableText.oneLine(level.word + "  " + text + (mend == null ? "" : "  ->  " + mend));
    }
}
