package io.rowback.daemon.disk;

/** How much room there is, measured by what is to stay free. */
public enum RoomLevel {
    ENOUGH,
    /** Less than twice what is to stay free: worth a warning. */
    SCARCE,
    /** Less than what is to stay free: nothing more is to be stored. */
    NONE;

    /** Up to here there was less than this; better it is only with a quarter of {@code minFree} more. */
    RoomLevel next(long free, long minFree) {
        // A store's size goes up and down as its files are merged.
        long slack = minFree / 4;
        if (free < minFree + (this == NONE ? slack : 0)) {
            return NONE;
        }
        return free < 2 * minFree + (this == ENOUGH ? 0 : slack) ? SCARCE : ENOUGH;
    }
}
