package io.rowback.restore.sql;

/**
 * Where the statements of a script go, one after the other: into a file, or to a server. The script is one transaction, so a
 * sink that fails has put nothing back.
 *
 * @param <E> how it fails
 */
@FunctionalInterface
public interface ScriptSink<E extends Exception> {
    /** Takes the next statement. */
    void take(ScriptStatement statement) throws E;

    /** Puts rows into their temporary table, which is there: by statements, unless the sink knows a faster way. */
    default void load(RowLoad rows) throws E {
        rows.statements(this);
    }
}
