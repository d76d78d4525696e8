package io.rowback.history.store;

import java.util.List;

/**
 * What a walk through the whole store found.
 *
 * @param changes changes in the log
 * @param transactions transactions
 * @param baselineRows rows of baselines, of those too that were never completed
 * @param indexEntries entries of all indexes
 * @param findings what is wrong, for people; the first {@link #MOST_FINDINGS}
 * @param found how many things are wrong
 */
public record Verification(
        long changes, long transactions, long baselineRows, long indexEntries, List<String> findings, long found) {
    /** More findings than this are counted, not told. */
    public static final int MOST_FINDINGS = 100;

    public Verification {
        findings = List.copyOf(findings);
    }

    /** Whether nothing is wrong. */
    public boolean sound() {
        return found == 0;
    }
}
