package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which entries the indexes have for a change or a baseline row: told here alone, for writing them, taking them away and
 * verifying them. A TRUNCATE stands in rows under the key without values. Confined to one thread.
 */
final class IndexEntries {
    private static final byte[] NO_KEY = {0};

    private final ByteWriter out = new ByteWriter();
    private final Sink sink;

    /** Takes the entries; they have no value. */
    interface Sink {
        void entry(Family family, byte[] key);
    }

    IndexEntries(Sink sink) {
        this.sink = sink;
    }

    void of(Change change, StoredSchema stored, int epoch) {
        TableId table = change.table();
        Position position = change.position();
        sink.entry(Family.TABLES, Keys.tables(epoch, table, position));
        if (change.operation() == Operation.TRUNCATE) {
            sink.entry(Family.ROWS, Keys.row(epoch, table, NO_KEY, position));
            return;
        }
        RowImage before = change.before();
        RowImage after = change.after();
        byte[] oldKey = before == null ? null : key(before, stored);
        byte[] newKey = after == null ? null : key(after, stored);
        boolean sameKey = Arrays.equals(oldKey, newKey);
        if (oldKey != null && !sameKey) {
            sink.entry(Family.ROWS, Keys.row(epoch, table, oldKey, position));
        }
        if (newKey != null) {
            sink.entry(Family.ROWS, Keys.row(epoch, table, newKey, position));
        }
        for (StoredSchema.Reference reference : stored.references()) {
            byte[] older = reference(epoch, before, oldKey, reference, position);
            byte[] newer = reference(epoch, after, newKey, reference, position);
            if (older != null && !Arrays.equals(older, newer)) {
                sink.entry(Family.REFS, older);
            }
            if (newer != null) {
                sink.entry(Family.REFS, newer);
            }
        }
    }

    /** The entries of a row whose key has these bytes and which stands in the baseline at {@code place}. */
    void of(RowImage row, byte[] key, StoredSchema stored, Position place) {
        for (StoredSchema.Reference reference : stored.references()) {
            byte[] entry = reference(Epochs.BASELINES, row, key, reference, place);
            if (entry != null) {
                sink.entry(Family.REFS, entry);
            }
        }
    }

    /** The bytes of a row's key. */
    byte[] key(RowImage image, StoredSchema stored) {
        byte[] key = stored.schema().hasKey() ? KeyCodec.encode(image, stored.keyColumns(), out) : fingerprint(image);
        if (key == null) {
            throw new IllegalArgumentException(
                    "a row of table " + stored.schema().name() + " has no value in its key");
        }
        return key;
    }

    private static byte @Nullable [] fingerprint(RowImage image) {
        RowKey key = image.key();
        return key == null ? null : KeyCodec.encode(key);
    }

    private byte @Nullable [] reference(
            int epoch,
            @Nullable RowImage image,
            byte @Nullable [] key,
            StoredSchema.Reference reference,
            Position position) {
        if (image == null || key == null) {
            return null;
        }
        byte[] values = KeyCodec.encode(image, reference.columns(), out);
        if (values == null) {
            return null;
        }
        return out.clear()
                .u16(epoch)
                .u32(image.schema().id().oid())
                .bytes(reference.encoded())
                .bytes(values)
                .bytes(key)
                .u64(position.commit().value())
                .u32(position.ordinal())
                .toBytes();
    }
}
