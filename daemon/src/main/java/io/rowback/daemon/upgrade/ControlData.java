package io.rowback.daemon.upgrade;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TransactionId;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code pg_controldata} prints of a server that does not run.
 *
 * @param systemIdentifier the server's
 * @param state "shut down" if it was, and cleanly
 * @param next the transaction id that it would have handed out next
 */
public record ControlData(String systemIdentifier, String state, TransactionId next) {
    /** The state of a server that has ended as it should. */
    static final String SHUT_DOWN = "shut down";

    /**
     * Reads it.
     *
     * @throws RowbackException of code USAGE if it is something else
     */
    public static ControlData parse(String text) {
        Map<String, String> lines = text.lines()
                .map(line -> line.split(":", 2))
                .filter(line -> line.length == 2)
                .collect(Collectors.toMap(line -> line[0], line -> line[1].strip(), (first, second) -> first));
        String[] next = value(lines, "Latest checkpoint's NextXID").split(":", 2);
        if (next.length != 2 || !next[0].matches("\\d{1,10}") || !next[1].matches("\\d{1,10}")) {
            throw unreadable("Latest checkpoint's NextXID");
        }
        return new ControlData(
                value(lines, "Database system identifier"),
                value(lines, "Database cluster state"),
                TransactionId.of(Long.parseLong(next[0]), Long.parseLong(next[1])));
    }

    private static String value(Map<String, String> lines, String name) {
        String value = lines.get(name);
        if (value == null) {
            throw unreadable(name);
        }
        return value;
    }

    private static RowbackException unreadable(String name) {
        return new RowbackException(
                ErrorCode.USAGE,
                "what --old names is not what pg_controldata prints: no line \"" + name + "\"",
                "`LC_ALL=C pg_controldata OLD` prints it, of the folder of the old server's data.");
    }
}
