package io.rowback.restore.sql;

import java.util.List;

/** A DO block, quoted so that nothing in its body can end it. */
final class Block {
    private static final String TAG = "rowback";

    private Block() {}

    /**
     * The block with these lines as its body.
     *
     * @param shadowed whether a column has the name of a variable that every block has, so that a name means the column
     */
    static String of(List<String> lines, boolean shadowed) {
        return quoted((shadowed ? "#variable_conflict use_column\n" : "") + body(lines));
    }

    /** The block with these lines as its body and a variable; columns in it must be qualified. */
    static String declaring(String variable, List<String> lines) {
        return quoted("DECLARE\n  " + variable + ";\n" + body(lines));
    }

    private static String body(List<String> lines) {
        return "BEGIN\n" + String.join("\n", lines) + "\nEND\n";
    }

    private static String quoted(String body) {
        String tag = TAG;
        for (int i = 2; body.contains("$" + tag); i++) {
            tag = TAG + i;
        }
        return "DO $" + tag + "$\n" + body + "$" + tag + "$";
    }
}
