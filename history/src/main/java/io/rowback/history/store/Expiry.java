package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.Retention;
import io.rowback.history.Transaction;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Decides what a retention lets go. Ages are counted back from the time up to which the history is complete, on the
 * server's clock, so that nothing goes because a daemon was down for long; and from now at most, so that nothing goes
 * because that clock jumped ahead.
 */
final class Expiry {
    /** The history can be cut in so many places of what is kept, or more. */
    private static final int SHARES = 16;

    private final Path directory;
    private final Database database;
    private final Metadata meta;
    private final Forgetting forgetting;
    private final Forgetting.Writing writing;

    Expiry(Path directory, Database database, Metadata meta, Forgetting forgetting, Forgetting.Writing writing) {
        this.directory = directory;
        this.database = database;
        this.meta = meta;
        this.forgetting = forgetting;
        this.writing = writing;
    }

    /** Whether the store fits, as far as dropping changes can help. */
    boolean run(Retention retention) {
        if (!writing.locked(meta::retention).equals(retention)) {
            writing.commit(write -> meta.keep(retention, write));
        }
        if (writing.locked(() -> isLong(retention))) {
            writing.beginEpoch();
        }
        // Also with nothing to expire: what an interruption left below the horizon goes.
        forgetting.forget(writing.locked(() -> expired(retention)));
        for (long bytes = surplus(retention); bytes > 0; bytes = surplus(retention)) {
            if (!forgetting.forget(endOf(bytes))) {
                return false;
            }
        }
        return true;
    }

    /** The bytes that the store takes above what it may. */
    private long surplus(Retention retention) {
        if (retention.bytes() == 0 || StoreFolder.bytes(directory) <= retention.bytes()) {
            return 0;
        }
        // RocksDB's log goes, and what stood in it has its place in the files.
        database.flush(EnumSet.allOf(Family.class));
        return StoreFolder.bytes(directory) - retention.bytes();
    }

    /**
     * How many bytes are logged before a new epoch begins. The writer asks, since a backlog may bring more between two looks
     * than the store may take.
     */
    static long epochBytes(Retention retention, long most) {
        return retention.bytes() == 0 ? most : Math.min(most, retention.bytes() / SHARES);
    }

    /** Whether the newest epoch reaches over as much time as one may. */
    private boolean isLong(Retention retention) {
        if (retention.age().isZero()
                || meta.logged() == 0
                || meta.completeUntil().equals(Instant.MIN)) {
            return false;
        }
        List<Epochs.Epoch> epochs = meta.epochs().all();
        Lsn from = epochs.get(epochs.size() - 1).from();
        try (Stream<Transaction> transactions = new StoredTransactions(database, meta).between(from, Lsn.MAX)) {
            Instant oldest = transactions.findFirst().map(Transaction::time).orElse(Instant.MAX);
            return oldest.isBefore(until().minus(retention.age().dividedBy(SHARES)));
        }
    }

    private Lsn expired(Retention retention) {
        if (retention.age().isZero() || meta.completeUntil().equals(Instant.MIN)) {
            return Lsn.ZERO;
        }
        return new StoredTransactions(database, meta)
                .firstAtOrAfter(until().minus(retention.age()))
                .orElse(meta.durable());
    }

    /** From where ages are counted back. */
    private Instant until() {
        Instant complete = meta.completeUntil();
        Instant now = Instant.now();
        return complete.isBefore(now) ? complete : now;
    }

    /**
     * Where the oldest epochs end that take so many bytes together, at least one, judged by their part of the log; the newest
     * stays whatever it takes.
     */
    private Lsn endOf(long bytes) {
        List<Epochs.Epoch> epochs = writing.locked(() -> meta.epochs().all());
        double part = (double) bytes / StoreFolder.bytes(directory) * database.bytes(Family.LOG, KeyRange.ALL);
        Lsn end = Lsn.ZERO;
        for (Epochs.Epoch epoch : epochs.subList(1, epochs.size())) {
            end = epoch.from();
            if (database.bytes(Family.LOG, new KeyRange(Keys.log(Lsn.ZERO), Keys.log(end))) >= part) {
                break;
            }
        }
        return end;
    }
}
