package io.rowback.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Setting.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What file, environment and credentials set, by key, before anybody looks at what it means. */
final class ConfigValues {
    private static final Pattern DATABASE_NAME = Pattern.compile("[a-z][a-z0-9_]*");

    private final Map<String, String> environment;
    private final Map<String, Setting> settings = new TreeMap<>();
    private final Set<String> databases = new TreeSet<>();

    private ConfigValues(Map<String, String> environment) {
        this.environment = environment;
    }

    static ConfigValues read(@Nullable Path file, Map<String, String> environment) {
        ConfigValues values = new ConfigValues(environment);
        if (file != null) {
            values.readFile(file);
        }
        values.readEnvironment();
        return values;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** The databases that anything is said of, in alphabetical order. */
    Set<String> databases() {
        return databases;
    }

    /** What a key is set to, by default at the least; empty if it has no default either. */
    Optional<Setting> find(ConfigKey key, String database) {
        Setting set = settings.get(key.of(database));
        return Optional.ofNullable(set).or(() -> credential(key, database)).or(() -> byDefault(key, database));
    }

    private static Optional<Setting> byDefault(ConfigKey key, String database) {
        String preset = key.preset();
        if (preset == null) {
            return Optional.empty();
        }
        String value = preset.replace(ConfigKey.NAME, database);
        return Optional.of(new Setting(key.of(database), key, texts(key, value), Origin.DEFAULT, ""));
    }

    private Optional<Setting> credential(ConfigKey key, String database) {
        String folder = environment.get("CREDENTIALS_DIRECTORY");
        if (folder == null || key.kind() != ConfigKey.Kind.SECRET) {
            return Optional.empty();
        }
        String name = key.credential(database);
        Path file = Path.of(folder, name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            List<String> value = List.of(Files.readString(file).strip());
            return Optional.of(new Setting(key.of(database), key, value, Origin.CREDENTIAL, "credential " + name));
        } catch (IOException e) {
            throw new RowbackException(ErrorCode.USAGE, "cannot read the credential " + name, "Check its file.", e);
        }
    }

    /** The value of a key that has a default. */
    String text(ConfigKey key, String database) {
        return find(key, database).orElseThrow().values().get(0);
    }

    List<String> list(ConfigKey key, String database) {
        return find(key, database).orElseThrow().values();
    }

    long bytes(ConfigKey key, String database) {
        return Quantity.bytes(key.of(database), text(key, database));
    }

    Duration time(ConfigKey key, String database) {
        return Quantity.time(key.of(database), text(key, database));
    }

    private void readFile(Path file) {
        try {
            // The text is read first so that a syntax error can be told from a file that cannot be read.
            flatten("", new TomlMapper().readTree(Files.readString(file)), file);
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

    private void flatten(String path, JsonNode node, Path file) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            JsonNode value = field.getValue();
            if (!value.isObject()) {
                if ((path.equals("databases") && value.isArray()) || isTable(name)) {
                    throw noTable(name);
                }
                putFromFile(name, value, file);
                continue;
            }
            if (path.equals("databases")) {
                database(field.getKey());
            } else if (value.isEmpty() && !isTable(name)) {
                throw unknown(name);
            }
            flatten(name, value, file);
        }
    }

    private static boolean isTable(String name) {
        return ConfigKey.all("").stream().anyMatch(key -> key.startsWith(name + "."));
    }

    /** Who writes {@code [[http]]} or {@code http = ...} means the table, of which no key is the nearest. */
    private static RowbackException noTable(String name) {
        String table = name.equals("databases") ? "databases." + ConfigKey.NAME : name;
        return new RowbackException(ErrorCode.USAGE, name + " is a table of keys", "Write [" + table + "] above them.");
    }

    private void putFromFile(String name, JsonNode value, Path file) {
        ConfigKey.Use use = ConfigKey.find(name);
        if (use == null || use.key().kind() == ConfigKey.Kind.SECRET) {
            throw unknown(name);
        }
        ConfigKey.Kind kind = use.key().kind();
        if (kind != ConfigKey.Kind.LIST && value.isArray()) {
            throw new RowbackException(ErrorCode.USAGE, name + " takes one value", "Write it as a text in quotes.");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value.isArray() ? value : List.of(value)) {
            // A size and a span of time may be a mere number, of which their parser says whether it will do.
            if (!element.isTextual() && (kind == ConfigKey.Kind.TEXT || kind == ConfigKey.Kind.LIST)) {
                throw new RowbackException(
                        ErrorCode.USAGE,
                        name + " takes text, " + element + " is none",
                        "Write what is meant in quotes" + (kind == ConfigKey.Kind.LIST ? ", in brackets." : "."));
            }
            texts.add(element.asText());
        }
        put(new Setting(name, use.key(), texts, Origin.FILE, file.toString()));
    }

    private void readEnvironment() {
        environment.forEach((variable, value) -> {
            ConfigKey.Use use = ConfigKey.findVariable(variable);
            if (use != null) {
                database(use);
                ConfigKey key = use.key();
                put(new Setting(key.of(use.database()), key, texts(key, value), Origin.ENVIRONMENT, variable));
            } else if (ConfigKey.claims(variable)) {
                throw unknownVariable(variable);
            }
        });
    }

    private void put(Setting setting) {
        settings.put(setting.name(), setting);
    }

    private static List<String> texts(ConfigKey key, String value) {
        if (key.kind() != ConfigKey.Kind.LIST) {
            return List.of(value);
        }
        return value.isBlank()
                ? List.of()
                : Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    }

    private void database(ConfigKey.Use use) {
        if (use.key().ofDatabase()) {
            database(use.database());
        }
    }

    private void database(String name) {
        if (!DATABASE_NAME.matcher(name).matches()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "not a name for a database: " + name,
                    "Use small letters, digits and underscores.");
        }
        databases.add(name);
    }

    private static RowbackException unknown(String name) {
        String[] parts = name.split("\\.", -1);
        String database = parts.length > 2 && parts[0].startsWith("d") ? parts[1] : ConfigKey.NAME;
        ConfigKey.Use use = ConfigKey.find(name);
        if (use == null) {
            String nearest = nearest(name, "." + name, ConfigKey.all(database));
            return new RowbackException(
                    ErrorCode.USAGE, "unknown configuration key " + name, "Did you mean " + nearest + "?");
        }
        return new RowbackException(
                ErrorCode.USAGE,
                name + " does not belong into the file",
                "It is a secret: set " + use.key().variable(database) + " or a systemd credential "
                        + use.key().credential(database)
                        + (use.key() == ConfigKey.PASSWORD ? ", or use the password file (~/.pgpass)." : "."));
    }

    private static RowbackException unknownVariable(String variable) {
        String[] parts = variable.split("_", -1);
        String database = parts.length > 3 ? parts[2] : ConfigKey.NAME;
        List<String> known = Arrays.stream(ConfigKey.values())
                .map(key -> key.variable(database))
                .toList();
        String nearest = nearest(variable, variable.substring(ConfigKey.VARIABLE_PREFIX.length() - 1), known);
        return new RowbackException(
                ErrorCode.USAGE, "unknown configuration variable " + variable, "Did you mean " + nearest + "?");
    }

    /** Rather what ends like it: who writes {@code retention} has forgotten the table and mistyped nothing. */
    private static String nearest(String written, String ending, List<String> known) {
        return known.stream()
                .filter(key -> key.endsWith(ending))
                .findFirst()
                .orElseGet(() -> Nearness.nearest(written, known));
    }
}
