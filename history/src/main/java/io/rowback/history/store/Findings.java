package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Gathers what is wrong with a store, up to a limit. */
final class Findings {
    private final List<String> told = new ArrayList<>();
    private long count;

    void add(String finding) {
        count++;
        if (told.size() < Verification.MOST_FINDINGS) {
            told.add(finding);
        }
    }

    void add(Family family, byte[] key, String what) {
        add(family + " at key " + HexFormat.of().formatHex(key) + ": " + what);
    }

    /** Whether the action could be done: damage on its way becomes a finding, any other failure is not for here. */
    boolean survived(Runnable action) {
        try {
            action.run();
            return true;
        } catch (RowbackException e) {
            if (e.code() != ErrorCode.STORE_CORRUPT) {
                throw e;
            }
            add(String.valueOf(e.getMessage()));
            return false;
        }
    }

    List<String> told() {
        return told;
    }

    long count() {
        return count;
    }
}
