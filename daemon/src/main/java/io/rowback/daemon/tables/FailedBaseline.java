package io.rowback.daemon.tables;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A baseline that failed. Each time it does it is tried again later than the time before, since an attempt may read the
 * whole table.
 *
 * @param reason why, for people
 * @param at when, by {@link System#nanoTime}: the clock can be set back
 * @param delay after that time it is tried again
 */
record FailedBaseline(String reason, long at, Duration delay) {
    private static final Duration DELAY_MIN = Duration.ofMinutes(1);
    private static final Duration DELAY_MAX = Duration.ofHours(1);

    /** One that fails now, and may have failed before. */
    static FailedBaseline of(String reason, long now, @Nullable FailedBaseline before) {
        Duration delay = before == null ? DELAY_MIN : before.delay.multipliedBy(2);
        return new FailedBaseline(reason, now, delay.compareTo(DELAY_MAX) > 0 ? DELAY_MAX : delay);
    }

    /** Whether it is still too early to try again. */
    boolean isLately(long now) {
        return now - at < delay.toNanos();
    }
}
