package io.rowback.history.store;

import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds the rows of baselines. Those of one that was never completed lie in the store as well and are passed over. */
final class StoredBaselines {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;

    StoredBaselines(Database database, Schemas schemas, Metadata meta) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
    }

    static RowImage read(byte[] key, byte[] value, Schemas schemas) {
        TableId table = Keys.baselineTable(key);
        return SealedValue.read(
                Family.BASELINE,
                key,
                value,
                in -> ChangeCodec.read(in, schemas.stored(table, in.u64()).schema(), null));
    }

    Optional<RowImage> row(TableId table, RowKey key, Lsn at) {
        return start(table, at).flatMap(from -> {
            byte[] stored = Keys.baseline(table, KeyCodec.encode(key), new Position(from, 0));
            byte[] value = database.get(Family.BASELINE, stored);
            if (value != null) {
                return Optional.of(read(stored, value, schemas));
            }
            return hasKey(table, from) ? Optional.empty() : firstOfEqual(table, key, from);
        });
    }

    /** Whether the table had a key when its baseline was taken; if not, rows are numbered from 1. */
    private boolean hasKey(TableId table, Lsn from) {
        return Objects.requireNonNull(meta.table(table)).schema(from.next()).hasKey();
    }

    private Optional<RowImage> firstOfEqual(TableId table, RowKey key, Lsn from) {
        try (Cursor equal = equal(table, key, from)) {
            return equal.next() ? Optional.of(read(equal.key(), equal.value(), schemas)) : Optional.empty();
        }
    }

    long count(TableId table, RowKey key, Lsn at) {
        Lsn from = start(table, at).orElse(null);
        if (from == null) {
            return 0;
        }
        try (Cursor equal = equal(table, key, from)) {
            long count = 0;
            while (equal.next()) {
                count++;
            }
            return count;
        }
    }

    private Cursor equal(TableId table, RowKey key, Lsn from) {
        return database.cursor(Family.BASELINE, KeyRange.prefix(Keys.baseline(table, KeyCodec.encode(key), from)));
    }

    Stream<RowImage> rows(TableId table, Lsn at) {
        return start(table, at).map(from -> rowsFrom(table, from)).orElseGet(Stream::empty);
    }

    /** How many rows the baseline of a table at that LSN has. */
    long count(TableId table, Lsn from) {
        try (Stream<?> keys = entriesFrom(table, from, Cursor::key)) {
            return keys.count();
        }
    }

    private Stream<RowImage> rowsFrom(TableId table, Lsn from) {
        return entriesFrom(table, from, entry -> read(entry.key(), entry.value(), schemas));
    }

    private <T> Stream<T> entriesFrom(TableId table, Lsn from, Function<Cursor, T> read) {
        Cursor cursor = database.cursor(Family.BASELINE, KeyRange.prefix(Keys.baseline(table)));
        return Streams.of(
                cursor,
                () -> {
                    while (cursor.next()) {
                        if (Keys.baselinePlace(cursor.key()).commit().equals(from)) {
                            return true;
                        }
                    }
                    return false;
                },
                read);
    }

    /** The rows of all baselines of a table that took effect. */
    Stream<RowImage> all(TableInfo table) {
        return table.coverage().stream()
                .flatMap(coverage -> rowsFrom(table.schema().id(), coverage.from()));
    }

    private Optional<Lsn> start(TableId table, Lsn at) {
        return Optional.ofNullable(meta.table(table))
                .flatMap(info -> info.coverage(at))
                .map(Coverage::from);
    }
}
