package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.live.LiveDatabase;
import java.io.Console;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a live database and say how a plan meets it. */
final class TargetOptions {
    private static final String PASSWORD = "ROWBACK_TARGET_PASSWORD";

    /** What a server, or the driver, says that wants a password or another one. */
    private static final Set<String> PASSWORD_WANTED = Set.of("28P01", "08004");

    @Option(
            names = "--target",
            paramLabel = "URL",
            description =
                    "Compare with the rows of this database, in libpq's or JDBC's form, or of a configured one by its"
                            + " name. The password comes from ~/.pgpass, from ROWBACK_TARGET_PASSWORD or is asked for.")
    private @Nullable String target;

    @Option(
            names = "--copy",
            description =
                    "The target is a copy of the captured database, loaded from a dump say: its tables and columns are"
                            + " found by name.")
    private boolean copy;

    @SuppressWarnings("NullAway.Init") // picocli sets the options before it calls the command
    TargetOptions() {}

    /** Whether a database is named. */
    boolean named() {
        return target != null;
    }

    /**
     * Checks the options.
     *
     * @throws RowbackException of code USAGE if they contradict each other
     */
    void check() {
        if (target == null && copy) {
            throw StoreCommand.usage("--copy is about a database that is not named", "Name it by --target URL.");
        }
    }

    /**
     * Connects to the database and takes a snapshot of it; asks for a password if one is wanted and somebody is there to
     * type it.
     *
     * @throws RowbackException of code USAGE if the URL is wrong or holds a password, NO_POSTGRES if it cannot be reached
     */
    LiveDatabase open(Rowback root, StoreInfo history) {
        ConnectionSettings settings = settings(root);
        try {
            return open(settings, history);
        } catch (RowbackException e) {
            Optional<Console> terminal = Terminal.of();
            boolean wanted =
                    e.getCause() instanceof SQLException cause && PASSWORD_WANTED.contains(cause.getSQLState());
            if (terminal.isEmpty() || !wanted || settings.password() != null) {
                throw e;
            }
            char[] typed = terminal.get().readPassword("Password for %s: ", settings);
            return open(settings.withPassword(typed == null ? "" : new String(typed)), history);
        }
    }

    private LiveDatabase open(ConnectionSettings settings, StoreInfo history) {
        return LiveDatabase.open(new Connections(settings, "rowback"), history, copy);
    }

    private ConnectionSettings settings(Rowback root) {
        return settings(root, "--target", String.valueOf(target), PASSWORD);
    }

    /**
     * Where an option's URL, or the name of a configured database, leads.
     *
     * @param password the environment's variable that may hold the password
     * @throws RowbackException of code USAGE if the URL is wrong or holds a password
     */
    static ConnectionSettings settings(Rowback root, String option, String named, String password) {
        if (!named.contains(":")) {
            return root.configuration().database(named).connection();
        }
        ConnectionSettings settings = ConnectionSettings.parse(named);
        if (settings.password() != null || settings.driverProperties().containsKey("sslpassword")) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "the url of " + option + " holds a password, which every process of this machine can read there",
                    "Take it out and give it in ~/.pgpass or in the environment as " + password
                            + ". A key's sslpassword: in the configuration.");
        }
        String secret = root.environment(password);
        return secret == null ? settings : settings.withPassword(secret);
    }
}
