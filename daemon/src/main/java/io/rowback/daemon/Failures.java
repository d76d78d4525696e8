package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a failure of the capture means: whether time heals it, and what an operator reads. */
final class Failures {
    /** SQLSTATEs that pass: the server stops or starts, has no room now, or has not noticed that our predecessor is gone. */
    private static final Set<String> PASSING = Set.of("57P01", "57P02", "57P03", "57P05", "53300", "55006", "55P03");

    private Failures() {}

    /** Whether the same may succeed later without anybody's doing. */
    static boolean heals(Throwable failure) {
        if (find(failure, RowbackException.class).isPresent()) {
            return false;
        }
        Optional<SQLException> sql = find(failure, SQLException.class);
        if (sql.isPresent()) {
            String state = String.valueOf(sql.get().getSQLState());
            return state.startsWith("08") || PASSING.contains(state);
        }
        return find(failure, IOException.class).isPresent();
    }

    /** The failure as an operator reads it. */
    static RowbackException explain(Connections connections, Throwable failure) {
        Optional<RowbackException> explained = find(failure, RowbackException.class);
        if (explained.isPresent()) {
            return explained.get();
        }
        Optional<SQLException> sql = find(failure, SQLException.class);
        if (sql.isPresent()) {
            return connections.explain("capturing", sql.get());
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new RowbackException(
                ErrorCode.FAILED,
                "capturing " + connections.settings() + " failed: " + root,
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
