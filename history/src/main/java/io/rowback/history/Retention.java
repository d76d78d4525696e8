package io.rowback.history;

import java.time.Duration;

/**
 * How much of the past a history keeps.
 *
 * @param age changes older than this may go; zero for no limit
 * @param bytes the oldest changes go while the store takes more; 0 for no limit
 */
public record Retention(Duration age, long bytes) {
    /** Everything is kept. */
    public static final Retention NONE = new Retention(Duration.ZERO, 0);

    public Retention {
        if (age.isNegative() || bytes < 0) {
            throw new IllegalArgumentException("a retention is not negative");
        }
    }

    /** Whether everything is kept. */
    public boolean isNone() {
        return equals(NONE);
    }
}
