package io.rowback.history.store;

/** The keys in [from, to). */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record KeyRange(byte[] from, byte[] to) {
    /** All keys; none is as high as the end. */
    static final KeyRange ALL = new KeyRange(
            new byte[0], new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF});

    static KeyRange prefix(byte[] prefix) {
        return new KeyRange(prefix, Keys.after(prefix));
    }
}
