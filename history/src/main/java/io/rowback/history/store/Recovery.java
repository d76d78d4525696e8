package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;

/**
 * Takes away what lies above the durable position when a writer starts, or the stream goes on elsewhere: a part of a
 * transaction that will come again as a whole or never, with its index entries.
 */
final class Recovery {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;

    Recovery(Database database, Schemas schemas, Metadata meta) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
    }

    void removeAboveDurable() {
        if (meta.created()) {
            try (Write write = database.begin()) {
                removeChanges(write);
                removeTransactions(write);
                write.commit(Database.Durability.SYNCED);
            }
        }
    }

    private void removeChanges(Write write) {
        IndexEntries index = new IndexEntries(write::delete);
        try (Cursor log = database.cursor(Family.LOG, Keys.log(meta.durable()), Keys.endOfGeneration())) {
            while (log.next()) {
                byte[] key = log.key();
                Change change = StoredChanges.read(key, log.value(), schemas);
                Lsn commit = change.position().commit();
                index.of(change, schemas.store(change.schema()), meta.epochs().of(commit));
                // Behind its index entries, in the same write: an interruption leaves none that is not found again.
                write.delete(Family.LOG, key);
                write.commitIfLarge();
            }
        }
    }

    private void removeTransactions(Write write) {
        byte[] from = Keys.transaction(meta.durable());
        try (Cursor transactions = database.cursor(Family.TXNS, from, Keys.endOfGeneration())) {
            while (transactions.next()) {
                byte[] key = transactions.key();
                Transaction transaction = StoredTransactions.read(key, transactions.value());
                Lsn commit = transaction.commit();
                int epoch = meta.epochs().of(commit);
                write.delete(Family.XIDS, Keys.xid(epoch, transaction.id(), commit));
                write.delete(Family.TIMES, Keys.time(epoch, transaction.time().getEpochSecond(), commit));
                for (TableId table : transaction.definedTables()) {
                    write.delete(Family.META, Keys.definition(table, commit));
                }
                write.delete(Family.TXNS, key);
                write.commitIfLarge();
            }
        }
    }
}
