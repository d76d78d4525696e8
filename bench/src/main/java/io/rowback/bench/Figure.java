package io.rowback.bench;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One line of the table.
 *
 * @param row the row that it belongs to
 * @param what what was measured
 * @param result the ratio, or the number with the unit that {@code what} names
 * @param target what the result should reach
 * @param detail what the result was made of
 */
record Figure(String row, String what, double result, Target target, String detail) {
    /** What a result should reach, if anything. */
    record Target(OptionalDouble atLeast, OptionalDouble atMost) {
        static final Target NONE = new Target(OptionalDouble.empty(), OptionalDouble.empty());

        static Target atLeast(double limit) {
            return new Target(OptionalDouble.of(limit), OptionalDouble.empty());
        }

        static Target atMost(double limit) {
            return new Target(OptionalDouble.empty(), OptionalDouble.of(limit));
        }

        boolean metBy(double result) {
            return result >= atLeast.orElse(result) && result <= atMost.orElse(result);
        }

        @Override
        public String toString() {
            return atLeast.isPresent()
                    ? ">= " + number(atLeast.getAsDouble())
                    : atMost.isPresent() ? "<= " + number(atMost.getAsDouble()) : "";
        }
    }

    /** The line, with its verdict. */
    String line() {
        String verdict = target.equals(Target.NONE) ? "" : target.metBy(result) ? "met" : "MISSED";
        return String.format(
                        Locale.ROOT, "%-8s %-52s %9s %-8s %-6s  %s", row, what, number(result), target, verdict, detail)
                .stripTrailing();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 10 ? "%,.0f" : "%.2f", value);
    }
}
