package io.rowback.demo;

import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/** Tells what happens, on a stream of text: numbered steps, the commands that were typed, and what they printed. */
public final class Story {
    private static final int WIDTH = 150;
    private static final String MARGIN = "   ";

    private final PrintStream out;
    private int steps;

    /** A story told on that stream. */
    public Story(PrintStream out) {
        this.out = out;
    }

    /** Begins the next step. */
    public void step(String title) {
        steps++;
        out.println();
        out.println(steps + ". " + title);
    }

    /** Says something about the current step. */
    public void tell(String text) {
        text.lines().forEach(line -> out.println(MARGIN + line));
    }

    /** Shows a command as it would be typed. */
    public void typed(String program, List<String> arguments) {
        String line = arguments.stream().map(Story::quotedForShell).collect(Collectors.joining(" "));
        out.println(MARGIN + "$ " + program + " " + line);
    }

    /** Shows what a command printed: its first and last lines where there are many, long ones cut. */
    public void printed(String text, int first, int last) {
        List<String> lines = text.lines().toList();
        int hidden = lines.size() - first - last;
        for (int i = 0; i < lines.size(); i++) {
            if (hidden > 1 && i == first) {
                out.println(MARGIN + "| ... " + hidden + " more lines ...");
                i += hidden;
            }
            out.println(MARGIN + "| " + cut(lines.get(i)));
        }
    }

    private static String cut(String line) {
        return line.length() <= WIDTH ? line : line.substring(0, WIDTH) + "...";
    }

    private static String quotedForShell(String argument) {
        return argument.matches("[A-Za-z0-9_./:,=+-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
