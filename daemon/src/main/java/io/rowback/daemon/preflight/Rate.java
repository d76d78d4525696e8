package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.DISK;

import io.rowback.postgres.Amount;
import java.time.Duration;

/**
 * How fast something grows.
 *
 * @param bytes so many came
 * @param time in that time
 */
record Rate(double bytes, Duration time) {
    /** What came in less time tells little of what will come. */
    private static final Duration TIME_MIN = Duration.ofHours(1);

    private static final double DAY_SECONDS = 86_400;
    private static final double FOR_EVER_DAYS = 36_500;

    /** Bytes a day. */
    double aDay() {
        return bytes / Math.max(time.toSeconds(), 1) * DAY_SECONDS;
    }

    /** Whether it has been seen for long enough to tell what will come. */
    boolean isKnown() {
        return time.compareTo(TIME_MIN) >= 0;
    }

    /** How long a room of so many bytes lasts; a warning if that is not enough. */
    Finding judge(String text, double room, Duration enough, String mend) {
        if (!isKnown()) {
            return DISK.ok(text + "; how long that lasts can be told after an hour");
        }
        double days = Math.min(room / Math.max(aDay(), 1), FOR_EVER_DAYS);
        Duration lasts = Duration.ofSeconds((long) (days * DAY_SECONDS));
        String found = text + ", which lasts " + Amount.time(lasts);
        return lasts.compareTo(enough) < 0 ? DISK.warn(found, mend) : DISK.ok(found);
    }
}
