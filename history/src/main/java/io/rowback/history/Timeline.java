package io.rowback.history;

import java.util.List;

/**
 * A timeline of the server: a stretch of its log that begins where the one before was left, at a promotion or at the end
 * of a recovery. A server tells them all, oldest first; its log runs along the last one.
 *
 * @param number the server's number of it, from 1
 * @param from where it begins; {@link Lsn#ZERO} for the first
 */
public record Timeline(long number, Lsn from) {
    /** Where two courses of a log part: what lies below is the same. {@link Lsn#MAX} if they do not, or one has none. */
    public static Lsn fork(List<Timeline> one, List<Timeline> other) {
        int both = Math.min(one.size(), other.size());
        for (int i = 0; i < both; i++) {
            if (!one.get(i).equals(other.get(i))) {
                return lower(one.get(i).from(), other.get(i).from());
            }
        }
        List<Timeline> longer = one.size() > both ? one : other;
        return both == 0 || longer.size() == both ? Lsn.MAX : longer.get(both).from();
    }

    private static Lsn lower(Lsn one, Lsn other) {
        return one.isBefore(other) ? one : other;
    }
}
