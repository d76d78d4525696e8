package io.rowback.history.store;

import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import java.util.Arrays;
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
                in -> ChangeCodec.read(in, schemas.stored(table, in.u64()).schema()));
    }

    /** Whether the value tells that there is no row any more. */
    static boolean isAbsence(byte[] value) {
        return value.length == SealedValue.CHECKSUM_BYTES;
    }

    Optional<RowImage> row(TableId table, RowKey key, Lsn at) {
        try (Stream<RowImage> equal = equal(table, key, at, this::read)) {
            return equal.findFirst();
        }
    }

    long count(TableId table, RowKey key, Lsn at) {
        try (Stream<?> equal = equal(table, key, at, Cursor::key)) {
            return equal.count();
        }
    }

    private <T> Stream<T> equal(TableId table, RowKey key, Lsn at, Function<Cursor, T> read) {
        return start(table, at)
                .map(from -> {
                    byte[] encoded = KeyCodec.encode(key);
                    byte[] newest = Keys.baseline(table, encoded, new Position(from, 0));
                    byte[] end = Keys.after(Keys.baselineRow(table, encoded));
                    return visible(table, from, new KeyRange(newest, end), read);
                })
                .orElseGet(Stream::empty);
    }

    Stream<RowImage> rows(TableId table, Lsn at) {
        return start(table, at).map(from -> rowsFrom(table, from)).orElseGet(Stream::empty);
    }

    /** How many rows the table had at the start of that coverage. */
    long count(TableId table, Lsn from) {
        try (Stream<?> keys = visible(table, from, KeyRange.prefix(Keys.baseline(table)), Cursor::key)) {
            return keys.count();
        }
    }

    private Stream<RowImage> rowsFrom(TableId table, Lsn from) {
        return visible(table, from, KeyRange.prefix(Keys.baseline(table)), this::read);
    }

    private RowImage read(Cursor entry) {
        return read(entry.key(), entry.value(), schemas);
    }

    private <T> Stream<T> visible(TableId table, Lsn from, KeyRange range, Function<Cursor, T> read) {
        Cursor cursor = database.cursor(Family.BASELINE, range);
        VisibleRows rows = meta.visibleRows(table, from);
        return Streams.of(
                cursor,
                () -> {
                    while (cursor.next()) {
                        if (rows.isRow(cursor.key(), cursor.value())) {
                            return true;
                        }
                    }
                    return false;
                },
                read);
    }

    /** Whether the entry with that key is a row that a coverage of its table begins with. */
    boolean isHeld(TableInfo table, byte[] key) {
        TableId id = table.schema().id();
        KeyRange row = KeyRange.prefix(Keys.baselineRow(key));
        return table.coverage().stream().map(Coverage::from).anyMatch(from -> {
            try (Stream<byte[]> keys = visible(id, from, row, Cursor::key)) {
                return keys.anyMatch(held -> Arrays.equals(held, key));
            }
        });
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
