package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** What a failure of the capture means: whether time heals it, and what an operator reads. */
final class Failures {
    /**
     * SQLSTATEs that pass: the server stops or starts, has no room now, has not noticed that our predecessor is gone, or
     * somebody holds a lock or has cancelled our query.
     */
    private static final Set<String> PASSING = Set.of(
            "57P01", "57P02", "57P03", "57P05", "53100", "53200", "53300", "53400", "55006", "55P03", "40P01", "57014");

    /** What a look at the catalog may meet: a lock that somebody holds, a deadlock, a cancelled query, a table just dropped. */
    private static final Set<String> MET_BY_A_LOOK = Set.of("55P03", "40P01", "57014", "XX000");

    private static final String UNDEFINED_OBJECT = "42704";

    private Failures() {}

    /**
     * Whether the same may succeed later, once it has before: whatever passes by itself, a server that cannot be reached,
     * and a password that was changed there before it was changed here.
     */
    static boolean heals(Throwable failure) {
        if (find(failure, RowbackException.class).isPresent()) {
            return false;
        }
        String state = state(failure);
        return state == null
                ? find(failure, IOException.class).isPresent()
                : isEndOfStream(failure) || state.startsWith("08") || state.startsWith("28") || PASSING.contains(state);
    }

    /**
     * Whether the driver, not the server, says so of a stream that the server has ended: it does where it was about to
     * tell the server a position, instead of what ended the stream.
     */
    private static boolean isEndOfStream(Throwable failure) {
        return find(failure, PSQLException.class)
                .filter(sql -> PSQLState.OBJECT_NOT_IN_STATE.getState().equals(sql.getSQLState()))
                .filter(sql -> sql.getServerErrorMessage() == null)
                .isPresent();
    }

    /** Whether it passes by itself. */
    static boolean passes(Throwable failure) {
        return PASSING.contains(String.valueOf(state(failure)));
    }

    /** Whether it concerns one look at the catalog only, so that the next may succeed on the same connection. */
    static boolean concernsOneLook(SQLException failure) {
        return MET_BY_A_LOOK.contains(String.valueOf(failure.getSQLState()));
    }

    /** Whether the server has come to a place in its log where there was no publication of that name. */
    static boolean isMissing(String publication, Throwable failure) {
        // The same state is sent for a slot; and the message's words depend on the server's language.
        Pattern name = Pattern.compile("(?<!\\w)" + Pattern.quote(publication) + "(?!\\w)");
        return UNDEFINED_OBJECT.equals(state(failure))
                && find(failure, SQLException.class)
                        .map(sql -> String.valueOf(sql.getMessage()))
                        .filter(message -> name.matcher(message).find())
                        .isPresent();
    }

    private static @Nullable String state(Throwable failure) {
        return find(failure, SQLException.class)
                .map(sql -> String.valueOf(sql.getSQLState()))
                .orElse(null);
    }

    /** The failure as an operator reads it. */
    static RowbackException explain(String attempt, Connections connections, Throwable failure) {
        Optional<RowbackException> explained = find(failure, RowbackException.class);
        if (explained.isPresent()) {
            return explained.get();
        }
        Optional<SQLException> sql = find(failure, SQLException.class);
        if (sql.isPresent()) {
            return connections.explain(attempt, sql.get());
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new RowbackException(
                ErrorCode.FAILED,
                attempt + " " + connections.settings() + " failed: " + root,
                "What was stored is safe; the log of the server is kept until this is mended.",
                failure);
    }

    private static <T extends Throwable> Optional<T> find(@Nullable Throwable failure, Class<T> kind) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return Optional.of(kind.cast(cause));
            }
        }
        return Optional.empty();
    }
}
