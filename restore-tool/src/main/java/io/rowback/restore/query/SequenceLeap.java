package io.rowback.restore.query;

import io.rowback.history.SequenceSample;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongBiFunction;

/**
 * Something that a sequence did between two samples and that its table does not explain.
 *
 * @param before the sample before it
 * @param after the sample behind it
 * @param kind what it was
 * @param values how many values it went forward, or 0
 * @param rows how many rows came into its table meanwhile, or 0
 */
public record SequenceLeap(SequenceSample before, SequenceSample after, Kind kind, long values, long rows) {
    /** Rollbacks, upserts and caches take values without leaving a row, but seldom so many at once. */
    private static final long FEW = 1_000;
    /** A transaction inserts rows after it took their values; so long that is an explanation. */
    private static final Duration LONGEST_TRANSACTION = Duration.ofDays(1);
    /** The rows that came into the owner's table cannot be told. */
    public static final long UNKNOWN_ROWS = -1;

    /** What a sequence did. */
    public enum Kind {
        /**
         * It gave out at least 1,000 values (times its cache) more than rows came in, and at least twice as many; rows
         * that came in surplus within a day after are counted too.
         */
        JUMP,
        /** It went back, or was reset: it will give out values again. */
        BACK
    }

    /**
     * What happened to one sequence.
     *
     * @param samples of one sequence, oldest first
     * @param rowsBetween how many rows came into its table between two samples, or {@link #UNKNOWN_ROWS}
     */
    public static List<SequenceLeap> of(
            List<SequenceSample> samples, ToLongBiFunction<SequenceSample, SequenceSample> rowsBetween) {
        List<SequenceLeap> leaps = new ArrayList<>();
        for (int i = 1; i < samples.size(); i++) {
            SequenceSample before = samples.get(i - 1);
            SequenceSample after = samples.get(i);
            long values = values(before, after);
            if (values < 0) {
                leaps.add(new SequenceLeap(before, after, Kind.BACK, 0, 0));
                continue;
            }
            long rows = after.owner() == null || !Objects.equals(before.owner(), after.owner())
                    ? UNKNOWN_ROWS
                    : rowsBetween.applyAsLong(before, after);
            if (rows >= 0 && rows > values) {
                explain(leaps, rows - values, after.time());
            } else if (rows >= 0) {
                leaps.add(new SequenceLeap(before, after, Kind.JUMP, values, rows));
            }
        }
        leaps.removeIf(leap -> leap.kind() == Kind.JUMP && !leap.isLarge());
        return leaps;
    }

    private boolean isLarge() {
        long surplus = values - rows;
        return surplus >= FEW * Math.max(1, after.cache()) && surplus >= rows;
    }

    /** Rows beyond the values given out belong to values that were given out before, most likely just before. */
    private static void explain(List<SequenceLeap> leaps, long surplus, Instant now) {
        long left = surplus;
        for (int i = leaps.size() - 1; i >= 0 && left > 0; i--) {
            SequenceLeap leap = leaps.get(i);
            if (leap.after().time().plus(LONGEST_TRANSACTION).isBefore(now)) {
                return;
            }
            if (leap.kind() == Kind.JUMP) {
                long taken = Math.min(left, leap.values() - leap.rows());
                leaps.set(
                        i,
                        new SequenceLeap(leap.before(), leap.after(), Kind.JUMP, leap.values(), leap.rows() + taken));
                left -= taken;
            }
        }
    }

    /** How many values were given out between the samples; negative if it went back. */
    private static long values(SequenceSample before, SequenceSample after) {
        if (before.dropped() || after.dropped() || before.increment() != after.increment()) {
            return 0;
        }
        if (before.last() == null || after.last() == null) {
            return after.last() != null ? sinceStart(after) : before.last() == null ? 0 : -1;
        }
        return steps(before.last(), after.last(), after.increment());
    }

    private static long sinceStart(SequenceSample sample) {
        // Where a reset sequence goes on is not known; below its start it cannot be told how far it went.
        return Math.max(0, steps(sample.start(), Objects.requireNonNull(sample.last()), sample.increment()) + 1);
    }

    private static long steps(long from, long to, long increment) {
        BigInteger steps =
                BigInteger.valueOf(to).subtract(BigInteger.valueOf(from)).divide(BigInteger.valueOf(increment));
        return steps.bitLength() < Long.SIZE ? steps.longValue() : steps.signum() * Long.MAX_VALUE;
    }
}
