package io.rowback.history.store;

import java.util.EnumSet;
import java.util.Set;

/** What a reader is opened for: the less it will be asked, the sooner it is open. */
public enum Questions {
    /** Whatever there is to ask. */
    ALL,
    /** A few about single rows; the others take longer. */
    FEW_ROWS,
    /**
     * A few about single rows, whose moments are LSNs: not which LSN a time or a transaction's id stands for, nor what happened
     * in a table, nor which rows refer to one. To ask that is an {@link IllegalStateException}.
     */
    FEW_ROWS_BY_LSN;

    /** Where the answers are. */
    Set<Family> families() {
        return this == FEW_ROWS_BY_LSN
                ? EnumSet.complementOf(EnumSet.of(Family.TABLES, Family.REFS, Family.XIDS, Family.TIMES))
                : EnumSet.allOf(Family.class);
    }
}
