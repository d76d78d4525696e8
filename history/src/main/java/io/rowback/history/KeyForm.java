package io.rowback.history;

/**
 * How the text of a key column is ordered and stored: in the order of these constants, integers by value, the others by
 * their bytes. Told from the text alone, so that a key stays where it is when its column's type changes.
 */
public enum KeyForm {
    /** The canonical text of an integer of 64 bits. */
    INTEGER,
    /** The canonical text of a uuid. */
    UUID,
    /** Any other text. */
    TEXT;

    private static final int UUID_LENGTH = 36;
    private static final int LONGEST_LONG = 20;
    private static final int SAFE_DIGITS = 18;

    /** The form of this UTF-8 text. */
    public static KeyForm of(byte[] utf8) {
        if (isInteger(utf8)) {
            return INTEGER;
        }
        return isUuid(utf8) ? UUID : TEXT;
    }

    /** The value of a text of form {@link #INTEGER}. */
    public static long integer(byte[] utf8) {
        boolean negative = utf8[0] == '-';
        // Gathered as a negative number, which reaches one further than a positive one.
        long value = 0;
        for (int i = negative ? 1 : 0; i < utf8.length; i++) {
            value = value * 10 - (utf8[i] - '0');
        }
        return negative ? value : -value;
    }

    private static boolean isInteger(byte[] utf8) {
        int length = utf8.length;
        if (length == 0 || length > LONGEST_LONG) {
            return false;
        }
        int start = utf8[0] == '-' ? 1 : 0;
        if (length == start || (utf8[start] == '0' && length > 1)) {
            return false;
        }
        for (int i = start; i < length; i++) {
            if (utf8[i] < '0' || utf8[i] > '9') {
                return false;
            }
        }
        int digits = length - start;
        if (digits <= SAFE_DIGITS) {
            return true;
        }
        long value = integer(utf8);
        return digits == SAFE_DIGITS + 1 && (start == 1 ? value < 0 : value > 0);
    }

    private static boolean isUuid(byte[] utf8) {
        if (utf8.length != UUID_LENGTH) {
            return false;
        }
        for (int i = 0; i < UUID_LENGTH; i++) {
            byte b = utf8[i];
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            boolean hex = (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f');
            if (dash ? b != '-' : !hex) {
                return false;
            }
        }
        return true;
    }
}
