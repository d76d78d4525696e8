package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.Position;
import java.util.Arrays;

/**
 * Tells which entries of a table's baseline are the rows as they stood where a coverage begins. Those are the rows of the
 * baseline that was taken, at the floor, but where a later entry was folded at some horizon up to there. To be asked in
 * the order of the keys.
 */
final class VisibleRows {
    private final Lsn floor;
    private final Lsn from;
    private byte[] row = Database.NO_VALUE;
    private Lsn newest = Lsn.ZERO;

    /**
     * The rows as of {@code from}.
     *
     * @param floor where the baseline was taken, or a TRUNCATE left nothing of it; the same as {@code from} if nothing was
     *     folded. {@link Lsn#MAX} if there are no such rows
     */
    VisibleRows(Lsn floor, Lsn from) {
        this.floor = floor;
        this.from = from;
    }

    /** Whether the entry tells what the row held, or that it was not there. */
    boolean tells(byte[] key) {
        Position place = Keys.baselinePlace(key);
        Lsn at = place.commit();
        boolean counts = at.equals(floor) || (floor.isBefore(at) && !from.isBefore(at) && Keys.isFolded(place));
        if (!counts) {
            return false;
        }
        int length = key.length - Keys.POSITION_BYTES;
        if (!Arrays.equals(row, 0, row.length, key, 0, length)) {
            row = Keys.baselineRow(key);
            newest = at;
            return true;
        }
        return newest.equals(at);
    }

    /** Whether the entry is a row. */
    boolean isRow(byte[] key, byte[] value) {
        return tells(key) && !StoredBaselines.isAbsence(value);
    }
}
