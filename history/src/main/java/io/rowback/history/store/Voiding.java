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
import java.util.Optional;

/**
 * Takes out of the store what never happened where the server went on. Before that the store as it is becomes a copy in
 * a folder of its own, since nobody else has those transactions any more. One synced write then moves the durable position
 * back, and recovery takes away what lies above; an interruption before that write is followed by another run of all, one
 * after it by the recovery at the next start.
 */
final class Voiding {
    private static final int ENTRIES_PER_WRITE = 10_000;

    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final Path directory;
    private final Lsn fork;
    private final Map<TableId, Long> rows = new HashMap<>();

    Voiding(Database database, Schemas schemas, Metadata meta, Path directory, Lsn fork) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.directory = directory;
        this.fork = fork;
    }

    void run(List<Timeline> timelines) {
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
        removeBaselines();
        Instant last =
                StoredTransactions.last(database, fork).map(Transaction::time).orElse(Instant.MIN);
        try (Write write = database.begin()) {
            meta.voidFrom(fork, last, rows, voided, schemas, write);
            meta.follow(timelines, write);
            new StoredSequences(database).removeAbove(fork, write);
            write.commit(true);
        }
        new Recovery(database, schemas, meta).removeAboveDurable();
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

    /** Takes away the rows of baselines above the fork, and counts those of the newest below for each table. */
    private void removeBaselines() {
        try (Write write = database.begin();
                Cursor cursor = database.cursor(Family.BASELINE, KeyRange.ALL)) {
            StoreWalk walk = new StoreWalk(database, schemas, meta, (family, entries) -> {});
            while (cursor.next()) {
                byte[] key = cursor.key();
                Position place = Keys.baselinePlace(key);
                Lsn at = place.commit();
                TableId table = Keys.baselineTable(key);
                if (fork.isBefore(at)) {
                    walk.entries(StoredBaselines.read(key, cursor.value(), schemas), place, write::delete);
                    write.delete(Family.BASELINE, key);
                    if (write.count() > ENTRIES_PER_WRITE) {
                        write.commit(false);
                    }
                } else if (newest(table).equals(Optional.of(at))) {
                    rows.merge(table, 1L, Long::sum);
                }
            }
            write.commit(false);
        }
    }

    private Optional<Lsn> newest(TableId id) {
        TableInfo table = meta.table(id);
        return table == null
                ? Optional.empty()
                : table.coverage().stream()
                        .map(Coverage::from)
                        .filter(from -> !fork.isBefore(from))
                        .reduce((older, newer) -> newer);
    }
}
