package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Writes the rows of baselines. None of them counts before its table is covered, so many pass by RocksDB's log, which
 * would cost more than all the rest, and are put into files at the end. Thread-safe.
 */
final class BaselineRows {
    private static final Set<Family> FAMILIES = EnumSet.of(Family.BASELINE, Family.REFS);
    /** Larger sets of rows are written in parts. */
    private static final long WRITE = 4L << 20;
    /** Smaller ones go through the log: of many small tables each would become a file. */
    private static final long UNLOGGED = 64L << 10;

    private final Database database;
    private final Schemas schemas;
    /** Parts equal rows from each other. */
    private final AtomicInteger equalRows = new AtomicInteger();
    /** Tables with rows that are in memory alone. */
    private final Set<TableId> unlogged = ConcurrentHashMap.newKeySet();

    BaselineRows(Database database, Schemas schemas) {
        this.database = database;
        this.schemas = schemas;
    }

    void store(Lsn at, List<RowImage> rows) {
        ByteWriter payload = new ByteWriter();
        try (Write write = database.begin()) {
            IndexEntries index = new IndexEntries(write::entry);
            for (RowImage row : rows) {
                TableId table = row.schema().id();
                StoredSchema stored = schemas.store(row.schema());
                byte[] key = index.key(row, stored);
                ChangeCodec.write(payload.clear().u64(stored.version()), row, null);
                Position place = new Position(at, row.schema().hasKey() ? 0 : equalRows.incrementAndGet());
                write.seal(Family.BASELINE, Keys.baseline(table, key, place), payload);
                index.of(row, key, stored, place);
                if (write.bytes() > WRITE) {
                    commit(write, table);
                }
            }
            if (!rows.isEmpty()) {
                commit(write, rows.get(0).schema().id());
            }
        }
    }

    private void commit(Write write, TableId table) {
        if (write.bytes() < UNLOGGED) {
            write.commit(Database.Durability.ORDERED);
        } else {
            unlogged.add(table);
            write.commit(Database.Durability.FLUSHED);
        }
    }

    /** Takes away every row of a table that no baseline covers. */
    void drop(TableId table) {
        unlogged.remove(table);
        SortedFiles.drop(database, Family.BASELINE, KeyRange.prefix(Keys.baseline(table)));
        SortedFiles.drop(database, Family.REFS, KeyRange.prefix(Keys.table(Epochs.BASELINES, table)));
    }

    /**
     * Takes away the rows of one baseline, which covers nothing. Done again it finds nothing.
     *
     * @param pause called between rows; may throw to end it
     */
    void remove(BegunBaseline baseline, Runnable pause) {
        TableId table = baseline.table();
        // Each by itself: of rows that were in memory alone when a process was killed, either may have reached a file.
        remove(Family.REFS, Keys.table(Epochs.BASELINES, table), baseline, Keys::position, pause);
        remove(Family.BASELINE, Keys.baseline(table), baseline, Keys::baselinePlace, pause);
    }

    private void remove(
            Family family, byte[] prefix, BegunBaseline baseline, Function<byte[], Position> place, Runnable pause) {
        try (Write write = database.begin();
                Cursor entries = database.cursor(family, KeyRange.prefix(prefix))) {
            while (entries.next()) {
                pause.run();
                Position stored = place.apply(entries.key());
                if (stored.commit().equals(baseline.at()) && !Keys.isFolded(stored)) {
                    write.delete(family, entries.key());
                    write.commitIfLarge();
                }
            }
            write.commit(Database.Durability.ORDERED);
        }
    }

    /** Makes sure that a synced write which follows makes durable every row of the table that was stored before. */
    void flush(TableId table) {
        if (unlogged.remove(table)) {
            database.flush(FAMILIES);
        }
    }
}
