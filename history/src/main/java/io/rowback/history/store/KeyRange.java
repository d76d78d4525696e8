package io.rowback.history.store;

/** The keys in [from, to). */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record KeyRange(byte[] from, byte[] to) {
    static KeyRange prefix(byte[] prefix) {
        return new KeyRange(prefix, Keys.after(prefix));
    }
}
