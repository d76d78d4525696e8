package io.rowback.deploy;

import java.util.List;
import java.util.Locale;

/** The text of one manual page in the macros of man(7), as it grows. */
final class Roff {
    private final StringBuilder text = new StringBuilder();
    private boolean begun;

    /** A page's beginning: its title, and who it belongs to. */
    Roff(String name, int section, Edition edition) {
        text.append(".TH \"%s\" %d %s \"Rowback %s\" Rowback\n"
                .formatted(
                        name.toUpperCase(Locale.ROOT), section, edition.date().toLocalDate(), edition.version()));
        // Commands and paths are not to be broken at their hyphens, nor lines filled with blanks.
        text.append(".nh\n.ad l\n");
    }

    Roff section(String title) {
        macro("SH", title);
        begun = true;
        return this;
    }

    Roff paragraph(String words) {
        separate();
        return line(words);
    }

    /** An entry of a list: what it is about in bold, and what there is to say. */
    Roff entry(String term, String words) {
        macro("TP");
        macro("B", term);
        return line(words);
    }

    /** Lines that stay as they are. */
    Roff verbatim(List<String> lines) {
        separate();
        macro("nf");
        lines.forEach(this::line);
        macro("fi");
        return this;
    }

    Roff line(String words) {
        if (!words.isBlank()) {
            // A dot or an apostrophe would begin a request.
            text.append("\\&").append(escape(words)).append('\n');
        }
        return this;
    }

    private void separate() {
        if (!begun) {
            macro("PP");
        }
        begun = false;
    }

    private void macro(String name, String... arguments) {
        text.append('.').append(name);
        for (String argument : arguments) {
            text.append(" \"").append(escape(argument).replace("\"", "\\(dq")).append('"');
        }
        text.append('\n');
    }

    private static String escape(String words) {
        return words.replace("\\", "\\e")
                .replace("-", "\\-")
                .replace("'", "\\(aq")
                .replace("`", "\\(ga");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
