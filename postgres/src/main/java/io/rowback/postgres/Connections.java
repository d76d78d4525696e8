package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.FileNotFoundException;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens connections to one database, each with {@link SessionSettings} pinned whatever role and database prescribe. */
public final class Connections {
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

    /** What to do about a failure, by the beginning of its SQLSTATE. */
    private static final Map<String, String> HINTS = Map.of(
            "08", "Is the server running, and do host, port and TLS settings in the database's url lead to it?",
            "57P", "The server is starting or stopping; try again when it is up.",
            "53300", "The server has no connection or no walsender left; raise what it names, or free some.",
            "28",
                    "Check role and password, and that pg_hba.conf lets the role in. A password file is read at each"
                            + " attempt; a password from elsewhere when the process starts.",
            "3D000", "There is no such database; check the name at the end of the url.",
            "55006", "Another process reads the slot: stop it, or wait until the server has noticed that it is gone.",
            "55P03", "Another session holds a lock on it: pg_catalog.pg_locks names it. Try again when it is done.",
            "42704",
                    "A publication that was dropped is made again, if the role may; what was changed meanwhile is recorded"
                            + " as a gap, and the tables are read anew.",
            "42501", "The role lacks a privilege; `rowbackd setup-sql` prints what a DBA runs once.");

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

    /** An ordinary connection, in autocommit mode. The caller closes it. */
    public Connection open() throws SQLException {
        return open(driverProperties());
    }

    /**
     * The same with the search path that the role or the database prescribes, for what names something unqualified, as an
     * application's triggers do. Our own statements set another or are written so that it does not matter.
     */
    public Connection openWithOwnPath() throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("options", startupOptions(Set.of("search_path")));
        return open(properties);
    }

    /** A walsender of this database: it takes replication commands and simple queries. The caller closes it. */
    public Connection openReplication() throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        return open(properties);
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

    private Connection open(Properties properties) throws SQLException {
        Connection connection = DriverManager.getConnection(settings.jdbcUrl(), properties);
        try (Statement statement = connection.createStatement()) {
            // The driver sends the zone of this process with the startup packet, where it outranks the options.
            statement.execute("SET TimeZone TO 'UTC'");
            statement.execute(NO_NEWER_TIMEOUTS);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static String startupOptions(Set<String> without) {
        return SessionSettings.pinned().entrySet().stream()
                .filter(setting -> !without.contains(setting.getKey()))
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
                .map(Map.Entry::getValue)
                .findFirst()
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
