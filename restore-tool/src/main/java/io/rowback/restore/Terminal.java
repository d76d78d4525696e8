package io.rowback.restore;

import java.io.Console;
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

    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            // Before version 22, where only a terminal has a console.
            return true;
        }
    }
}
