package io.rowback.restore.expression;

import java.util.regex.Pattern;

/** The pattern of LIKE: {@code %} any text, {@code _} one character, a backslash takes the next one literally. */
final class LikePattern {
    private final Pattern pattern;

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it ends in a single backslash
     */
    LikePattern(String like) {
        StringBuilder regex = new StringBuilder();
        boolean escaped = false;
        for (int codePoint : like.codePoints().toArray()) {
            String character = Character.toString(codePoint);
            if (escaped) {
                regex.append(Pattern.quote(character));
                escaped = false;
            } else if (codePoint == '\\') {
                escaped = true;
            } else if (codePoint == '%') {
                regex.append(".*");
            } else if (codePoint == '_') {
                regex.append('.');
            } else {
                regex.append(Pattern.quote(character));
            }
        }
        if (escaped) {
            throw new IllegalArgumentException("the pattern of LIKE ends in a backslash");
        }
        pattern = Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    boolean matches(String text) {
        return pattern.matcher(text).matches();
    }
}
