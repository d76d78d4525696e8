package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.Transaction;

/**
 * Which entries the indexes xids and times have for a transaction. Times has one for the first commit, in commit order,
 * that reached a second: so its entries rise in both, however clocks were set.
 */
final class TransactionEntries {
    private final IndexEntries.Sink sink;
    private long newestSecond;

    TransactionEntries(IndexEntries.Sink sink, long newestSecond) {
        this.sink = sink;
        this.newestSecond = newestSecond;
    }

    /** To be called in commit order. */
    void of(Transaction transaction, int epoch) {
        Lsn commit = transaction.commit();
        sink.entry(Family.XIDS, Keys.xid(epoch, transaction.id(), commit));
        long second = transaction.time().getEpochSecond();
        if (second > newestSecond) {
            newestSecond = second;
            sink.entry(Family.TIMES, Keys.time(epoch, second, commit));
        }
    }

    long newestSecond() {
        return newestSecond;
    }
}
