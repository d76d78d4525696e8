package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.Retention;
import io.rowback.history.RowbackException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration from a TOML file and the environment, which wins: {@code databases.app.url} is
 * {@code ROWBACK_DATABASES_APP_URL}, lists with commas between. A key that is not in {@link ConfigKey} is refused.
 */
public final class ConfigReader {
    /** Where the configuration is looked for unless the command line says otherwise. */
    public static final Path DEFAULT_FILE = Path.of("/etc/rowback/rowback.toml");

    /** What the server accepts. */
    private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");

    private final ConfigValues values;

    private ConfigReader(ConfigValues values) {
        this.values = values;
    }

    /**
     * The configuration of a file and an environment; with null instead of a file, of the environment alone.
     *
     * @throws RowbackException of code USAGE, saying what is wrong with which key
     */
    public static Config read(@Nullable Path file, Map<String, String> environment) {
        return new ConfigReader(ConfigValues.read(file, environment)).config();
    }

    /**
     * What each key is set to and by what, those of databases first; without the passwords in urls. Secrets are there
     * only if they are set.
     *
     * @throws RowbackException of code USAGE as {@link #read}
     */
    public static List<Setting> settings(@Nullable Path file, Map<String, String> environment) {
        ConfigValues values = ConfigValues.read(file, environment);
        List<Setting> settings = new ArrayList<>();
        for (String database : new ConfigReader(values).config().names()) {
            for (ConfigKey key : ConfigKey.values()) {
                if (key.ofDatabase()) {
                    values.find(key, database).map(ConfigReader::shown).ifPresent(settings::add);
                }
            }
        }
        for (ConfigKey key : ConfigKey.values()) {
            if (!key.ofDatabase()) {
                values.find(key, "").ifPresent(settings::add);
            }
        }
        return settings;
    }

    private static Setting shown(Setting setting) {
        if (setting.key() != ConfigKey.URL) {
            return setting;
        }
        String url = ConnectionSettings.withoutPasswords(setting.values().get(0));
        return new Setting(setting.name(), setting.key(), List.of(url), setting.origin(), setting.place());
    }

    private Config config() {
        Map<String, Config.Database> databases = new LinkedHashMap<>();
        values.databases().forEach(name -> databases.put(name, database(name)));
        if (databases.isEmpty()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "no database is configured",
                    "Add a table [databases.NAME] with a url, or set ROWBACK_DATABASES_NAME_URL.");
        }
        requireOwnSlots(databases.values());
        return new Config(
                databases,
                path(ConfigKey.STORE_DIR, named(ConfigKey.STORE_DIR, "")),
                values.bytes(ConfigKey.STORE_MIN_FREE, ""),
                http(),
                new Config.Log(either(ConfigKey.LOG_FORMAT, "json"), either(ConfigKey.LOG_LEVEL, "debug")));
    }

    /** Whether a key has that value and not its default, of which one must be. */
    private boolean either(ConfigKey key, String other) {
        String value = values.text(key, "");
        if (!value.equals(other) && !value.equals(key.preset())) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    key.path() + " is " + value,
                    "It is either " + key.preset() + " or " + other + ".");
        }
        return value.equals(other);
    }

    /** The value of a key that stands for something that has a name. */
    private String named(ConfigKey key, String database) {
        String value = values.text(key, database);
        if (value.isBlank()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    key.of(database) + " is empty",
                    "Leave it out for " + key.preset() + ", in the environment too.");
        }
        return value;
    }

    private Config.Http http() {
        return new Config.Http(
                values.text(ConfigKey.HTTP_LISTEN, ""),
                values.find(ConfigKey.HTTP_TOKEN, "")
                        .map(secret -> secret.values().get(0))
                        .orElse(null),
                file(ConfigKey.HTTP_TOKEN_FILE),
                file(ConfigKey.HTTP_CERTIFICATE),
                file(ConfigKey.HTTP_KEY));
    }

    private @Nullable Path file(ConfigKey key) {
        String name = values.text(key, "");
        return name.isEmpty() ? null : path(key, name);
    }

    /** One that means the same wherever daemon and operators start their programs. */
    private static Path path(ConfigKey key, String name) {
        Path path = Path.of(name);
        if (!path.isAbsolute()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    key.path() + " is " + name + ", another place in each working directory",
                    "Write the whole path, from / on.");
        }
        return path;
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
        String url = values.find(ConfigKey.URL, name)
                .map(setting -> setting.values().get(0))
                .orElseThrow(() -> new RowbackException(
                        ErrorCode.USAGE,
                        "database " + name + " has no url",
                        "Set " + ConfigKey.URL.of(name) + " or " + ConfigKey.URL.variable(name) + "."));
        ConnectionSettings connection =
                naming(ConfigKey.URL, name, () -> ConnectionSettings.parse(url, values.environment()));
        return new Config.Database(
                name,
                values.find(ConfigKey.PASSWORD, name)
                        .map(secret -> connection.withPassword(secret.values().get(0)))
                        .orElse(connection),
                named(ConfigKey.PUBLICATION, name),
                slot(name),
                patterns(ConfigKey.INCLUDE, name),
                patterns(ConfigKey.EXCLUDE, name),
                values.bytes(ConfigKey.WAL_WARN, name),
                values.bytes(ConfigKey.WAL_LIMIT, name),
                new Retention(values.time(ConfigKey.RETENTION, name), values.bytes(ConfigKey.MAX_SIZE, name)));
    }

    private String slot(String name) {
        String slot = values.text(ConfigKey.SLOT, name);
        if (!SLOT_NAME.matcher(slot).matches()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "not a name for a replication slot: " + slot,
                    "Set " + ConfigKey.SLOT.of(name) + " to at most 63 small letters, digits and underscores.");
        }
        return slot;
    }

    private List<TablePattern> patterns(ConfigKey key, String name) {
        return naming(key, name, () -> values.list(key, name).stream()
                .map(TablePattern::parse)
                .toList());
    }

    /** Says of which key something is wrong: there may be several databases. */
    private static <T> T naming(ConfigKey key, String name, Supplier<T> parsed) {
        try {
            return parsed.get();
        } catch (RowbackException e) {
            throw new RowbackException(e.code(), key.of(name) + ": " + e.getMessage(), e.hint());
        }
    }
}
