package io.rowback.restore.sql;

import io.rowback.restore.plan.RestorePlan;
import java.io.IOException;

/** Writes a plan as a script for {@code psql}: what it does, in comments, and then the statements. */
public final class SqlWriter {
    private SqlWriter() {}

    /** Writes the script. */
    public static void write(RestorePlan plan, Appendable out) throws IOException {
        write(new RestoreScript(plan), out);
    }

    /** Writes the script of a plan that takes a restore back. */
    public static void writeUndo(RestorePlan reversed, Appendable out) throws IOException {
        out.append(
                "-- Takes back the restore that is described here: every value that it was to write becomes what it was before,\n");
        out.append("-- one that was there already included. Not to be run where the restore was not.\n");
        write(RestoreScript.undo(reversed), out);
    }

    static void write(RestoreScript script, Appendable out) throws IOException {
        for (String line : script.header()) {
            out.append(line).append('\n');
        }
        ScriptSink<IOException> text = statement -> write(statement, out);
        script.statements(text);
    }

    private static void write(ScriptStatement statement, Appendable out) throws IOException {
        if (!statement.comment().isEmpty()) {
            out.append('\n');
        }
        for (String line : statement.comment()) {
            out.append(line).append('\n');
        }
        out.append(statement.sql()).append(";\n");
    }
}
