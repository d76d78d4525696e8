package io.rowback.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a sequence held at some moment. Sequences give out values outside of transactions and leave nothing in the
 * stream, so samples are all that a history knows of them.
 *
 * @param sequence its oid in {@code pg_class}; a sequence that was dropped and made anew has another one
 * @param name its name then
 * @param owner the column that it belongs to, or null
 * @param at where the server's log ended just before it was read
 * @param time the server's clock when it was read
 * @param start where it begins when nothing was given out yet
 * @param increment the distance from one value to the next, not 0
 * @param cache how many values a session takes at once
 * @param last the value that was given out last; null if none was since it was made or reset
 * @param dropped whether it was gone, or no longer one to be sampled; all else is then as it was seen last
 */
public record SequenceSample(
        TableId sequence,
        TableName name,
        @Nullable Owner owner,
        Lsn at,
        Instant time,
        long start,
        long increment,
        long cache,
        @Nullable Long last,
        boolean dropped) {
    /** A column whose values a sequence gives out. */
    public record Owner(TableId table, String column) {}

    /** Whether the other one tells the same, but for when. */
    public boolean tellsTheSameAs(SequenceSample other) {
        return equals(other.readAt(at, time));
    }

    /** The same, read at another moment. */
    public SequenceSample readAt(Lsn lsn, Instant moment) {
        return new SequenceSample(sequence, name, owner, lsn, moment, start, increment, cache, last, dropped);
    }

    /** The last sample of a sequence that is gone. */
    public SequenceSample droppedBy(Lsn lsn, Instant moment) {
        return new SequenceSample(sequence, name, owner, lsn, moment, start, increment, cache, last, true);
    }
}
