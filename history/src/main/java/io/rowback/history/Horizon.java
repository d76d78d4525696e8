package io.rowback.history;

import java.time.Instant;

/**
 * Where the history begins since retention dropped what lies below. What the rows held there is the baseline now.
 *
 * @param at everything below this LSN was dropped
 * @param since every commit that was dropped has an earlier time
 */
public record Horizon(Lsn at, Instant since) implements Loss {
    /** What was dropped, for people. */
    @Override
    public String toString() {
        return "what changed below LSN " + at + " (" + since + ") was dropped by retention";
    }
}
