package io.rowback.history.store;

import java.util.List;

/**
 * What a walk through the store found, through all of it or through some rows that were drawn.
 *
 * @param opened false if the store cannot be opened: then its files alone were read, each by itself, and all numbers are 0
 * @param changes changes read
 * @param transactions transactions read
 * @param baselineRows rows of baselines read, of those too that were never completed
 * @param indexEntries entries of indexes read or looked up
 * @param rows rows whose changes were followed from one to the next; 0 if the whole store was read and damage found, which
 *     would break them
 * @param unfinished bytes of the write that was not finished when the machine fell: nothing is wrong with it, since it was
 *     never acknowledged, and the writer's next start takes it away
 * @param findings what is wrong, for people; the first {@link #MOST_FINDINGS}
 * @param found how many things are wrong
 */
public record Verification(
        boolean opened,
        long changes,
        long transactions,
        long baselineRows,
        long indexEntries,
        long rows,
        int unfinished,
        List<String> findings,
        long found) {
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
