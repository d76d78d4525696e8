package io.rowback.postgres;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Every key that the configuration knows, with its kind, default and meaning: the one table that reading, {@code rowbackd
 * config} and the documents are made from or tested against.
 */
public enum ConfigKey {
    URL(
            "databases.NAME.url",
            Kind.TEXT,
            null,
            "where the database is, in libpq's or JDBC's form; the password is better kept elsewhere"),
    PASSWORD(
            "databases.NAME.password",
            Kind.SECRET,
            null,
            "of the role in the url, where the password file (~/.pgpass) does not have it"),
    PUBLICATION(
            "databases.NAME.publication", Kind.TEXT, "rowback", "made and kept up by the daemon where its role may"),
    SLOT("databases.NAME.slot", Kind.TEXT, "rowback_NAME", "the replication slot, one for each database of a server"),
    INCLUDE("databases.NAME.include", Kind.LIST, "*.*", "tables to capture, schema.table with * for any text"),
    EXCLUDE("databases.NAME.exclude", Kind.LIST, "", "tables to leave out although included"),
    WAL_WARN(
            "databases.NAME.wal_warn",
            Kind.SIZE,
            "10GB",
            "so much log that the server keeps for the slot is worth a warning"),
    WAL_LIMIT(
            "databases.NAME.wal_limit",
            Kind.SIZE,
            "0",
            "above so much (50GB) the slot is given up and made anew: a gap instead of a full disk; 0 for never"),
    RETENTION(
            "databases.NAME.retention",
            Kind.TIME,
            "0",
            "changes older than this (90d) are dropped, rows that live keep what they hold; 0 for never"),
    MAX_SIZE(
            "databases.NAME.max_size",
            Kind.SIZE,
            "0",
            "the oldest changes are dropped while the store takes more than this (200GB); 0 for no limit"),
    STORE_DIR(
            "store.dir",
            Kind.TEXT,
            "/var/lib/rowback",
            "one folder per database below it, readable by the daemon's account alone"),
    STORE_MIN_FREE(
            "store.min_free",
            Kind.SIZE,
            "1GB",
            "nothing more is stored while its disk has less room than this, and below twice as much is a warning; 0 for never"),
    HTTP_LISTEN(
            "http.listen",
            Kind.TEXT,
            "127.0.0.1:9187",
            "/metrics for Prometheus, /health and /ready; an empty text switches it off"),
    HTTP_TOKEN(
            "http.token",
            Kind.SECRET,
            null,
            "who asks over HTTP must have it, as a bearer token; with one and TLS, http.listen may be any address"),
    HTTP_TOKEN_FILE("http.token_file", Kind.TEXT, "", "a file that has the token, where nothing else sets it"),
    HTTP_CERTIFICATE("http.certificate", Kind.TEXT, "", "PEM file with the certificate and its chain, for TLS"),
    HTTP_KEY("http.key", Kind.TEXT, "", "PEM file with its private key, PKCS #8 without a password"),
    LOG_FORMAT("log.format", Kind.TEXT, "text", "text, for people and the journal; or json, a document a line"),
    LOG_LEVEL("log.level", Kind.TEXT, "info", "info; or debug, far more, with no values of rows either");

    /** What a key's value is. */
    public enum Kind {
        /** Any text. */
        TEXT,
        /** Texts; in the environment with commas between. */
        LIST,
        /** Bytes, written as {@code 512MB}; see {@link Quantity#bytes}. */
        SIZE,
        /** A span of time, written as {@code 30d}; see {@link Quantity#time}. */
        TIME,
        /** Never in the file, which other accounts may read, and never shown: from the environment or a systemd credential. */
        SECRET
    }

    /** Stands for a database's name in the keys of one and in their defaults. */
    public static final String NAME = "NAME";

    static final String VARIABLE_PREFIX = "ROWBACK_";

    /**
     * What begins as our variables do and is no key: what launchers and commands read, and what Kubernetes tells of a Service
     * that is called rowback.
     */
    private static final Pattern NO_KEY = Pattern.compile(VARIABLE_PREFIX
            + "(JAVA_OPTS|STORE|TARGET_PASSWORD|SCRATCH_PASSWORD|POSTGRES_BIN|SERVICE_HOST|(SERVICE_)?PORT(_.+)?)");

    private final String path;
    private final Kind kind;
    private final @Nullable String preset;
    private final String meaning;
    private final Pattern variable;

    ConfigKey(String path, Kind kind, @Nullable String preset, String meaning) {
        this.path = path;
        this.kind = kind;
        this.preset = preset;
        this.meaning = meaning;
        this.variable = Pattern.compile(variable(NAME).replace("_" + NAME + "_", "_(.+)_"));
    }

    /** The key as documents write it, {@code databases.NAME.url}. */
    public String path() {
        return path;
    }

    /** What its value is. */
    public Kind kind() {
        return kind;
    }

    /** What holds if nobody sets it, {@link #NAME} standing for the database's; null if there is nothing then. */
    public @Nullable String preset() {
        return preset;
    }

    /** What it is for, in a few words. */
    public String meaning() {
        return meaning;
    }

    /** Whether each database has its own. */
    public boolean ofDatabase() {
        return path.contains("." + NAME + ".");
    }

    /** The key of one database; of those that belong to none the key itself. */
    public String of(String database) {
        return path.replace("." + NAME + ".", "." + database + ".");
    }

    /** The environment's variable that sets it for a database. */
    public String variable(String database) {
        return VARIABLE_PREFIX + of(database).replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /** What the systemd credential is called that sets a secret. */
    public String credential(String database) {
        return of(database).replaceFirst("^databases\\.", "");
    }

    /** A key and the database that it is meant for, an empty name for those that belong to none. */
    record Use(ConfigKey key, String database) {}

    /** What a key of the file means; null if it is none of ours. */
    static @Nullable Use find(String written) {
        String[] parts = written.split("\\.", -1);
        String middle = parts.length == 3 ? parts[1] : "";
        return Arrays.stream(values())
                .map(key -> new Use(key, key.ofDatabase() ? middle : ""))
                .filter(use -> use.key().of(use.database()).equals(written))
                .findFirst()
                .orElse(null);
    }

    /** What a variable of the environment means; null if it is none of ours. */
    static @Nullable Use findVariable(String name) {
        return Arrays.stream(values())
                .map(key -> use(key, key.variable.matcher(name)))
                .filter(use -> use != null)
                // Where one key ends with another, the longer one is meant.
                .min(Comparator.comparing(use -> use.database().length()))
                .orElse(null);
    }

    private static @Nullable Use use(ConfigKey key, Matcher variable) {
        if (!variable.matches()) {
            return null;
        }
        return new Use(key, key.ofDatabase() ? variable.group(1).toLowerCase(Locale.ROOT) : "");
    }

    /** Whether a variable is meant for us, right or wrong. */
    static boolean claims(String name) {
        return name.startsWith(VARIABLE_PREFIX) && !NO_KEY.matcher(name).matches();
    }

    /** Every key as it is for a database. */
    static List<String> all(String database) {
        return Arrays.stream(values()).map(key -> key.of(database)).toList();
    }
}
