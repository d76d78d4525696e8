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
    private final Metadata meta;
    private final Epochs epochs;

    StoredTransactions(Database database, Metadata meta) {
        this.database = database;
        this.meta = meta;
        this.epochs = meta.epochs();
    }

    static Transaction read(byte[] key, byte[] value) {
        return SealedValue.read(Family.TXNS, key, value, in -> TransactionCodec.read(in, Keys.lsn(key)));
    }

    /** The newest below {@code end}. */
    Optional<Transaction> last(Lsn end) {
        byte[] key = database.lastKey(Family.TXNS, Keys.transaction(meta.begin()), Keys.transaction(end));
        return Optional.ofNullable(key).map(found -> required(database, found));
    }

    /** The latest second that a commit time has reached. */
    long newestSecond() {
        return lastTime(Long.MAX_VALUE).map(Keys::second).orElse(meta.horizon().second());
    }

    /** The last time entry up to that second; in each epoch they rise, and from epoch to epoch. */
    private Optional<byte[]> lastTime(long second) {
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

    /** The newest time of a commit below {@code end}, the beginning of an epoch; empty if none is held. */
    Optional<Instant> newestTime(Lsn end) {
        List<Epochs.Epoch> below = epochs.below(end);
        Lsn from = Lsn.ZERO;
        for (int i = below.size() - 1; i >= 0 && from.equals(Lsn.ZERO); i--) {
            KeyRange entries = KeyRange.prefix(Keys.epoch(below.get(i).number()));
            byte[] last = database.lastKey(Family.TIMES, entries.from(), entries.to());
            from = last == null ? Lsn.ZERO : Keys.lsn(last);
        }
        // The first commit that reached the newest second; later ones may have a later part of it.
        try (Stream<Transaction> transactions = between(from, end)) {
            return transactions.map(Transaction::time).max(Comparator.naturalOrder());
        }
    }

    Stream<Transaction> between(Lsn from, Lsn to) {
        Lsn begin = from.isBefore(meta.begin()) ? meta.begin() : from;
        Lsn end = to.isBefore(meta.durable()) ? to : meta.durable();
        Cursor cursor = database.cursor(Family.TXNS, Keys.transaction(begin), Keys.transaction(end));
        return Streams.of(cursor, entry -> read(entry.key(), entry.value()));
    }

    /** The last commit at or above {@code from} with a change of that table; {@link Lsn#ZERO} if there is none. */
    Lsn lastCommit(TableId table, Lsn from) {
        try (Stream<Transaction> transactions = between(from, Lsn.MAX)) {
            return transactions
                    .filter(transaction -> transaction.counts().containsKey(table))
                    .map(Transaction::commit)
                    .reduce(Lsn.ZERO, (older, newer) -> newer);
        }
    }

    Optional<Transaction> at(Lsn commit) {
        byte[] key = Keys.transaction(commit);
        return Optional.ofNullable(meta.holds(commit) ? database.get(Family.TXNS, key) : null)
                .map(value -> read(key, value));
    }

    /** Those that tell of DDL on a table; entries of a transaction that never happened lead to none. */
    Stream<Transaction> definitions(TableId table, Lsn from, Lsn to) {
        Cursor cursor = database.cursor(Family.META, Keys.definition(table, from), Keys.definition(table, to));
        return Streams.of(cursor, entry -> at(Keys.metaLsn(entry.key())))
                .flatMap(Optional::stream)
                .filter(transaction -> transaction.definedTables().contains(table));
    }

    List<Transaction> of(long xid) {
        List<Transaction> found = new ArrayList<>();
        for (Epochs.Epoch epoch : epochs.all()) {
            try (Cursor cursor = database.cursor(Family.XIDS, KeyRange.prefix(Keys.xid(epoch.number(), xid)))) {
                while (cursor.next()) {
                    Lsn commit = Keys.lsn(cursor.key());
                    if (meta.holds(commit)) {
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
        Lsn from = lastTime(time.getEpochSecond()).map(Keys::lsn).orElse(Lsn.ZERO);
        try (Stream<Transaction> transactions = between(from, Lsn.MAX)) {
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
