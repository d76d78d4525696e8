package io.rowback.postgres;

import java.util.regex.Pattern;

/** A text as one word of a command that somebody pastes into a shell: whatever it holds, the shell takes nothing of it for itself. */
public final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[\\w%+,./:@=-]+", Pattern.UNICODE_CHARACTER_CLASS);

    private ShellWord() {}

    /** The text, in quotes where it needs them. */
    public static String quote(String text) {
        return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
