package io.rowback.postgres;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Amounts as people read them. */
public final class Amount {
    private static final List<String> UNITS = List.of("bytes", "kB", "MB", "GB", "TB");

    private Amount() {}

    /** Bytes, in units of powers of 1024 as the server's settings have them. */
    public static String bytes(double bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < UNITS.size() - 1) {
            amount /= 1024;
            unit++;
        }
        String form = amount < 10 && unit > 0 ? "%.1f %s" : "%.0f %s";
        return String.format(Locale.ROOT, form, amount, UNITS.get(unit));
    }

    /** A span of time in its largest unit. */
    public static String time(Duration time) {
        if (time.toDays() >= 2) {
            return time.toDays() + " days";
        }
        if (time.toHours() >= 2) {
            return time.toHours() + " hours";
        }
        return time.toMinutes() >= 2 ? time.toMinutes() + " minutes" : time.toSeconds() + " seconds";
    }
}
