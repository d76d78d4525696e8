package io.rowback.restore.live;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.RestoreScript;
import io.rowback.restore.sql.RowLoad;
import io.rowback.restore.sql.ScriptSink;
import io.rowback.restore.sql.ScriptStatement;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Writes a plan to a live database: the very statements of its script, in one transaction, but that what is loaded into temporary
 * tables comes by COPY. {@link #interrupt} may be called
 * by any thread, everything else by one.
 */
public final class Restoration {
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String QUERY_CANCELED = "57014";

    private static final int COPIED_AT_ONCE = 1 << 16;

    private final Connections connections;
    private final RestoreScript script;
    private final Consumer<ScriptStatement> progress;
    private final Object lock = new Object();
    private @Nullable PGConnection running;
    private boolean interrupted;
    private String committing = "";
    /** The row that is being written, where it is one. */
    private String writing = "";

    /**
     * A restoration that has not begun.
     *
     * @param progress is told of each statement that was executed
     */
    public Restoration(Connections connections, RestorePlan plan, Consumer<ScriptStatement> progress) {
        this.connections = connections;
        this.script = new RestoreScript(plan);
        this.progress = progress;
    }

    /**
     * Writes the plan; returns the 64-bit id of the transaction once it is committed.
     *
     * @throws RowbackException if nothing was written: of code REFUSED if the server refused a statement or a row is not what
     *     the plan expects, NO_POSTGRES if it cannot be reached or was lost, INTERRUPTED; and of code FAILED if it was lost at
     *     COMMIT and nobody can tell what became of that
     */
    public String run() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            script.statements(new Server(connection.unwrap(PGConnection.class), statement));
            return committing;
        } catch (SQLException e) {
            if (!committing.isEmpty() && isLost(e)) {
                return new UnansweredCommit(connections, script, committing).transaction();
            }
            throw failure(e);
        }
    }

    private Connection connect() {
        try {
            return connections.openWithOwnPath();
        } catch (SQLException e) {
            throw connections.explain("connecting to", e);
        }
    }

    /** The server that executes the script. */
    private final class Server implements ScriptSink<SQLException> {
        private final PGConnection connection;
        private final Statement statement;

        Server(PGConnection connection, Statement statement) {
            this.connection = connection;
            this.statement = statement;
        }

        @Override
        public void take(ScriptStatement next) throws SQLException {
            String transaction = next.phase() == Phase.COMMIT ? transaction(statement) : "";
            begin(connection, transaction);
            boolean one = next.phase() == Phase.WRITE && next.rows() == 1;
            writing = one ? "; that was to write " + next.comment().get(0).replaceFirst("^-- ", "") : "";
            statement.execute(next.sql());
            progress.accept(next);
        }

        @Override
        public void load(RowLoad rows) throws SQLException {
            begin(connection, "");
            CopyIn copy = connection.getCopyAPI().copyIn(rows.copy());
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            for (int number = 1; number <= rows.size(); number++) {
                lines.writeBytes(rows.line(number));
                if (lines.size() >= COPIED_AT_ONCE || number == rows.size()) {
                    copy.writeToCopy(lines.toByteArray(), 0, lines.size());
                    lines.reset();
                }
            }
            copy.endCopy();
        }
    }

    /** Notes what is about to run, so that it can be cancelled: on that connection, unless it is the COMMIT of a transaction. */
    private void begin(PGConnection connection, String transaction) {
        synchronized (lock) {
            if (interrupted) {
                throw interruption(null);
            }
            // A COMMIT that is on its way is not cancelled: what becomes of it is told instead.
            running = transaction.isEmpty() ? connection : null;
            committing = transaction;
        }
    }

    private static String transaction(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_current_xact_id()::text")) {
            row.next();
            return row.getString(1);
        }
    }

    /** Ends it without anything written; returns false if that is too late, for it is being committed or is done. */
    public boolean interrupt() {
        synchronized (lock) {
            if (!committing.isEmpty()) {
                return false;
            }
            interrupted = true;
            if (running != null) {
                try {
                    running.cancelQuery();
                } catch (SQLException e) {
                    // The next statement is not begun, and a server that does not take this one's end notices ours.
                    running = null;
                }
            }
            return true;
        }
    }

    private RowbackException failure(SQLException failure) {
        synchronized (lock) {
            if (interrupted) {
                return interruption(failure);
            }
        }
        if (isLost(failure)) {
            RowbackException lost = connections.explain("writing to", failure);
            return new RowbackException(lost.code(), lost.getMessage() + "; nothing was written", lost.hint(), failure);
        }
        ServerErrorMessage said = failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
        String message = said == null ? failure.getMessage() : said.getMessage();
        String detail = said == null || said.getDetail() == null ? "" : ": " + said.getDetail();
        String hint = said == null ? null : said.getHint();
        return new RowbackException(
                ErrorCode.REFUSED,
                message + detail + writing + "; nothing was written",
                hint == null ? hint(String.valueOf(failure.getSQLState())) : hint,
                failure);
    }

    private static String hint(String state) {
        return switch (state) {
            case LOCK_NOT_AVAILABLE ->
                "Somebody else holds what is to be written: pg_stat_activity tells who. Apply again once they are done.";
            case QUERY_CANCELED ->
                "Somebody cancelled it, or one statement took longer than its statement_timeout allows: apply again when the"
                        + " server has less to do, or raise it in the script and run that with psql.";
            default -> "Compare and apply again, or leave the row out.";
        };
    }

    private static RowbackException interruption(@Nullable SQLException cause) {
        return new RowbackException(ErrorCode.INTERRUPTED, "interrupted; nothing was written", null, cause);
    }

    /** Whether the connection itself is what failed, so that nobody has answered. */
    static boolean isLost(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        // Of class 57P are the server's last words before it ends a session.
        return state.startsWith("08") || state.startsWith("57P");
    }
}
