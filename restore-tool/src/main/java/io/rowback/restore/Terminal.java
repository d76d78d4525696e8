package io.rowback.restore;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The terminal that somebody sits at, if somebody does. */
final class Terminal {
    private Terminal() {}

    /** The terminal; empty where input or output is redirected. */
    @SuppressWarnings(
            "SystemConsoleNull") // From version 22 on there always is one, which says itself whether it is a terminal.
    static Optional<Console> of() {
        Console console = System.console();
        return console != null && isTerminal(console) ? Optional.of(console) : Optional.empty();
    }

    /** Whether what is said beside the answer goes to a terminal, wherever the answer goes. */
    static boolean takesErrors() {
        try {
            Path errors = Path.of("/proc/self/fd/2").toRealPath();
            return errors.startsWith("/dev/pts") || errors.toString().startsWith("/dev/tty");
        } catch (IOException e) {
            // A pipe, which has no path.
            return false;
        }
    }

    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            // Before version 22, where only a terminal has a console.
            return true;
        }
    }
}
