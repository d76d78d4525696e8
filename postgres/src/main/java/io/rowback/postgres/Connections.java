package io.rowback.postgres;

import static java.util.Map.entry;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.FileNotFoundException;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens connections to one database, each with {@link SessionSettings} pinned whatever role and database prescribe. */
public final class Connections {
    private static final Set<String> OWN_PATH = Set.of("search_path");
    private static final int CONNECT_TIMEOUT_SECONDS = 10;
    private static final int LOGIN_TIMEOUT_SECONDS = 20;
    private static final int CANCEL_TIMEOUT_SECONDS = 2;

    /** What the driver says of a server that it reached but cannot log in to: no password was found, or no TLS is spoken. */
    private static final String REJECTED = "08004";

    private static final String REJECTED_HINT =
            "Give the password in ~/.pgpass, which its owner alone may read, or as the README tells; check sslmode.";

    private static final String TLS_HINT =
            "TLS failed: sslrootcert must hold the authority that signed the server's certificate, which with sslmode"
                    + " verify-full must name the host of the url; sslcert and sslkey must belong together, the key in"
                    + " PKCS-8 (BEGIN PRIVATE KEY) and readable by its owner alone.";

    private static final String POOLER_HINT =
            "What answers is perhaps a pooler, PgBouncer say, and passes on neither session settings nor replication: let"
                    + " the url lead to the server itself.";

    /** What to do about a failure, by the beginning of its SQLSTATE. */
    private static final Map<String, String> HINTS = Map.ofEntries(
            entry("08", "Is the server running, and do host, port and TLS settings in the database's url lead to it?"),
            // A startup parameter that is not understood.
            entry("08P01", POOLER_HINT),
            entry("57P", "The server is starting or stopping; try again when it is up."),
            entry("53300", "The server has no connection or no walsender left; raise what it names, or free some."),
            entry(
                    "28",
                    "Check role and password, and that pg_hba.conf lets the role in. A password file is read at each"
                            + " attempt; a password from elsewhere when the process starts."),
            entry("3D000", "There is no such database; check the name at the end of the url."),
            entry(
                    "55006",
                    "Another process reads the slot: stop it, or wait until the server has noticed that it is gone."),
            entry(
                    "55P03",
                    "Another session holds a lock on it: pg_catalog.pg_locks names it. Try again when it is done."),
            entry(
                    "42704",
                    "A publication that was dropped is made again, if the role may; what was changed meanwhile is recorded"
                            + " as a gap, and the tables are read anew."),
            entry("42501", "The role lacks a privilege; `rowbackd setup-sql` prints what a DBA runs once."));

    /** The SQLSTATEs among them that a server sends which had let us in. */
    private static final Set<String> REACHED = Set.of("42501", "42704", "55006", "55P03");

    /** A role's limits are meant for its own statements; a baseline would never come to its end under them. */
    private static final String NO_TIMEOUTS =
            " -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";

    /**
     * Those that not every version knows: as startup options they would have an older server refuse the connection. Also run
     * under a search path that is not ours, in which pg_catalog need not come first.
     */
    private static final String NO_NEWER_TIMEOUTS =
            "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
                    + " WHERE name OPERATOR(pg_catalog.=)"
                    + " ANY (ARRAY['idle_session_timeout', 'transaction_timeout']::pg_catalog.text[])";

    private final ConnectionSettings settings;
    private final String applicationName;
    private final Duration patience;

    /** Connections that wait for the server's answer as long as it takes. */
    public Connections(ConnectionSettings settings, String applicationName) {
        this(settings, applicationName, Duration.ZERO);
    }

    private Connections(ConnectionSettings settings, String applicationName, Duration patience) {
        this.settings = settings;
        this.applicationName = applicationName;
        this.patience = patience;
    }

    /** The same, but a server that says nothing for that long while it should counts as lost. */
    public Connections answeringWithin(Duration time) {
        return new Connections(settings, applicationName, time);
    }

    /** Where the connections lead. */
    public ConnectionSettings settings() {
        return settings;
    }

    /**
     * An ordinary connection, in autocommit mode. The caller closes it.
     *
     * @throws RowbackException of code REFUSED if something in between dropped the pinned settings
     */
    public Connection open() throws SQLException {
        return open(driverProperties(), Set.of());
    }

    /**
     * The same with the search path that the role or the database prescribes, for what names something unqualified, as an
     * application's triggers do. Our own statements set another or are written so that it does not matter.
     */
    public Connection openWithOwnPath() throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("options", startupOptions(OWN_PATH));
        return open(properties, OWN_PATH);
    }

    /** A walsender of this database: it takes replication commands and simple queries. The caller closes it. */
    public Connection openReplication() throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        return open(properties, Set.of());
    }

    /** What the driver is given: role, password, TLS and the pinned settings. */
    public Properties driverProperties() {
        Properties properties = new Properties();
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
        properties.setProperty("loginTimeout", Integer.toString(LOGIN_TIMEOUT_SECONDS));
        properties.setProperty("cancelSignalTimeout", Integer.toString(CANCEL_TIMEOUT_SECONDS));
        properties.setProperty("socketTimeout", Long.toString(patience.toSeconds()));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("assumeMinServerVersion", "14");
        settings.driverProperties().forEach(properties::setProperty);
        properties.setProperty("user", settings.user());
        String password = settings.driverPassword();
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("options", startupOptions(Set.of()));
        return properties;
    }

    private Connection open(Properties properties, Set<String> unpinned) throws SQLException {
        Connection connection = DriverManager.getConnection(settings.jdbcUrl(), properties);
        try (Statement statement = connection.createStatement()) {
            // The driver sends the zone of this process with the startup packet, where it outranks the options.
            statement.execute("SET TimeZone TO 'UTC'");
            statement.execute(NO_NEWER_TIMEOUTS);
            requirePinned(statement, unpinned);
            return connection;
        } catch (SQLException | RowbackException e) {
            connection.close();
            throw e;
        }
    }

    /** Under other settings values would be read in other words than they are stored in, and told as changed or lost. */
    private void requirePinned(Statement statement, Set<String> unpinned) throws SQLException {
        String wanted = pinned(unpinned)
                .map(setting ->
                        "(" + Literals.quote(setting.getKey()) + ", " + Literals.quote(setting.getValue()) + ")")
                .collect(Collectors.joining(", "));
        // DateStyle has a second part, which says how dates are read.
        try (ResultSet row = statement.executeQuery("SELECT pg_catalog.string_agg(name, ', ')"
                + " FROM (VALUES " + wanted + ") pinned (name, value)"
                + " WHERE pg_catalog.split_part(pg_catalog.current_setting(name), ',', 1)"
                + " OPERATOR(pg_catalog.<>) value")) {
            row.next();
            String others = row.getString(1);
            if (others != null) {
                throw new RowbackException(
                        ErrorCode.REFUSED,
                        "the session at " + settings + " has settings of others: " + others,
                        POOLER_HINT);
            }
        }
    }

    private static Stream<Map.Entry<String, String>> pinned(Set<String> without) {
        return SessionSettings.pinned().entrySet().stream().filter(setting -> !without.contains(setting.getKey()));
    }

    private static String startupOptions(Set<String> without) {
        return pinned(without)
                .map(setting ->
                        "-c " + setting.getKey() + "=" + setting.getValue().replace(" ", "\\ "))
                .collect(Collectors.joining(" ", "", NO_TIMEOUTS));
    }

    /** What a failure means for the operator: unreachable, refused, or anything else with the server's own words. */
    public RowbackException explain(String attempt, SQLException failure) {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        String message = attempt + " " + settings + " failed: " + oneLine(failure.getMessage());
        String hint = HINTS.entrySet().stream()
                .filter(entry -> state.startsWith(entry.getKey()))
                .max(Comparator.comparing(entry -> entry.getKey().length()))
                .map(Map.Entry::getValue)
                .orElse(null);
        ErrorCode code = hint == null || REACHED.contains(state) ? ErrorCode.FAILED : ErrorCode.NO_POSTGRES;
        if (isTls(failure)) {
            hint = TLS_HINT;
        } else if (state.equals(REJECTED)) {
            hint = PasswordFile.openToOthers(System.getenv())
                    .map(file -> "The password file is not read, since others may: chmod 600 " + file)
                    .orElse(REJECTED_HINT);
        }
        return new RowbackException(code, message, hint, failure);
    }

    private static boolean isTls(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException
                    || cause instanceof GeneralSecurityException
                    // Of a certificate or key.
                    || cause instanceof FileNotFoundException) {
                return true;
            }
        }
        return false;
    }

    private static String oneLine(@Nullable String text) {
        return text == null ? "no message" : text.replaceAll("\\s*\\R\\s*", "; ");
    }
}
