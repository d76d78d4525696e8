package io.rowback.deploy;

import io.rowback.postgres.ConfigKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The configuration that a package brings: every key with what it is for and its default, and nothing in force. */
final class ConfigurationFile {
    /** The name of the database in it, which an operator may keep. */
    static final String DATABASE = "app";

    /** The one key that everybody has to set. */
    static final String URL = "postgresql://rowback@127.0.0.1:5432/app";

    private static final int WIDTH = 110;

    private static final String HEAD = """
            # Configuration of rowbackd and rowback.
            #
            # What stands behind a key is its default; a database needs its url and nothing else. The environment wins over this
            # file: ROWBACK_DATABASES_APP_URL. Passwords do not belong here: they come from /var/lib/rowback/.pgpass, or from a
            # systemd credential. After a change: `sudo -u rowback rowbackd check`, then `sudo systemctl restart rowbackd`.
            """;

    private static final String DATABASE_HEAD = """

            # A database to capture, by a name of your own: small letters, digits and underscores. Others get tables of their own.
            #[databases.app]
            """;

    private ConfigurationFile() {}

    /** The text of the file. */
    static String text() {
        Map<String, List<ConfigKey>> tables = Arrays.stream(ConfigKey.values())
                .filter(key -> key.kind() != ConfigKey.Kind.SECRET)
                .collect(Collectors.groupingBy(ConfigurationFile::table, LinkedHashMap::new, Collectors.toList()));
        StringBuilder text = new StringBuilder(HEAD);
        tables.forEach((table, keys) -> {
            text.append(keys.get(0).ofDatabase() ? DATABASE_HEAD : "\n[" + table + "]\n");
            keys.forEach(key -> append(key, text));
        });
        return text.toString();
    }

    private static String table(ConfigKey key) {
        String path = key.of(DATABASE);
        return path.substring(0, path.lastIndexOf('.'));
    }

    private static void append(ConfigKey key, StringBuilder text) {
        text.append('\n');
        StringBuilder line = new StringBuilder("#");
        for (String word : sentence(key.meaning()).split(" ", -1)) {
            if (line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append('\n');
                line.replace(1, line.length(), "");
            }
            line.append(' ').append(word);
        }
        String name = key.path().substring(key.path().lastIndexOf('.') + 1);
        text.append(line)
                .append("\n#")
                .append(name)
                .append(" = ")
                .append(value(key))
                .append('\n');
    }

    static String sentence(String meaning) {
        return Character.toUpperCase(meaning.charAt(0)) + meaning.substring(1) + ".";
    }

    private static String value(ConfigKey key) {
        String preset = key == ConfigKey.URL ? URL : key.preset();
        String text = preset == null ? "" : preset.replace(ConfigKey.NAME, DATABASE);
        if (key.kind() == ConfigKey.Kind.LIST) {
            return text.isEmpty() ? "[]" : "[\"" + text + "\"]";
        }
        return "\"" + text + "\"";
    }
}
