package io.rowback.restore.live;

/**
 * How much was compared.
 *
 * @param rows rows that the history holds
 * @param incomplete those of them of which it does not know every value; the others were compared
 */
public record Compared(long rows, long incomplete) {
    /** Nothing. */
    public static final Compared NOTHING = new Compared(0, 0);

    /** Both. */
    public Compared plus(Compared other) {
        return new Compared(rows + other.rows, incomplete + other.incomplete);
    }
}
