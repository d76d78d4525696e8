package io.rowback.history;

/** What was done to a row, or with TRUNCATE to all rows of a table. The code is stored. */
public enum Operation {
    INSERT(1),
    UPDATE(2),
    DELETE(3),
    TRUNCATE(4);

    private static final Operation[] ALL = values();

    private final int code;

    Operation(int code) {
        this.code = code;
    }

    /** The number that the store keeps for it. */
    public int code() {
        return code;
    }

    /**
     * The operation stored as this number.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Operation of(int code) {
        for (Operation operation : ALL) {
            if (operation.code == code) {
                return operation;
            }
        }
        throw new IllegalArgumentException("not an operation: " + code);
    }
}
