package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A stored value: a CRC32C over key and payload, then the payload. RocksDB checks its blocks, this checks the way
 * through our own code, and that no value stands under another key.
 */
final class SealedValue {
    static final int CHECKSUM_BYTES = 4;

    private SealedValue() {}

    /** Appends the value to {@code out}, behind its length. */
    static void write(ByteWriter out, byte[] key, ByteWriter payload, CRC32C checksum) {
        checksum.reset();
        checksum.update(key);
        payload.update(checksum);
        out.varint(CHECKSUM_BYTES + payload.size())
                .u32((int) checksum.getValue())
                .bytes(payload);
    }

    /**
     * The payload as {@code decoder} reads it, to its end.
     *
     * @throws RowbackException of code STORE_CORRUPT if the checksum does not hold or the payload cannot be read
     */
    static <T> T read(Family family, byte[] key, byte[] value, Function<ByteReader, T> decoder) {
        if (value.length < CHECKSUM_BYTES || new ByteReader(value, 0, CHECKSUM_BYTES).u32() != checksum(key, value)) {
            throw corrupt(family, key, "its checksum does not hold", null);
        }
        ByteReader in = new ByteReader(value, CHECKSUM_BYTES, value.length);
        try {
            T decoded = decoder.apply(in);
            in.requireEnd();
            return decoded;
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw corrupt(family, key, String.valueOf(e.getMessage()), e);
        }
    }

    /** That there is no value under a key which something else in the store points to. */
    static RowbackException missing(Family family, byte[] key) {
        return corrupt(family, key, "it is missing, but an index names it", null);
    }

    static RowbackException corrupt(Family family, byte[] key, String why, @Nullable Throwable cause) {
        return new RowbackException(
                ErrorCode.STORE_CORRUPT,
                "the store is corrupt in " + family + " at key "
                        + HexFormat.of().formatHex(key) + ": " + why,
                "The command verify lists everything that is damaged.",
                cause);
    }

    private static int checksum(byte[] key, byte[] value) {
        CRC32C checksum = new CRC32C();
        checksum.update(key);
        checksum.update(value, CHECKSUM_BYTES, value.length - CHECKSUM_BYTES);
        return (int) checksum.getValue();
    }
}
