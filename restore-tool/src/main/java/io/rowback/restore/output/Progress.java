package io.rowback.restore.output;

import java.io.Flushable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** How far long work on rows is: a line on a terminal that is written over. Says nothing where it is not shown, or too soon again. */
public final class Progress {
    private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();

    private final Appendable terminal;
    private final boolean shown;
    private final LongSupplier nanos;
    private String doing = "";
    private long begin;
    private long last;
    private boolean open;

    /** A line on this terminal, or none if it is not to be shown; by a clock of nanoseconds. */
    public Progress(Appendable terminal, boolean shown, LongSupplier nanos) {
        this.terminal = terminal;
        this.shown = shown;
        this.nanos = nanos;
    }

    /**
     * So many rows are done, and how long the others may take.
     *
     * @param what was done to them
     * @param of how many there are; 0 while nobody knows
     */
    public void rows(String what, long done, long of) {
        long now = nanos.getAsLong();
        if (!doing.equals(what)) {
            doing = what;
            begin = now;
            last = now;
        }
        if (!shown || done == 0 || now - last < PAUSE_NANOS) {
            return;
        }
        last = now;
        long left = Math.round((now - begin) / 1e9 / done * (of - done));
        print(
                of == 0
                        ? String.format(Locale.ROOT, "%s %,d rows", what, done)
                        : String.format(Locale.ROOT, "%s %,d of %,d rows, about %,d s left", what, done, of, left));
        open = true;
    }

    /** It is over, or something else is to be said: the line goes. */
    public void end() {
        if (open) {
            print("");
            open = false;
        }
    }

    /** In place of what stands on the line. */
    private void print(String line) {
        try {
            terminal.append("\r").append(line).append("\033[K");
            if (terminal instanceof Flushable buffered) {
                buffered.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
