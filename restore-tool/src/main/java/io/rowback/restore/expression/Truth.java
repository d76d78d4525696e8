package io.rowback.restore.expression;

/** What a condition says of a row: SQL's three answers, and that the history does not know a value it would need. */
public enum Truth {
    TRUE,
    FALSE,
    /** SQL's NULL: the condition does not hold, nor does its negation. */
    NULL,
    /** A value is not known to the history: the condition may hold or not. */
    UNKNOWN;

    static Truth of(boolean value) {
        return value ? TRUE : FALSE;
    }

    /** What holds of two conditions joined by AND. */
    public Truth and(Truth other) {
        if (this == FALSE || other == FALSE) {
            return FALSE;
        }
        if (this == UNKNOWN || other == UNKNOWN) {
            return UNKNOWN;
        }
        return this == NULL || other == NULL ? NULL : TRUE;
    }

    Truth or(Truth other) {
        return not().and(other.not()).not();
    }

    Truth not() {
        return switch (this) {
            case TRUE -> FALSE;
            case FALSE -> TRUE;
            case NULL -> NULL;
            case UNKNOWN -> UNKNOWN;
        };
    }
}
