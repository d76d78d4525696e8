package io.rowback.restore.sql;

import java.util.List;

/**
 * One SQL statement of a script.
 *
 * @param phase what it is for
 * @param comment what it does, for people; lines that begin with {@code --}
 * @param sql the statement without a semicolon at its end. It has no parameters, and question marks and braces in it are
 *     text: a driver must be kept from reading anything into them
 * @param rows how many rows of the plan it is about, 0 where it is not about rows
 */
public record ScriptStatement(Phase phase, List<String> comment, String sql, int rows) {
    public ScriptStatement {
        comment = List.copyOf(comment);
    }

    /** What statements are for, in the order in which they first come. */
    public enum Phase {
        /** Begins the transaction. */
        BEGIN,
        /** Settings of the transaction: how values are read and printed, how long it waits, where names are looked up. */
        SETTINGS,
        /** Marks the transaction in the history as a restore. */
        MARK,
        /** Makes a table that is gone, or its foreign keys, which come behind the rows. */
        DEFINE,
        /** Puts the rows of the plan into temporary tables, where there are many. */
        LOAD,
        /** Disables the triggers of the tables that are written to, where that was asked for. */
        DISABLE,
        /** Locks the rows that will be changed. */
        LOCK,
        /** Fails if rows that are left alone refer to rows that will go. */
        GUARD,
        /** Writes rows. */
        WRITE,
        /** Enables those triggers again. */
        ENABLE,
        /** Fails unless each row that was to be written holds what was to be put back. */
        VERIFY,
        /** Moves sequences forward. */
        SEQUENCES,
        /** Ends the transaction. */
        COMMIT
    }
}
