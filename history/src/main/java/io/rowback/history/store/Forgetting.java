package io.rowback.history.store;

import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableInfo.SchemaVersion;
import io.rowback.history.Voided;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Drops the oldest part of the history, beside the writer. What the rows held at the horizon is folded into the baseline,
 * which nobody sees; one synced write lets the history begin there; what lies below is taken away behind it. An
 * interruption before that write leaves what the next fold writes over, one behind it what the next run takes away. Runs
 * once at a time.
 */
final class Forgetting {
    private final Path directory;
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final Writing writing;
    private volatile boolean stopping;

    /** The writer, whose lock guards the metadata. */
    interface Writing {
        <T extends @Nullable Object> T locked(Supplier<T> action);

        /** One synced write, under the lock. */
        void commit(Consumer<Write> content);

        /** Lets what is appended next be the first of a new epoch. */
        void beginEpoch();
    }

    Forgetting(Path directory, Database database, Schemas schemas, Metadata meta, Writing writing) {
        this.directory = directory;
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.writing = writing;
    }

    /** Ends what runs, soon. */
    void stop() {
        stopping = true;
    }

    /**
     * Lets what takes long end early.
     *
     * @throws CancellationException if it is to
     */
    void pause() {
        if (stopping || Thread.currentThread().isInterrupted()) {
            throw new CancellationException("what is to be dropped is dropped later");
        }
    }

    /**
     * Drops what lies below the last beginning of an epoch up to {@code upTo}, and takes away what an earlier run left.
     *
     * @return whether the horizon was moved
     */
    synchronized boolean forget(Lsn upTo) {
        pause();
        takeAway();
        Horizon horizon = writing.locked(() -> horizon(upTo));
        if (horizon == null) {
            return false;
        }
        List<TableInfo> tables = writing.locked(meta::tables);
        // The view is sure to see what stands in files alone, and holds in memory what stands in RocksDB's log.
        database.flush(EnumSet.allOf(Family.class));
        Fold fold;
        try (RocksHistoryReader view = RocksHistoryReader.openFiles(directory)) {
            fold = new Fold(view, tables, database, schemas, horizon, this::pause);
            fold.run();
        }
        writing.commit(write -> fold.take(meta, write));
        takeAway();
        return writing.locked(() -> meta.begin()).equals(horizon.at());
    }

    private @Nullable Horizon horizon(Lsn upTo) {
        // Above what was verified last of the publication, a coverage may turn out to have ended.
        Stream<Lsn> limits = Stream.of(upTo, meta.durable(), meta.published().limit());
        // Changes from where a baseline is being taken belong to it.
        Stream<Lsn> begun =
                meta.begun().stream().map(baseline -> new Lsn(baseline.at().value() - 1));
        Lsn limit = Stream.concat(limits, begun).reduce(Lsn.MAX, (one, other) -> one.isBefore(other) ? one : other);
        List<Epochs.Epoch> below = meta.epochs().below(limit);
        if (below.isEmpty()) {
            return null;
        }
        Lsn at = meta.epochs().all().get(below.size()).from();
        Instant newest = new StoredTransactions(database, meta).newestTime(at).orElse(null);
        if (newest == null || !meta.begin().isBefore(at)) {
            return null;
        }
        Horizon before = meta.horizon().horizon();
        Instant since = StoredHorizon.behind(newest);
        return new Horizon(at, before == null || since.isAfter(before.since()) ? since : before.since());
    }

    /** Takes away what lies below the horizon. */
    private void takeAway() {
        List<Epochs.Epoch> epochs = writing.locked(() -> meta.epochs().below(meta.begin()));
        List<TableId> unswept = writing.locked(() -> meta.horizon().unswept());
        if (epochs.isEmpty() && unswept.isEmpty()) {
            return;
        }
        Sweep sweep = writing.locked(() -> new Sweep(database, schemas, meta, floors(), this::pause));
        Lsn begin = writing.locked(meta::begin);
        try (Write write = database.begin()) {
            epochs.forEach(epoch -> sweep.changedIn(epoch.number(), write));
            unswept.forEach(table -> sweep.table(table, write));
            sweep.definitions(write);
            new StoredSequences(database).removeBelow(begin, write);
            // Synced, since the indexes by which this was found go next.
            write.commit(Database.Durability.SYNCED);
        }
        drop(epochs, begin);
        List<Voided> copies = dropCopies(begin);
        writing.commit(write -> {
            List<TableId> gone = meta.tables().stream()
                    .filter(this::isGone)
                    .map(table -> table.schema().id())
                    .toList();
            schemas.forget(gone, write);
            meta.swept(epochs, copies, gone, write);
        });
    }

    private void drop(List<Epochs.Epoch> epochs, Lsn begin) {
        for (KeyRange entries : Epochs.ranges(epochs)) {
            Tuning.BY_EPOCH.forEach(family -> SortedFiles.drop(database, family, entries));
        }
        SortedFiles.drop(database, Family.LOG, new KeyRange(Keys.log(Lsn.ZERO), Keys.log(begin)));
        SortedFiles.drop(database, Family.TXNS, new KeyRange(Keys.transaction(Lsn.ZERO), Keys.transaction(begin)));
    }

    /** Where the baselines were taken of the tables that begin at the horizon. */
    private Map<TableId, Lsn> floors() {
        Map<TableId, Lsn> floors = new HashMap<>();
        for (TableInfo table : meta.tables()) {
            if (table.coverage().stream().anyMatch(stretch -> stretch.from().equals(meta.begin()))) {
                TableId id = table.schema().id();
                floors.put(id, meta.horizon().floor(id, meta.begin()));
            }
        }
        return Collections.unmodifiableMap(floors);
    }

    /** Whether nothing of the table is held any more. */
    private boolean isGone(TableInfo table) {
        TableId id = table.schema().id();
        boolean old = table.schemas().stream().map(SchemaVersion::from).allMatch(from -> from.isBefore(meta.begin()));
        return old
                && table.coverage().isEmpty()
                && meta.begun().stream().noneMatch(baseline -> baseline.table().equals(id))
                && isEmpty(Family.BASELINE, KeyRange.prefix(Keys.baseline(id)))
                && meta.epochs().all().stream()
                        .filter(epoch -> !meta.epochs().below(meta.begin()).contains(epoch))
                        .allMatch(epoch -> isEmpty(Family.TABLES, KeyRange.prefix(Keys.table(epoch.number(), id))));
    }

    private boolean isEmpty(Family family, KeyRange range) {
        return database.lastKey(family, range.from(), range.to()) == null;
    }

    /** Deletes the copies of the store that hold nothing above the horizon; those that stay. */
    private List<Voided> dropCopies(Lsn begin) {
        List<Voided> kept = new ArrayList<>();
        for (Voided copy : writing.locked(meta::voided)) {
            if (begin.isBefore(copy.to())) {
                kept.add(copy);
            } else {
                StoreFolder.delete(directory.resolve(copy.folder()));
            }
        }
        return kept;
    }
}
