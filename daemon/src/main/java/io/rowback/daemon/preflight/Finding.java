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
 * @param kind what is told of it and may be told of many others, or null
 */
public record Finding(
        Level level,
        Topic topic,
        String text,
        @Nullable String mend,
        @Nullable String passing,
        @Nullable Kind kind) {
    /**
     * What may be found of many things.
     *
     * @param words what is told of each, behind its name
     * @param mend what mends all of them, or null
     */
    public record Kind(String words, @Nullable String mend) {}

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
            return new Finding(Level.OK, this, text, null, null, null);
        }

        /** As it should be, and yet there is a choice. */
        Finding choice(String text, String mend) {
            return new Finding(Level.OK, this, text, mend, null, null);
        }

        Finding warn(String text, @Nullable String mend) {
            return new Finding(Level.WARN, this, text, mend, null, null);
        }

        /** The same, of one of many things. */
        Finding warn(String thing, Kind kind, @Nullable String mend) {
            return new Finding(Level.WARN, this, thing + " " + kind.words(), mend, null, kind);
        }

        /** Something that keeps capture from running. */
        public Finding fail(String text, @Nullable String mend) {
            return new Finding(Level.FAIL, this, text, mend, null, null);
        }

        /** Something that keeps capture from running now, and may pass by itself. */
        Finding fail(String text, @Nullable String mend, @Nullable String passing) {
            return new Finding(Level.FAIL, this, text, mend, passing, null);
        }
    }

    /** One line, with what mends it behind an arrow. */
    @Override
    public String toString() {
        return PrintableText.oneLine(level.word + "  " + text + (mend == null ? "" : "  ->  " + mend));
    }
}
