package io.rowback.restore.drill;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Why a restore could not be tried in the scratch database, for people and for logs: it holds no values of columns. */
final class UntriedException extends Exception {
    private static final long serialVersionUID = 1L;

    UntriedException(String reason) {
        super(reason);
    }

    /** What the server said of a statement, without what it quotes of a row. */
    static String reason(SQLException failure) {
        ServerErrorMessage said = failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
        String state = String.valueOf(failure.getSQLState());
        if (said == null || !(state.startsWith("22") || state.startsWith("23"))) {
            return String.valueOf(said == null ? failure.getMessage() : said.getMessage());
        }
        StringBuilder reason = new StringBuilder("the server does not take a value, SQLSTATE " + state);
        append(reason, "table", said.getTable());
        append(reason, "column", said.getColumn());
        append(reason, "constraint", said.getConstraint());
        return reason.toString();
    }

    private static void append(StringBuilder reason, String what, @Nullable String name) {
        if (name != null) {
            reason.append(", ").append(what).append(' ').append(name);
        }
    }
}
