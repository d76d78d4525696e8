package io.rowback.restore.output;

import java.io.Flushable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** How far long work is: a line on a terminal that is written over. Says nothing where it is not shown, or too soon again. */
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
        this.last = nanos.getAsLong();
    }

    /** What is being done. */
    public void tell(String text) {
        long now = nanos.getAsLong();
        if (isDue(now)) {
            show(text, now);
        }
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
        if (done == 0 || !isDue(now)) {
            return;
        }
        long left = Math.round((now - begin) / 1e9 / done * (of - done));
        String text = of == 0
                ? String.format(Locale.ROOT, "%s %,d rows", what, done)
                : String.format(Locale.ROOT, "%s %,d of %,d rows, about %,d s left", what, done, of, left);
        show(text, now);
    }

    private boolean isDue(long now) {
        return shown && now - last >= PAUSE_NANOS;
    }

    private void show(String text, long now) {
        last = now;
        print(text);
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
