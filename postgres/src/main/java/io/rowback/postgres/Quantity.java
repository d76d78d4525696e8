package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Sizes and spans of time in a configuration, written as the server's own settings are: {@code 512MB}, {@code 30d}. */
final class Quantity {
    private record Unit(String name, long factor) {}

    private static final List<Unit> SIZES = List.of(
            new Unit("kB", 1L << 10), new Unit("MB", 1L << 20), new Unit("GB", 1L << 30), new Unit("TB", 1L << 40));

    private static final List<Unit> TIMES =
            List.of(new Unit("s", 1), new Unit("min", 60), new Unit("h", 3600), new Unit("d", 86_400));

    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s*(\\p{Alpha}*)");

    private Quantity() {}

    /**
     * A size in bytes; units are powers of 1024, and 0 needs none.
     *
     * @param key what it is the value of, for the message
     * @throws RowbackException of code USAGE if it is none
     */
    static long bytes(String key, String text) {
        return amount(key, text, SIZES, "a size", "50GB");
    }

    /**
     * A span of time, in whole seconds; a day has 24 hours, and 0 needs no unit.
     *
     * @param key what it is the value of, for the message
     * @throws RowbackException of code USAGE if it is none
     */
    static Duration time(String key, String text) {
        return Duration.ofSeconds(amount(key, text, TIMES, "a span of time", "30d"));
    }

    private static long amount(String key, String text, List<Unit> units, String what, String example) {
        String hint = "Write a number and "
                + units.stream()
                        .map(Unit::name)
                        .collect(Collectors.joining(", "))
                        .replaceFirst(", (?=\\w+$)", " or ")
                + ", " + example + " for instance; 0 needs no unit.";
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new RowbackException(ErrorCode.USAGE, key + " is not " + what + ": " + text, hint);
        }
        long number = Long.parseLong(form.group(1));
        String name = form.group(2);
        if (number == 0 && name.isEmpty()) {
            return 0;
        }
        for (Unit unit : units) {
            if (unit.name().equals(name)) {
                return times(number, unit.factor(), key, text);
            }
        }
        String problem = name.isEmpty() ? " has no unit: " : " has the unknown unit " + name + ": ";
        throw new RowbackException(ErrorCode.USAGE, key + problem + text, hint);
    }

    private static long times(long number, long factor, String key, String text) {
        try {
            return Math.multiplyExact(number, factor);
        } catch (ArithmeticException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, key + " is too large: " + text, "Leave it out for the default.", e);
        }
    }
}
