package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Draws rows at random in a few look-ups each, whatever the store's size: rows that changed by places in the server's log,
 * rows of baselines by places in the order of their keys. So what wrote more log is drawn more often.
 */
final class DrawnRows {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final Random random;
    private final List<TableInfo> tables;
    private final long baselineRows;

    /** A row and the table that it is of. */
    record Row(TableInfo table, RowKey key) {}

    DrawnRows(Database database, Schemas schemas, Metadata meta, Random random) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.random = random;
        this.tables = meta.tables();
        this.baselineRows = tables.stream().mapToLong(TableInfo::baselineRows).sum();
    }

    /** A row that changed; empty if a TRUNCATE was drawn, or a transaction without changes. */
    Optional<Row> changed() {
        Optional<byte[]> first = from(meta.begin());
        if (first.isEmpty()) {
            return Optional.empty();
        }
        long begin = Keys.lsn(first.get()).value();
        Lsn place = new Lsn(begin + random.nextLong(meta.durable().value() - begin));
        return from(place).or(() -> first).flatMap(this::changed);
    }

    /** The first transaction from there on. */
    private Optional<byte[]> from(Lsn from) {
        try (Cursor transactions =
                database.cursor(Family.TXNS, Keys.transaction(from), Keys.transaction(meta.durable()))) {
            return transactions.next() ? Optional.of(transactions.key()) : Optional.empty();
        }
    }

    private Optional<Row> changed(byte[] key) {
        byte[] value = database.getAll(Family.TXNS, List.of(key)).get(0);
        Transaction transaction = StoredTransactions.read(key, value);
        long changes =
                transaction.counts().values().stream().mapToLong(Counts::total).sum();
        if (changes == 0) {
            return Optional.empty();
        }
        byte[] log = Keys.log(new Position(transaction.commit(), (int) random.nextLong(changes)));
        byte[] change = database.getAll(Family.LOG, List.of(log)).get(0);
        return row(StoredChanges.read(log, change, schemas));
    }

    private Optional<Row> row(Change change) {
        RowKey old = change.oldKey();
        RowKey key = old != null && random.nextBoolean() ? old : change.key();
        TableInfo table = meta.table(change.table());
        return key == null || table == null ? Optional.empty() : Optional.of(new Row(table, key));
    }

    /** A row of the baseline of some table, each table with the chance of its number of rows; empty if none has rows. */
    Optional<Row> ofBaseline() {
        if (baselineRows == 0) {
            return Optional.empty();
        }
        long lot = random.nextLong(baselineRows);
        for (TableInfo table : tables) {
            lot -= table.baselineRows();
            if (lot < 0) {
                return ofBaseline(table);
            }
        }
        return Optional.empty();
    }

    private Optional<Row> ofBaseline(TableInfo table) {
        KeyRange all = KeyRange.prefix(Keys.baseline(table.schema().id()));
        byte[] last = database.lastKey(Family.BASELINE, all.from(), all.to());
        Optional<byte[]> first = baselineKey(all);
        if (last == null || first.isEmpty()) {
            return Optional.empty();
        }
        return baselineKey(new KeyRange(between(first.get(), last), all.to()))
                .map(key -> new Row(table, new RowKey(KeyCodec.decode(Keys.beforePosition(key, Integer.BYTES)))));
    }

    private Optional<byte[]> baselineKey(KeyRange range) {
        try (Cursor rows = database.cursor(Family.BASELINE, range)) {
            return rows.next() ? Optional.of(rows.key()) : Optional.empty();
        }
    }

    /** Bytes that sort somewhere from {@code low} to {@code high}, with an even chance by the first eight that differ. */
    private byte[] between(byte[] low, byte[] high) {
        int common = Math.max(0, Arrays.mismatch(low, high));
        long from = number(low, common);
        long distance = number(high, common) - from;
        long step = distance == 0 ? 0 : Long.remainderUnsigned(random.nextLong(), distance);
        return ByteBuffer.allocate(common + Long.BYTES)
                .put(low, 0, common)
                .putLong(from + step)
                .array();
    }

    private static long number(byte[] key, int from) {
        return ByteBuffer.wrap(Arrays.copyOfRange(key, from, from + Long.BYTES)).getLong();
    }
}
