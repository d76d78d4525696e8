package io.rowback.history.store;

import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.Voided;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes out of the store what never happened where the server went on. Before that the store as it is becomes a copy in
 * a folder of its own if it holds transactions that nobody else has any more. One synced write then moves the durable
 * position back and forgets what is known from above; the rest is taken away behind it. The server's timelines are
 * written last: until they are, an interruption is followed by another run of all, which finds done what was done.
 */
final class Voiding {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final Path directory;
    private final Lsn fork;

    Voiding(Database database, Schemas schemas, Metadata meta, Path directory, Lsn fork) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.directory = directory;
        this.fork = fork;
    }

    void run(List<Timeline> timelines) {
        List<Voided> voided = putAside();
        Instant last = new StoredTransactions(database, meta)
                .last(fork)
                .map(Transaction::time)
                .orElse(Instant.MIN);
        Map<TableId, Long> rows = baselineRows();
        try (Write write = database.begin()) {
            meta.voidFrom(fork, last, rows, voided, schemas, write);
            new StoredSequences(database).removeAbove(fork, write);
            write.commit(Database.Durability.SYNCED);
        }
        new Recovery(database, schemas, meta).removeAboveDurable();
        removeBaselines();
        try (Write write = database.begin()) {
            meta.follow(timelines, write);
            write.commit(Database.Durability.SYNCED);
        }
    }

    /** Makes the copy if there is a transaction to keep; what was ever put aside. */
    private List<Voided> putAside() {
        List<Voided> voided = new ArrayList<>(meta.voided());
        long transactions = count();
        if (transactions > 0) {
            long timeline = meta.timelines().get(meta.timelines().size() - 1).number();
            String folder = "voided-" + timeline + "-" + fork.toString().replace('/', '-');
            if (!Files.exists(directory.resolve(folder))) {
                database.copyTo(directory.resolve(folder));
            }
            voided.add(new Voided(timeline, fork, meta.durable(), transactions, folder));
        }
        return voided;
    }

    private long count() {
        long count = 0;
        try (Cursor cursor = database.cursor(Family.TXNS, Keys.transaction(fork), Keys.transaction(meta.durable()))) {
            while (cursor.next()) {
                count++;
            }
        }
        return count;
    }

    /** How many rows the newest baseline of each table has that remains. */
    private Map<TableId, Long> baselineRows() {
        StoredBaselines baselines = new StoredBaselines(database, schemas, meta);
        Map<TableId, Long> rows = new HashMap<>();
        for (TableInfo table : meta.tables()) {
            List<Coverage> coverage = table.coverage();
            int kept = coverage.size();
            while (kept > 0 && fork.isBefore(coverage.get(kept - 1).from())) {
                kept--;
            }
            if (kept > 0) {
                TableId id = table.schema().id();
                boolean newest = kept == coverage.size();
                rows.put(
                        id,
                        newest
                                ? table.baselineRows()
                                : baselines.count(id, coverage.get(kept - 1).from()));
            }
        }
        return rows;
    }

    /** Takes away the rows of baselines above the fork, those too that were never completed. */
    private void removeBaselines() {
        try (Write write = database.begin();
                Cursor cursor = database.cursor(Family.BASELINE, KeyRange.ALL)) {
            StoreWalk walk = new StoreWalk(database, schemas, meta, (family, entries) -> {});
            while (cursor.next()) {
                byte[] key = cursor.key();
                Position place = Keys.baselinePlace(key);
                if (fork.isBefore(place.commit())) {
                    walk.entries(StoredBaselines.read(key, cursor.value(), schemas), place, write::delete);
                    write.delete(Family.BASELINE, key);
                    write.commitIfLarge();
                }
            }
            write.commit(Database.Durability.ORDERED);
        }
    }
}
