package io.rowback.history.store;

/** A sum over a set of keys, the same in whatever order they come: it tells whether two sets differ, in no space. */
final class Fingerprint {
    private static final long FNV_OFFSET = 0xCBF2_9CE4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01B3L;

    private long count;
    private long sum;

    void add(byte[] key) {
        long hash = FNV_OFFSET;
        for (byte b : key) {
            hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        }
        // Mixed once more, since sums of plain FNV hashes of similar keys are too regular.
        hash = (hash ^ (hash >>> 32)) * 0x9E37_79B9_7F4A_7C15L;
        sum += hash ^ (hash >>> 29);
        count++;
    }

    long count() {
        return count;
    }

    boolean matches(Fingerprint other) {
        return count == other.count && sum == other.sum;
    }
}
