package io.rowback.postgres;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What one key is set to, and by what.
 *
 * @param name the key, with the database's name in it
 * @param key which of those there are
 * @param values the texts; one unless it is a list. Those of a secret are for its user alone
 * @param origin what set it
 * @param place the file, the variable or the credential; empty for a default
 */
public record Setting(String name, ConfigKey key, List<String> values, Origin origin, String place) {
    /** What can set a key. A later one wins over an earlier one. */
    public enum Origin {
        /** Nobody; it has its default. */
        DEFAULT,
        /** The configuration file. */
        FILE,
        /** A systemd credential. */
        CREDENTIAL,
        /** A variable of the environment. */
        ENVIRONMENT
    }

    public Setting {
        values = List.copyOf(values);
    }

    /** Whether its values are for nobody's eyes. */
    public boolean secret() {
        return key.kind() == ConfigKey.Kind.SECRET;
    }

    /** A line of the configuration file, and behind it what set the key; a secret is told as a comment without its value. */
    @Override
    public String toString() {
        String from = origin == Origin.DEFAULT ? "default" : place;
        if (secret()) {
            return "# " + name + " is set by " + from;
        }
        String value = key.kind() == ConfigKey.Kind.LIST
                ? values.stream().map(Setting::quoted).collect(Collectors.joining(", ", "[", "]"))
                : quoted(values.get(0));
        return name + " = " + value + "  # " + PrintableText.oneLine(from);
    }

    /** A basic string of TOML. */
    private static String quoted(String text) {
        return "\"" + PrintableText.oneLine(text.replace("\\", "\\\\").replace("\"", "\\\"")) + "\"";
    }
}
