package io.rowback.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration from a TOML file and the environment, which wins: {@code databases.app.url} is
 * {@code ROWBACK_DATABASES_APP_URL}, lists with commas between. A key that is not known is refused.
 */
public final class ConfigReader {
    /** Where the configuration is looked for unless the command line says otherwise. */
    public static final Path DEFAULT_FILE = Path.of("/etc/rowback/rowback.toml");

    private static final String PREFIX = "ROWBACK_";
    private static final List<String> DATABASE_KEYS =
            List.of("url", "publication", "slot", "include", "exclude", "wal_warn", "wal_limit");
    /** Never in the file, which other accounts may read. */
    private static final String PASSWORD = "password";

    private static final Pattern DATABASE_NAME = Pattern.compile("[a-z][a-z0-9_]*");
    /** What the server accepts. */
    private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");

    private static final List<String> UNITS = List.of("", "kB", "MB", "GB", "TB");

    private static final Pattern SIZE = Pattern.compile("(\\d{1,6})\\s*(kB|MB|GB|TB)?");

    private static final Pattern DATABASE_VARIABLE = Pattern.compile(
            PREFIX + "DATABASES_(.+)_(URL|PUBLICATION|SLOT|INCLUDE|EXCLUDE|WAL_WARN|WAL_LIMIT|PASSWORD)");

    private static final Pattern KEY_VARIABLE = Pattern.compile("^" + PREFIX + "(DATABASES|STORE|HTTP)_");

    private final Map<String, String> environment;
    private final Map<String, List<String>> databaseValues = new TreeMap<>();
    private final Map<String, List<String>> values = new TreeMap<>();

    private ConfigReader(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * The configuration of a file and an environment; with null instead of a file, of the environment alone.
     *
     * @throws RowbackException of code USAGE, saying what is wrong with which key
     */
    public static Config read(@Nullable Path file, Map<String, String> environment) {
        ConfigReader reader = new ConfigReader(environment);
        if (file != null) {
            reader.readFile(file);
        }
        reader.readEnvironment();
        return reader.config();
    }

    private void readFile(Path file) {
        try {
            // The text is read first so that a syntax error can be told from a file that cannot be read.
            flatten("", new TomlMapper().readTree(Files.readString(file)));
        } catch (JsonProcessingException e) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    file + " is not valid TOML at line " + e.getLocation().getLineNr(),
                    e.getOriginalMessage());
        } catch (NoSuchFileException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "there is no file " + file, "Name the configuration with --config FILE.");
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "cannot read " + file, "Check that this account may read it.", e);
        }
    }

    private void flatten(String path, JsonNode node) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String key = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            JsonNode value = field.getValue();
            if (value.isObject()) {
                flatten(key, value);
            } else {
                List<String> texts = new ArrayList<>();
                (value.isArray() ? value : List.of(value)).forEach(element -> texts.add(element.asText()));
                put(key, texts);
            }
        }
    }

    private void readEnvironment() {
        environment.forEach((variable, value) -> {
            Matcher database = DATABASE_VARIABLE.matcher(variable);
            if (database.matches()) {
                put("databases." + lower(database.group(1)) + "." + lower(database.group(2)), split(value));
            } else if (variable.equals(PREFIX + "STORE_DIR")) {
                put("store.dir", List.of(value));
            } else if (variable.equals(PREFIX + "HTTP_LISTEN")) {
                put("http.listen", List.of(value));
            } else if (KEY_VARIABLE.matcher(variable).find()) {
                throw new RowbackException(
                        ErrorCode.USAGE,
                        "unknown configuration variable " + variable,
                        "Did you mean " + nearest(variable, knownVariables(variable)) + "?");
            }
        });
    }

    private static List<String> knownVariables(String variable) {
        List<String> known = new ArrayList<>(List.of(PREFIX + "STORE_DIR", PREFIX + "HTTP_LISTEN"));
        String[] parts = variable.split("_", -1);
        String name = parts.length > 3 ? lower(parts[2]) : "name";
        DATABASE_KEYS.forEach(key -> known.add(variable(name, key)));
        return known;
    }

    private void put(String key, List<String> value) {
        String[] parts = key.split("\\.", -1);
        if (parts.length == 3 && parts[0].equals("databases")) {
            if (!DATABASE_NAME.matcher(parts[1]).matches()) {
                throw new RowbackException(
                        ErrorCode.USAGE,
                        "not a name for a database: " + parts[1],
                        "Use small letters, digits and underscores.");
            }
            boolean secret = parts[2].equals(PASSWORD) && environment.containsKey(variable(parts[1], PASSWORD));
            if (DATABASE_KEYS.contains(parts[2]) || secret) {
                databaseValues.put(parts[1] + "." + parts[2], value);
                return;
            }
        } else if (key.equals("store.dir") || key.equals("http.listen")) {
            values.put(key, value);
            return;
        }
        throw unknown(key, parts);
    }

    private static RowbackException unknown(String key, String[] parts) {
        List<String> known = new ArrayList<>(List.of("store.dir", "http.listen"));
        String name = parts.length > 1 && parts[0].startsWith("d") ? parts[1] : "NAME";
        DATABASE_KEYS.forEach(last -> known.add("databases." + name + "." + last));
        String hint = key.endsWith("." + PASSWORD)
                ? "Passwords come from the password file (~/.pgpass), a systemd credential or the environment."
                : "Did you mean " + nearest(key, known) + "?";
        return new RowbackException(ErrorCode.USAGE, "unknown configuration key " + key, hint);
    }

    private Config config() {
        Map<String, Config.Database> databases = new LinkedHashMap<>();
        for (String key : databaseValues.keySet()) {
            String name = key.substring(0, key.indexOf('.'));
            databases.computeIfAbsent(name, this::database);
        }
        if (databases.isEmpty()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "no database is configured",
                    "Add a table [databases.NAME] with a url, or set ROWBACK_DATABASES_NAME_URL.");
        }
        requireOwnSlots(databases.values());
        return new Config(
                databases,
                Path.of(single(values, "store.dir", "/var/lib/rowback")),
                single(values, "http.listen", "127.0.0.1:9187"));
    }

    /** Slots belong to the server, not to one of its databases. */
    private static void requireOwnSlots(Collection<Config.Database> databases) {
        Map<String, String> taken = new HashMap<>();
        for (Config.Database database : databases) {
            ConnectionSettings server = database.connection();
            String slot = database.slot() + " at " + server.host() + ":" + server.port();
            String other = taken.put(slot, database.name());
            if (other != null) {
                throw new RowbackException(
                        ErrorCode.USAGE,
                        "databases " + other + " and " + database.name() + " share the slot " + slot,
                        "Each needs a slot of its own: leave databases." + database.name() + ".slot out for rowback_"
                                + database.name() + ".");
            }
        }
    }

    private Config.Database database(String name) {
        List<String> url = databaseValues.get(name + ".url");
        if (url == null || url.size() != 1) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "database " + name + " has no url",
                    "Set databases." + name + ".url or " + variable(name, "url") + ".");
        }
        ConnectionSettings connection = ConnectionSettings.parse(url.get(0));
        String password = password(name);
        return new Config.Database(
                name,
                password == null ? connection : connection.withPassword(password),
                single(databaseValues, name + ".publication", "rowback"),
                slot(name),
                patterns(databaseValues.getOrDefault(name + ".include", List.of("*.*"))),
                patterns(databaseValues.getOrDefault(name + ".exclude", List.of())),
                bytes(name + ".wal_warn", "10GB"),
                bytes(name + ".wal_limit", "0"));
    }

    /** A size as the server's own settings have it: units are powers of 1024. */
    private long bytes(String key, String otherwise) {
        String text = single(databaseValues, key, otherwise);
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "databases." + key + " is not a size: " + text,
                    "Write a number and kB, MB, GB or TB, 50GB for instance; 0 for none.");
        }
        int unit = UNITS.indexOf(size.group(2) == null ? "" : size.group(2));
        return Long.parseLong(size.group(1)) << (10 * unit);
    }

    private String slot(String name) {
        String slot = single(databaseValues, name + ".slot", "rowback_" + name);
        if (!SLOT_NAME.matcher(slot).matches()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "not a name for a replication slot: " + slot,
                    "Set databases." + name + ".slot to at most 63 small letters, digits and underscores.");
        }
        return slot;
    }

    /** The password from the environment or from a systemd credential named {@code NAME.password}; null if neither has one. */
    private @Nullable String password(String name) {
        List<String> given = databaseValues.get(name + "." + PASSWORD);
        if (given != null) {
            return String.join(",", given);
        }
        String folder = environment.get("CREDENTIALS_DIRECTORY");
        Path credential = folder == null ? null : Path.of(folder, name + "." + PASSWORD);
        if (credential == null || !Files.exists(credential)) {
            return null;
        }
        try {
            return Files.readString(credential).strip();
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "cannot read the credential " + name + "." + PASSWORD, "Check its file.", e);
        }
    }

    private static List<TablePattern> patterns(List<String> texts) {
        return texts.stream().map(TablePattern::parse).toList();
    }

    private static String single(Map<String, List<String>> values, String key, String otherwise) {
        List<String> value = values.getOrDefault(key, List.of(otherwise));
        if (value.size() != 1) {
            throw new RowbackException(ErrorCode.USAGE, key + " takes one value", "Write it as a text in quotes.");
        }
        return value.get(0);
    }

    private static List<String> split(String value) {
        return List.of(value.split(",", -1));
    }

    private static String variable(String name, String key) {
        return PREFIX + "DATABASES_" + name.toUpperCase(Locale.ROOT) + "_" + key.toUpperCase(Locale.ROOT);
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** The candidate that the fewest letters set apart. */
    private static String nearest(String text, List<String> candidates) {
        String nearest = candidates.get(0);
        for (String candidate : candidates) {
            if (distance(text, candidate) < distance(text, nearest)) {
                nearest = candidate;
            }
        }
        return nearest;
    }

    private static int distance(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[right.length()];
    }
}
