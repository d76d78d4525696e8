package io.rowback.restore.expression;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A date or timestamp as Postgres prints it with DateStyle ISO, or as an operator types it, as microseconds since 1970.
 *
 * @param micros microseconds, the outermost numbers for -infinity and infinity
 * @param hasTime whether a time of day was given
 * @param hasZone whether a zone was given
 */
record Moment(long micros, boolean hasTime, boolean hasZone) {
    private static final Pattern ISO = Pattern.compile("(?<year>\\d{4,6})-(?<month>\\d\\d)-(?<day>\\d\\d)"
            + "(?:[ T](?<hour>\\d\\d):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?:\\.(?<fraction>\\d{1,6}))?)?)?"
            + " ?(?<zone>[zZ]|[+-]\\d\\d(?::?\\d\\d){0,2})?(?<bc> BC)?");

    /**
     * Reads it; without a zone it is UTC.
     *
     * @throws DateTimeException if it is none
     */
    static Moment parse(String text) {
        switch (text.toLowerCase(Locale.ROOT)) {
            case "infinity" -> {
                return new Moment(Long.MAX_VALUE, false, false);
            }
            case "-infinity" -> {
                return new Moment(Long.MIN_VALUE, false, false);
            }
            default -> {
                return parseFinite(text);
            }
        }
    }

    private static Moment parseFinite(String text) {
        Matcher iso = ISO.matcher(text);
        if (!iso.matches()) {
            throw new DateTimeException("not a date or time: " + text);
        }
        int year = number(iso, "year");
        LocalDateTime local = LocalDateTime.of(
                iso.group("bc") == null ? year : 1 - year,
                number(iso, "month"),
                number(iso, "day"),
                number(iso, "hour"),
                number(iso, "minute"),
                number(iso, "second"));
        String zone = iso.group("zone");
        ZoneOffset offset = zone == null ? ZoneOffset.UTC : offset(zone);
        long seconds = local.toEpochSecond(offset);
        return new Moment(
                Math.addExact(Math.multiplyExact(seconds, 1_000_000L), fraction(iso.group("fraction"))),
                iso.group("hour") != null,
                zone != null);
    }

    private static ZoneOffset offset(String zone) {
        String digits = zone.replace(":", "");
        return ZoneOffset.of(digits.length() == 1 ? "Z" : digits);
    }

    private static long fraction(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong((digits + "00000").substring(0, 6));
    }

    private static int number(Matcher iso, String group) {
        String digits = iso.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}
