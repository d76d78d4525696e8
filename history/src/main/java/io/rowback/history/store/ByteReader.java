package io.rowback.history.store;

import java.util.Arrays;

/** Takes apart what a {@link ByteWriter} gathered. Reading beyond the end is an {@link IllegalStateException}. */
final class ByteReader {
    private final byte[] bytes;
    private final int end;
    private int at;

    ByteReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    int u8() {
        require(1);
        return bytes[at++] & 0xFF;
    }

    int u16() {
        return u8() << 8 | u8();
    }

    int u32() {
        return (int) number(Integer.BYTES);
    }

    long u64() {
        return number(Long.BYTES);
    }

    private long number(int length) {
        require(length);
        long value = 0;
        for (int i = 0; i < length; i++) {
            value = value << 8 | (bytes[at + i] & 0xFF);
        }
        at += length;
        return value;
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = u8();
            value |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalStateException("a number is too long");
    }

    /** A number that counts bytes or things that take at least a byte each. */
    int length() {
        long value = varint();
        require(value);
        return (int) value;
    }

    byte[] bytes(int length) {
        require(length);
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    void skip(long length) {
        require(length);
        at += (int) length;
    }

    /** Where it stands, for {@link #since}. */
    int at() {
        return at;
    }

    /** What was read since it stood there. */
    byte[] since(int then) {
        return Arrays.copyOfRange(bytes, then, at);
    }

    /** The bytes before the next zero, which is passed too. */
    byte[] bytesToZero() {
        int from = at;
        while (u8() != 0) {
            // Looks for the end.
        }
        return Arrays.copyOfRange(bytes, from, at - 1);
    }

    int remaining() {
        return end - at;
    }

    void requireEnd() {
        if (at != end) {
            throw new IllegalStateException(remaining() + " bytes too many");
        }
    }

    private void require(long length) {
        if (length < 0 || length > end - at) {
            throw new IllegalStateException("the bytes end too early");
        }
    }
}
