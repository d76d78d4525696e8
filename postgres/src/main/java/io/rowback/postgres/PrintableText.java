package io.rowback.postgres;

/**
 * Text from the database on its way to a person's eyes. A name or value may hold characters that end a line, steer a
 * terminal or turn the direction of writing, so that what a reviewer sees is not what is there; those are escaped.
 */
public final class PrintableText {
    private PrintableText() {}

    /** Whether this character, printed raw, could make a text look like another one: control characters, the two Unicode line ends, marks of writing direction, the byte order mark. */
    public static boolean isHidden(int codePoint) {
        return Character.isISOControl(codePoint)
                || codePoint == 0x061C
                || codePoint == 0x200E
                || codePoint == 0x200F
                || (codePoint >= 0x2028 && codePoint <= 0x202E)
                || (codePoint >= 0x2066 && codePoint <= 0x2069)
                || codePoint == 0xFEFF;
    }

    private static boolean hidesAny(String text) {
        // No hidden character takes two.
        for (int i = 0; i < text.length(); i++) {
            if (isHidden(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** The text with every hidden character escaped, so that it fits a comment or one line of output. */
    public static String oneLine(String text) {
        if (!hidesAny(text)) {
            return text;
        }
        StringBuilder line = new StringBuilder();
        text.codePoints().forEach(codePoint -> {
            if (isHidden(codePoint)) {
                line.append(escape(codePoint));
            } else {
                line.appendCodePoint(codePoint);
            }
        });
        return line.toString();
    }

    /** How a string constant with escapes, {@code E'...'}, writes a hidden character. */
    static String escape(int codePoint) {
        return switch (codePoint) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> "\\u%04x".formatted(codePoint);
        };
    }
}
