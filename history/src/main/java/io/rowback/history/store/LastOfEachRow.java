package io.rowback.history.store;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Of index keys that are ordered by row and end with a position the last one of each row. Rows are told apart by the
 * bytes between a prefix, which has the same length in all keys, and the position.
 */
final class LastOfEachRow implements Iterator<LastOfEachRow.Last> {
    private final Iterator<byte[]> keys;
    private final int prefix;
    private final Predicate<byte[]> wanted;
    private byte @Nullable [] ahead;

    /**
     * A key.
     *
     * @param alone whether no other key of the row has a position in the same transaction
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Last(byte[] key, boolean alone) {}

    LastOfEachRow(Iterator<byte[]> keys, int prefix, Predicate<byte[]> wanted) {
        this.keys = keys;
        this.prefix = prefix;
        this.wanted = wanted;
        this.ahead = nextWanted();
    }

    @Override
    public boolean hasNext() {
        return ahead != null;
    }

    @Override
    public Last next() {
        byte[] last = ahead;
        if (last == null) {
            throw new NoSuchElementException();
        }
        byte[] older = null;
        ahead = nextWanted();
        while (ahead != null && sameRow(last, ahead)) {
            older = last;
            last = ahead;
            ahead = nextWanted();
        }
        boolean alone = older == null
                || !Keys.position(older).commit().equals(Keys.position(last).commit());
        return new Last(last, alone);
    }

    private byte @Nullable [] nextWanted() {
        while (keys.hasNext()) {
            byte[] key = keys.next();
            if (wanted.test(key)) {
                return key;
            }
        }
        return null;
    }

    private boolean sameRow(byte[] one, byte[] other) {
        int oneEnd = one.length - Keys.POSITION_BYTES;
        int otherEnd = other.length - Keys.POSITION_BYTES;
        return Arrays.equals(one, prefix, oneEnd, other, prefix, otherEnd);
    }
}
