package io.rowback.history.store;

import io.rowback.history.ColumnValue;
import io.rowback.history.KeyForm;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists of column texts as bytes that sort as {@link RowKey} does. No list's bytes begin another's, so they can stand in
 * the middle of a key.
 */
final class KeyCodec {
    private static final int END = 0;
    private static final int INTEGER = 1;
    private static final int UUID = 2;
    private static final int TEXT = 3;
    private static final int[] UUID_GROUPS = {4, 2, 2, 2, 6};

    private KeyCodec() {}

    static byte[] encode(RowKey key) {
        return encode(key.values());
    }

    static byte[] encode(List<String> texts) {
        ByteWriter out = new ByteWriter();
        for (String text : texts) {
            write(out, text.getBytes(StandardCharsets.UTF_8));
        }
        return out.u8(END).toBytes();
    }

    /** What all lists with this first text begin with. */
    static byte[] prefix(String first) {
        ByteWriter out = new ByteWriter();
        write(out, first.getBytes(StandardCharsets.UTF_8));
        return out.toBytes();
    }

    /** The values of these columns, or null if one of them is NULL or unknown. */
    static byte @Nullable [] encode(RowImage image, int[] columns, ByteWriter out) {
        out.clear();
        for (int column : columns) {
            if (!(image.values().get(column) instanceof ColumnValue.Text text)) {
                return null;
            }
            write(out, text.utf8());
        }
        return out.u8(END).toBytes();
    }

    static List<String> decode(ByteReader in) {
        List<String> texts = new ArrayList<>();
        for (int tag = in.u8(); tag != END; tag = in.u8()) {
            texts.add(
                    switch (tag) {
                        case INTEGER -> Long.toString(in.u64() ^ Long.MIN_VALUE);
                        case UUID -> uuid(in);
                        case TEXT -> new String(in.bytesToZero(), StandardCharsets.UTF_8);
                        default -> throw new IllegalStateException("no form of a key column has the number " + tag);
                    });
        }
        return texts;
    }

    private static void write(ByteWriter out, byte[] utf8) {
        switch (KeyForm.of(utf8)) {
            case INTEGER -> out.u8(INTEGER).u64(KeyForm.integer(utf8) ^ Long.MIN_VALUE);
            case UUID -> {
                out.u8(UUID);
                for (int i = 0; i < utf8.length; i++) {
                    if (utf8[i] != '-') {
                        int high = Character.digit(utf8[i], 16);
                        out.u8(high << 4 | Character.digit(utf8[++i], 16));
                    }
                }
            }
            case TEXT -> {
                out.u8(TEXT);
                for (byte b : utf8) {
                    if (b == 0) {
                        throw new IllegalArgumentException("Postgres has no text with a zero byte");
                    }
                }
                out.bytes(utf8).u8(0);
            }
        }
    }

    private static String uuid(ByteReader in) {
        List<String> groups = new ArrayList<>();
        for (int length : UUID_GROUPS) {
            groups.add(HexFormat.of().formatHex(in.bytes(length)));
        }
        return String.join("-", groups);
    }
}
