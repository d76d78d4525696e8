package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.Retention;
import io.rowback.history.RowbackException;
import io.rowback.history.TableName;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What daemon and tool are told by the configuration file and the environment; {@link ConfigReader} reads it.
 *
 * @param databases the databases captured, by the name the configuration gives them, in its alphabetical order
 * @param storeDir the folder that holds one store per database
 * @param minFree nothing is stored while the disk of a store has fewer bytes left; 0 for never
 * @param http where and to whom metrics and health are served
 * @param log how the daemon tells its life
 */
public record Config(Map<String, Database> databases, Path storeDir, long minFree, Http http, Log log) {
    public Config {
        databases = Collections.unmodifiableMap(new TreeMap<>(databases));
    }

    /**
     * One captured database.
     *
     * @param name its name in the configuration
     * @param connection how to reach it
     * @param publication the publication that lists the captured tables
     * @param slot the replication slot
     * @param include tables to capture
     * @param exclude tables to leave out although included
     * @param walWarn so many bytes of log that the server keeps for the slot are worth a warning
     * @param walLimit above so many the slot is given up; 0 for never
     * @param retention how much of the past is kept
     */
    public record Database(
            String name,
            ConnectionSettings connection,
            String publication,
            String slot,
            List<TablePattern> include,
            List<TablePattern> exclude,
            long walWarn,
            long walLimit,
            Retention retention) {
        public Database {
            include = List.copyOf(include);
            exclude = List.copyOf(exclude);
        }

        /** Whether that table is to be captured. */
        public boolean wants(TableName table) {
            return include.stream().anyMatch(pattern -> pattern.matches(table))
                    && exclude.stream().noneMatch(pattern -> pattern.matches(table));
        }
    }

    /**
     * Where and to whom metrics and health are served.
     *
     * @param listen {@code host:port}; empty for nowhere
     * @param givenToken what environment or credential say that a request must bear; null if they say nothing
     * @param tokenFile the file that says it otherwise; null for none
     * @param certificate PEM file of certificate and chain; null for no TLS
     * @param key PEM file of its private key; null for no TLS
     */
    public record Http(
            String listen,
            @Nullable String givenToken,
            @Nullable Path tokenFile,
            @Nullable Path certificate,
            @Nullable Path key) {
        /**
         * What a request must bear, or null if it need not.
         *
         * @throws RowbackException of code USAGE if the file that has it cannot be read, or everybody may read it
         */
        public @Nullable String token() {
            if (givenToken != null || tokenFile == null) {
                return givenToken;
            }
            return SecretFile.read(ConfigKey.HTTP_TOKEN_FILE, tokenFile).strip();
        }

        /** Without the token. */
        @Override
        public String toString() {
            return listen;
        }
    }

    /**
     * How the daemon tells its life.
     *
     * @param json whether each line is a JSON document
     * @param debug whether it tells more than an operator needs
     */
    public record Log(boolean json, boolean debug) {}

    /** The databases' names, in alphabetical order. */
    public List<String> names() {
        return List.copyOf(databases.keySet());
    }

    /** The folder of one database's store. */
    public Path store(String database) {
        return storeDir.resolve(database);
    }

    /**
     * The database of that name, or with null the only one there is.
     *
     * @throws RowbackException of code USAGE if there is none of that name, or several and no name
     */
    public Database database(@Nullable String name) {
        List<String> names = names();
        String wanted = name == null && names.size() == 1 ? names.get(0) : name;
        Database database = wanted == null ? null : databases.get(wanted);
        if (database == null) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    name == null ? "several databases are configured" : "no database is configured as " + name,
                    "Name one with --db: " + String.join(", ", names) + ".");
        }
        return database;
    }
}
