package io.rowback.history.store;

import java.util.Arrays;

/** The keys in [from, to). */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record KeyRange(byte[] from, byte[] to) {
    /** All keys; none is as high as the end. */
    static final KeyRange ALL = new KeyRange(
            new byte[0], new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});

    static KeyRange prefix(byte[] prefix) {
        return new KeyRange(prefix, Keys.after(prefix));
    }

    /** Whether the key is below the end. */
    boolean reaches(byte[] key) {
        return Arrays.compareUnsigned(key, to) < 0;
    }

    /** Whether it begins at the other's end or behind it. */
    boolean follows(KeyRange other) {
        return Arrays.compareUnsigned(other.to, from) <= 0;
    }
}
