package io.rowback.daemon.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether standard error is systemd's journal, which keeps the time itself and takes a line's priority as {@code <4>} at
 * its beginning: sd-daemon(3). What starts us tells in {@code JOURNAL_STREAM} which file the journal is; a process that
 * inherited the variable may write somewhere else: systemd.exec(5).
 */
public final class Journal {
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
    private static final boolean LISTENING = isListening(System.getenv("JOURNAL_STREAM"));

    /** Priorities of syslog(3). */
    static final int ERROR = 3;

    static final int WARNING = 4;
    static final int INFO = 6;
    static final int DEBUG = 7;

    private Journal() {}

    /** Whether what is written to standard error goes there. */
    static boolean isListening() {
        return LISTENING;
    }

    /** What an error's line begins with. */
    public static String errorPrefix() {
        return LISTENING ? prefix(ERROR) : "";
    }

    static String prefix(int priority) {
        return "<" + priority + ">";
    }

    private static boolean isListening(@Nullable String stream) {
        if (stream == null) {
            return false;
        }
        try {
            Map<String, Object> file = Files.readAttributes(STANDARD_ERROR, "unix:dev,ino");
            return stream.equals(file.get("dev") + ":" + file.get("ino"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
