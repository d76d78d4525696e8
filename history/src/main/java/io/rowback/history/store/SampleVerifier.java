package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.history.store.DrawnRows.Row;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import java.util.stream.Stream;

/**
 * Verifies some rows drawn at random, each with all that the store holds of it: its changes and how they follow each other,
 * its images in baselines, their entries in the indexes, the transactions. Takes as long as these rows have changes, not
 * as the store is large. Used once.
 */
final class SampleVerifier {
    /** Of a row with more changes the first ones are read. */
    private static final int MOST_CHANGES = 10_000;

    private static final int PROGRESS_EVERY = 100;

    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final StoreWalk walk;
    private final StoredChanges stored;
    private final StoredBaselines baselines;
    private final Findings findings = new Findings();
    private final Set<Lsn> transactions = new HashSet<>();
    private final ObjLongConsumer<String> progress;
    private long changes;
    private long baselineRows;
    private long indexEntries;

    SampleVerifier(Database database, Schemas schemas, Metadata meta, ObjLongConsumer<String> progress) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.progress = progress;
        this.walk = new StoreWalk(database, schemas, meta, progress);
        this.stored = new StoredChanges(database, schemas, meta);
        this.baselines = new StoredBaselines(database, schemas, meta);
    }

    /** Draws so many times, in turn of what changed and of the baselines; a row that is drawn again counts once. */
    Verification verify(int draws, long seed) {
        DrawnRows drawn = new DrawnRows(database, schemas, meta, new Random(seed));
        Set<Row> rows = new HashSet<>();
        for (int i = 0; i < draws; i++) {
            boolean ofBaseline = i % 2 == 1;
            findings.survived(() -> {
                Optional<Row> row = ofBaseline ? drawn.ofBaseline() : drawn.changed();
                row.filter(rows::add).ifPresent(this::verify);
            });
            if ((i + 1) % PROGRESS_EVERY == 0) {
                progress.accept("rows drawn", i + 1);
            }
        }
        return new Verification(
                true,
                changes,
                transactions.size(),
                baselineRows,
                indexEntries,
                rows.size(),
                0,
                findings.told(),
                findings.count());
    }

    private void verify(Row row) {
        TableId table = row.table().schema().id();
        RowChain chain = new RowChain(row.table(), row.key(), baselines, findings);
        try (Stream<Change> all = stored.of(table, row.key(), Lsn.ZERO, Lsn.MAX)) {
            all.limit(MOST_CHANGES).forEach(change -> {
                changes++;
                walk.entries(change, this::lookUp);
                transactionOf(change);
                chain.follow(change);
            });
        }
        chain.end();
        byte[] prefix = Keys.baselineRow(table, KeyCodec.encode(row.key()));
        try (Cursor images = database.cursor(Family.BASELINE, KeyRange.prefix(prefix))) {
            while (images.next()) {
                RowImage image = walk.row(images.key(), images.value());
                if (image != null) {
                    baselineRows++;
                    walk.entries(image, Keys.baselinePlace(images.key()), this::lookUp);
                }
            }
        }
    }

    private void transactionOf(Change change) {
        Lsn commit = change.position().commit();
        if (!transactions.add(commit)) {
            return;
        }
        byte[] key = Keys.transaction(commit);
        byte[] value = database.get(Family.TXNS, key);
        if (value == null) {
            findings.add(Family.TXNS, key, "it is missing, but the log has changes of it");
            return;
        }
        Transaction transaction = StoredTransactions.read(key, value);
        lookUp(Family.XIDS, Keys.xid(meta.epochs().of(commit), transaction.id(), commit));
    }

    private void lookUp(Family family, byte[] key) {
        indexEntries++;
        if (database.get(family, key) == null) {
            findings.add(family, key, "the entry is missing");
        }
    }
}
