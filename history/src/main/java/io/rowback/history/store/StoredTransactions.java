package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds transactions by commit, by id and by time. */
final class StoredTransactions {
    static final long BEFORE_ALL_TIMES = Long.MIN_VALUE;

    private final Database database;
    private final Epochs epochs;
    private final Lsn durable;

    StoredTransactions(Database database, Metadata meta) {
        this.database = database;
        this.epochs = meta.epochs();
        this.durable = meta.durable();
    }

    static Transaction read(byte[] key, byte[] value) {
        return SealedValue.read(Family.TXNS, key, value, in -> TransactionCodec.read(in, Keys.lsn(key)));
    }

    /** The newest below {@code durable}. */
    static Optional<Transaction> last(Database database, Lsn durable) {
        byte[] key = database.lastKey(Family.TXNS, Keys.transaction(Lsn.ZERO), Keys.transaction(durable));
        return Optional.ofNullable(key).map(found -> required(database, found));
    }

    /** The latest second of a commit time that has an entry. */
    static long newestSecond(Database database, Epochs epochs) {
        return lastTime(database, epochs, Long.MAX_VALUE).map(Keys::second).orElse(BEFORE_ALL_TIMES);
    }

    /** The last time entry up to that second; in each epoch they rise, and from epoch to epoch. */
    private static Optional<byte[]> lastTime(Database database, Epochs epochs, long second) {
        List<Epochs.Epoch> all = epochs.all();
        for (int i = all.size() - 1; i >= 0; i--) {
            int epoch = all.get(i).number();
            byte[] end = Keys.time(epoch, second, Lsn.MAX);
            byte[] found = database.lastKey(Family.TIMES, Keys.epoch(epoch), end);
            if (found != null) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    Stream<Transaction> between(Lsn from, Lsn to) {
        Lsn end = to.isBefore(durable) ? to : durable;
        Cursor cursor = database.cursor(Family.TXNS, Keys.transaction(from), Keys.transaction(end));
        return Streams.of(cursor, entry -> read(entry.key(), entry.value()));
    }

    Optional<Transaction> at(Lsn commit) {
        byte[] key = Keys.transaction(commit);
        return Optional.ofNullable(commit.isBefore(durable) ? database.get(Family.TXNS, key) : null)
                .map(value -> read(key, value));
    }

    /** Those that tell of DDL on a table; entries of a transaction that never happened lead to none. */
    Stream<Transaction> definitions(TableId table, Lsn from, Lsn to) {
        Cursor cursor = database.cursor(Family.META, Keys.definition(table, from), Keys.definition(table, to));
        return Streams.of(cursor, entry -> at(Keys.definitionLsn(entry.key())))
                .flatMap(Optional::stream)
                .filter(transaction -> transaction.definedTables().contains(table));
    }

    List<Transaction> of(long xid) {
        List<Transaction> found = new ArrayList<>();
        for (Epochs.Epoch epoch : epochs.all()) {
            try (Cursor cursor = database.cursor(Family.XIDS, KeyRange.prefix(Keys.xid(epoch.number(), xid)))) {
                while (cursor.next()) {
                    Lsn commit = Keys.lsn(cursor.key());
                    if (commit.isBefore(durable)) {
                        found.add(required(database, Keys.transaction(commit)));
                    }
                }
            }
        }
        boolean full = xid >>> Integer.SIZE != 0;
        return found.stream()
                .filter(transaction -> !full || transaction.id().value() == xid)
                .sorted(Comparator.comparing(Transaction::commit))
                .toList();
    }

    /** The first commit, in commit order, at or after that time. */
    Optional<Lsn> firstAtOrAfter(Instant time) {
        // No commit before this entry's reached its second, so none reached the time.
        Lsn from =
                lastTime(database, epochs, time.getEpochSecond()).map(Keys::lsn).orElse(Lsn.ZERO);
        try (Stream<Transaction> transactions = between(from, durable)) {
            return transactions
                    .filter(transaction -> !transaction.time().isBefore(time))
                    .map(Transaction::commit)
                    .findFirst();
        }
    }

    private static Transaction required(Database database, byte[] key) {
        return read(key, database.getAll(Family.TXNS, List.of(key)).get(0));
    }
}
