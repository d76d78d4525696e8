package io.rowback.restore.live;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import io.rowback.restore.sql.RestoreScript;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;

/**
 * A COMMIT whose answer never came. Whether it happened is asked over a new connection. The server's word for the id counts
 * where it says that it did not; a server that crashed may have handed out the id again, so that it did is believed only if
 * the rows hold what was written.
 */
final class UnansweredCommit {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE_MILLIS = 200;

    /** The part of a script that looks at the rows and changes none. */
    private static final Set<Phase> LOOKING = Set.of(Phase.BEGIN, Phase.SETTINGS, Phase.LOAD, Phase.VERIFY);

    private final Connections connections;
    private final RestoreScript script;
    private final String transaction;

    UnansweredCommit(Connections connections, RestoreScript script, String transaction) {
        this.connections = connections;
        this.script = script;
        this.transaction = transaction;
    }

    /**
     * The id of the transaction, which is committed.
     *
     * @throws RowbackException of code NO_POSTGRES if it is not, of code FAILED if that cannot be told
     */
    String transaction() {
        String status = status();
        if ("committed".equals(status) && rowsHoldWhatWasWritten()) {
            return transaction;
        }
        if ("committed".equals(status) || "in progress".equals(status) || "unreachable".equals(status)) {
            throw new RowbackException(
                    ErrorCode.FAILED,
                    "the connection was lost at COMMIT of transaction " + transaction
                            + ", and whether it was committed cannot be told: it is " + status
                            + ("committed".equals(status)
                                    ? ", but the rows are not seen to hold what was written"
                                    : ""),
                    "Look at the rows, or apply again: what is there already is left as it is.");
        }
        throw new RowbackException(
                ErrorCode.NO_POSTGRES,
                "the connection was lost at COMMIT of transaction " + transaction
                        + ", which was not committed; nothing was written",
                "Apply again.");
    }

    /** What the server says of the id, as soon as it is there and has decided. */
    private String status() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String status;
        do {
            status = statusNow();
            if (!status.equals("in progress") && !status.equals("unreachable")) {
                return status;
            }
            pause();
        } while (System.nanoTime() < end);
        return status;
    }

    private String statusNow() {
        try (Connection connection = connections.open();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_xact_status('" + transaction + "')")) {
            row.next();
            String status = row.getString(1);
            // So old that the server has forgotten it, of an id of a moment ago: it never was.
            return status == null ? "forgotten" : status;
        } catch (SQLException e) {
            // An id that the server has not handed out yet, by its own account, is one that it lost in a crash.
            return "22023".equals(e.getSQLState()) ? "in the future" : "unreachable";
        }
    }

    private boolean rowsHoldWhatWasWritten() {
        try (Connection connection = connections.openWithOwnPath();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            script.<SQLException>statements(next -> {
                if (LOOKING.contains(next.phase())) {
                    statement.execute(next.sql());
                }
            });
            statement.execute("ROLLBACK");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RowbackException(
                    ErrorCode.INTERRUPTED,
                    "interrupted before it was known whether the restore was committed",
                    null,
                    e);
        }
    }
}
