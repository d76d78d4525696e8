package io.rowback.restore.live;

import java.util.List;

/**
 * What writing a plan would do and meet in the live database, beyond the rows that the plan itself names.
 *
 * @param target the database, for people
 * @param differences the rows that are not what the history holds last
 * @param items everything else
 */
public record Preview(String target, List<Difference> differences, List<Item> items) {
    public Preview {
        differences = List.copyOf(differences);
        items = List.copyOf(items);
    }

    /** What an item is about. */
    public enum Kind {
        /** A table or column that was to be made anew and cannot be. */
        DEFINITION,
        /** A trigger that would fire, or would not because it is disabled meanwhile. */
        TRIGGER,
        /** A rule that rewrites statements on the table. */
        RULE,
        /** A setting of our role under which the script ends at once. */
        SETTING,
        /** A privilege that our role lacks. */
        PRIVILEGE,
        /** A sequence that moves. */
        SEQUENCE,
        /** A table that is no partition any more of what it was, or of another. */
        PARTITION,
        /** A table that is not captured: what a deletion did to rows of it that referred to ours is not known. */
        UNCAPTURED,
        /** A lock that is taken. */
        LOCK,
        /** How much is to be written, and how long that takes about. */
        ESTIMATE,
        /** A logical replication slot whose reader sees the restore. */
        SUBSCRIBER
    }

    /**
     * One thing to know.
     *
     * @param kind what it is about
     * @param text for people
     * @param prevents whether our role cannot write the plan because of it
     */
    public record Item(Kind kind, String text, boolean prevents) {}

    /** What keeps our role from writing the plan. */
    public List<Item> obstacles() {
        return items.stream().filter(Item::prevents).toList();
    }
}
