package io.rowback.daemon.capture;

import io.rowback.daemon.tables.LogEnd;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The server failed to decode a change, a value over its limit of 1 GB for a message, say. It will fail at the same place
 * whenever the slot is read, so this is not a matter of time.
 */
final class DecodingFailure {
    /** What the server says of where it was, in any language. */
    private static final Pattern CONTEXT = Pattern.compile("\"pgoutput\".* ([0-9A-F]+/[0-9A-F]+)");
    /** The first characters of SQLSTATEs that pass, or that mean something else: cut off, no room, stopping, no such object. */
    private static final Set<String> OTHERS = Set.of("08", "53", "57", "42");

    private DecodingFailure() {}

    /**
     * The failure for an operator; empty if it is of another kind.
     *
     * @param commit the commit of the transaction that was being sent, null if none was
     * @param asking an ordinary connection
     */
    static Optional<RowbackException> of(SQLException failure, @Nullable Lsn commit, Connection asking)
            throws SQLException {
        ServerErrorMessage message = failure instanceof PSQLException told ? told.getServerErrorMessage() : null;
        if (message == null
                || message.getWhere() == null
                || OTHERS.contains(String.valueOf(failure.getSQLState()).substring(0, 2))) {
            return Optional.empty();
        }
        Matcher context = CONTEXT.matcher(String.valueOf(message.getWhere()));
        if (!context.find()) {
            return Optional.empty();
        }
        String what = commit == null
                ? "a change at LSN " + context.group(1)
                : "the transaction that commits at LSN " + commit;
        String scope = commit == null
                ? LogEnd.read(asking).lsn() + " gives up all that was committed by now, since nothing tells where its"
                        + " transaction ends"
                : commit + " gives this transaction up";
        return Optional.of(new RowbackException(
                ErrorCode.FAILED,
                "the server cannot decode " + what + ": " + message.getMessage(),
                "If it fails there again, rowbackd skip " + scope + "; the gap is recorded and every table read anew.",
                failure));
    }
}
