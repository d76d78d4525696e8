package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.Transaction;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks everything that stands below the durable position and tells which index entries belong to it. What is damaged
 * is told to the findings and passed over.
 */
final class StoreWalk {
    private static final long PROGRESS_EVERY = 100_000;

    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final ObjLongConsumer<String> progress;

    StoreWalk(Database database, Schemas schemas, Metadata meta, ObjLongConsumer<String> progress) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.progress = progress;
    }

    void log(Findings findings, Consumer<Change> visitor) {
        KeyRange below = new KeyRange(Keys.log(meta.begin()), Keys.log(meta.durable()));
        each(
                Family.LOG,
                below,
                (key, value) -> findings.survived(() -> {
                    Change change = StoredChanges.read(key, value, schemas);
                    visitor.accept(change);
                }));
    }

    void transactions(Findings findings, Consumer<Transaction> visitor) {
        KeyRange below = new KeyRange(Keys.transaction(meta.begin()), Keys.transaction(meta.durable()));
        each(
                Family.TXNS,
                below,
                (key, value) -> findings.survived(() -> visitor.accept(StoredTransactions.read(key, value))));
    }

    /** Takes the key of each entry of a baseline, and the row unless it tells that there is none. */
    void baselines(Findings findings, BiConsumer<byte[], @Nullable RowImage> visitor) {
        each(
                Family.BASELINE,
                KeyRange.ALL,
                (key, value) -> findings.survived(() -> visitor.accept(key, row(key, value))));
    }

    /** The row of an entry of a baseline; null if it tells that there is none. */
    @Nullable
    RowImage row(byte[] key, byte[] value) {
        if (StoredBaselines.isAbsence(value)) {
            SealedValue.read(Family.BASELINE, key, value, ByteReader::remaining);
            return null;
        }
        return StoredBaselines.read(key, value, schemas);
    }

    void samples(Findings findings) {
        each(
                Family.META,
                StoredSequences.ALL,
                (key, value) -> findings.survived(() -> StoredSequences.read(key, value)));
    }

    /** The keys of an index that readers can see, or belong to a baseline. */
    void index(Family family, Consumer<byte[]> visitor) {
        each(family, KeyRange.ALL, (key, value) -> {
            boolean hasOrdinal = family != Family.XIDS && family != Family.TIMES;
            Lsn commit = hasOrdinal ? Keys.position(key).commit() : Keys.lsn(key);
            if (Keys.epochOf(key) == Epochs.BASELINES || meta.holds(commit)) {
                visitor.accept(key);
            }
        });
    }

    private void each(Family family, KeyRange range, BiConsumer<byte[], byte[]> visitor) {
        try (Cursor cursor = database.cursor(family, range)) {
            long walked = 0;
            while (cursor.next()) {
                visitor.accept(cursor.key(), cursor.value());
                walked++;
                if (walked % PROGRESS_EVERY == 0) {
                    progress.accept(family.toString(), walked);
                }
            }
            progress.accept(family.toString(), walked);
        }
    }

    /** The index entries that a change has. */
    void entries(Change change, IndexEntries.Sink sink) {
        int epoch = meta.epochs().of(change.position().commit());
        new IndexEntries(sink).of(change, schemas.store(change.schema()), epoch);
    }

    /** The index entries that a baseline row has. */
    void entries(RowImage row, Position place, IndexEntries.Sink sink) {
        StoredSchema stored = schemas.store(row.schema());
        IndexEntries index = new IndexEntries(sink);
        index.of(row, index.key(row, stored), stored, place);
    }
}
