package io.rowback.history.store;

import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import java.util.Optional;
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
            byte[] stored = Keys.baseline(table, KeyCodec.encode(key), from);
            return Optional.ofNullable(database.get(Family.BASELINE, stored))
                    .map(value -> read(stored, value, schemas));
        });
    }

    Stream<RowImage> rows(TableId table, Lsn at) {
        return start(table, at).map(from -> rowsFrom(table, from)).orElseGet(Stream::empty);
    }

    private Stream<RowImage> rowsFrom(TableId table, Lsn from) {
        Cursor cursor = database.cursor(Family.BASELINE, KeyRange.prefix(Keys.baseline(table)));
        return Streams.of(
                cursor,
                () -> {
                    while (cursor.next()) {
                        if (Keys.baselineLsn(cursor.key()).equals(from)) {
                            return true;
                        }
                    }
                    return false;
                },
                entry -> read(entry.key(), entry.value(), schemas));
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
