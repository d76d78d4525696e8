package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import java.util.Arrays;

/** Names the entries by which an index differs from what it should hold, by looking up each one. Slow. */
final class IndexDifference {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final StoreWalk walk;
    private final Findings findings;

    IndexDifference(Database database, Schemas schemas, Metadata meta, StoreWalk walk, Findings findings) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.walk = walk;
        this.findings = findings;
    }

    void tell(Family index) {
        Findings toldBefore = new Findings();
        IndexEntries.Sink lookUp = (family, key) -> {
            if (family == index && database.get(family, key) == null) {
                findings.add(family, key, "the entry is missing");
            }
        };
        switch (index) {
            case XIDS, TIMES -> {
                TransactionEntries entries =
                        new TransactionEntries(lookUp, meta.horizon().second());
                walk.transactions(toldBefore, transaction -> entries.of(transaction, epoch(transaction.commit())));
            }
            default -> {
                walk.log(toldBefore, change -> walk.entries(change, lookUp));
                walk.baselines(toldBefore, (key, row) -> {
                    if (row != null) {
                        walk.entries(row, Keys.baselinePlace(key), lookUp);
                    }
                });
            }
        }
        walk.index(index, key -> {
            if (!belongs(index, key)) {
                findings.add(index, key, "the entry belongs to nothing that is stored");
            }
        });
    }

    private boolean belongs(Family index, byte[] key) {
        Owner owner = new Owner(index, key);
        try {
            switch (index) {
                case XIDS, TIMES -> transactionOf(key, owner);
                default -> {
                    if (Keys.epochOf(key) == Epochs.BASELINES) {
                        baselineRowOf(key, owner);
                    } else {
                        changeOf(key, owner);
                    }
                }
            }
        } catch (RowbackException damaged) {
            // Told when it was walked; whether the entry is right cannot be told.
            return true;
        }
        return owner.found;
    }

    private void transactionOf(byte[] key, Owner owner) {
        byte[] stored = Keys.transaction(Keys.lsn(key));
        byte[] value = database.get(Family.TXNS, stored);
        if (value != null) {
            Transaction transaction = StoredTransactions.read(stored, value);
            new TransactionEntries(owner, StoredTransactions.BEFORE_ALL_TIMES)
                    .of(transaction, epoch(transaction.commit()));
        }
    }

    private void changeOf(byte[] key, Owner owner) {
        byte[] stored = Keys.log(Keys.position(key));
        byte[] value = database.get(Family.LOG, stored);
        if (value != null) {
            Change change = StoredChanges.read(stored, value, schemas);
            walk.entries(change, owner);
        }
    }

    private void baselineRowOf(byte[] key, Owner owner) {
        ByteReader in = Keys.beforePosition(key, Keys.TABLE_BYTES);
        in.bytes(in.u8() * Keys.ATTRIBUTE_BYTES);
        KeyCodec.decode(in);
        RowKey row = new RowKey(KeyCodec.decode(in));
        TableId table = Keys.tableOf(key);
        Position place = Keys.position(key);
        byte[] stored = Keys.baseline(table, KeyCodec.encode(row), place);
        byte[] value = database.get(Family.BASELINE, stored);
        if (value != null && !StoredBaselines.isAbsence(value)) {
            RowImage image = StoredBaselines.read(stored, value, schemas);
            walk.entries(image, place, owner);
        }
    }

    private int epoch(Lsn commit) {
        return meta.epochs().of(commit);
    }

    /** Looks whether one entry is among those of the thing that it names. */
    private static final class Owner implements IndexEntries.Sink {
        private final Family index;
        private final byte[] wanted;
        private boolean found;

        Owner(Family index, byte[] wanted) {
            this.index = index;
            this.wanted = wanted;
        }

        @Override
        public void entry(Family family, byte[] key) {
            found |= family == index && Arrays.equals(key, wanted);
        }
    }
}
