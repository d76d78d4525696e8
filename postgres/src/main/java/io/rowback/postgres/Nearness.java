package io.rowback.postgres;

import java.util.Comparator;
import java.util.List;

/** How far two names are from each other, for hints to somebody who mistyped one. */
public final class Nearness {
    private Nearness() {}

    /** How many characters must be inserted, removed or replaced to turn one into the other (Levenshtein). */
    public static int distance(String one, String other) {
        int[] previous = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] row = new int[other.length() + 1];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[other.length()];
    }

    /** The first of those candidates, at least one, that are nearest to a text. */
    static String nearest(String text, List<String> candidates) {
        return candidates.stream()
                .min(Comparator.comparing(candidate -> distance(text, candidate)))
                .orElseThrow();
    }
}
