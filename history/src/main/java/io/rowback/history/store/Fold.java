package io.rowback.history.store;

import io.rowback.history.Coverage;
import io.rowback.history.HistoryReader;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowTimeline.State;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Works out what the rows that changed below a horizon held there and adds that to the baseline, so that what lies below
 * can go. Until the history begins at the horizon nobody sees it; done again it writes the same. Rows are read from a view
 * of the store, in key order, and written in small batches beside the writer's own.
 */
final class Fold {
    private static final long BATCH = 1L << 20;
    private static final byte[] NOTHING = {};

    private final HistoryReader view;
    private final List<TableInfo> tables;
    private final Database database;
    private final Schemas schemas;
    private final Horizon horizon;
    private final Runnable pause;
    private final Map<TableId, Folded> folded = new HashMap<>();

    /**
     * A table's rows at the horizon.
     *
     * @param from where the coverage begins that they were told from
     * @param truncated whether nothing of its baseline is left
     * @param rows how many there are, if no newer baseline was taken
     */
    private record Folded(Lsn from, boolean truncated, long rows) {}

    /**
     * A fold.
     *
     * @param view what is below the horizon, and of what is above perhaps a part alone
     * @param tables as they were once the horizon was chosen
     * @param pause called between rows; may throw to end it
     */
    Fold(
            HistoryReader view,
            List<TableInfo> tables,
            Database database,
            Schemas schemas,
            Horizon horizon,
            Runnable pause) {
        this.view = view;
        this.tables = tables;
        this.database = database;
        this.schemas = schemas;
        this.horizon = horizon;
        this.pause = pause;
    }

    void run() {
        Map<TableId, Long> grown = grown();
        for (TableInfo table : tables) {
            table.folded(horizon.at()).ifPresent(stretch -> fold(table, stretch, grown));
        }
        database.flush(EnumSet.of(Family.BASELINE, Family.REFS));
    }

    /** By how many rows each table has grown since its coverage began. */
    private Map<TableId, Long> grown() {
        Map<TableId, Lsn> begins = new HashMap<>();
        for (TableInfo table : tables) {
            table.folded(horizon.at())
                    .ifPresent(stretch -> begins.put(table.schema().id(), stretch.from()));
        }
        Map<TableId, Long> grown = new HashMap<>();
        try (Stream<Transaction> transactions = view.transactions(Lsn.ZERO, horizon.at())) {
            transactions.forEach(transaction -> transaction.counts().forEach((table, counts) -> {
                pause.run();
                if (!transaction.commit().isBefore(begins.getOrDefault(table, Lsn.MAX))) {
                    grown.merge(table, counts.inserts() - counts.deletes(), Long::sum);
                }
            }));
        }
        return grown;
    }

    private void fold(TableInfo table, Coverage stretch, Map<TableId, Long> grown) {
        TableId id = table.schema().id();
        TableTimeline timeline = new TableTimeline(view, table);
        boolean truncated = timeline.truncated(stretch, horizon.at());
        long present = 0;
        try (Stream<TableTimeline.Left> changed = timeline.changed(stretch, horizon.at());
                Write write = database.begin()) {
            IndexEntries index = new IndexEntries(write::entry);
            for (TableTimeline.Left left : (Iterable<TableTimeline.Left>) changed::iterator) {
                pause.run();
                byte[] key = KeyCodec.encode(left.key());
                if (left.state() instanceof State.Present row) {
                    put(id, key, row, index, write);
                    present += row.count();
                } else if (!truncated) {
                    write.seal(Family.BASELINE, Keys.baseline(id, key, Keys.folded(horizon.at(), 0)), NOTHING);
                }
                if (write.bytes() > BATCH) {
                    write.commit(Database.Durability.FLUSHED);
                }
            }
            write.commit(Database.Durability.FLUSHED);
        }
        long rows = truncated ? present : table.baselineRows() + grown.getOrDefault(id, 0L);
        folded.put(id, new Folded(stretch.from(), truncated, rows));
    }

    private void put(TableId table, byte[] key, State.Present row, IndexEntries index, Write write) {
        StoredSchema stored = schemas.store(row.image().schema());
        ByteWriter payload = new ByteWriter().u64(stored.version());
        ChangeCodec.write(payload, row.image(), null);
        for (int number = 1; number <= row.count(); number++) {
            Position place = Keys.folded(horizon.at(), number);
            write.seal(Family.BASELINE, Keys.baseline(table, key, place), payload);
            index.of(row.image(), key, stored, place);
        }
    }

    /**
     * Lets the history begin at the horizon, if what was folded is what these tables need there; else nothing is changed,
     * and a later fold writes over it.
     */
    void take(Metadata meta, Write write) {
        List<TableInfo> tables = new ArrayList<>();
        List<TableId> unswept = new ArrayList<>(meta.horizon().unswept());
        Map<TableId, Lsn> floors = new HashMap<>();
        for (TableInfo table : meta.tables()) {
            TableId id = table.schema().id();
            Optional<Coverage> needed = table.folded(horizon.at());
            Folded found = folded.get(id);
            if (needed.isPresent()
                    && (found == null || !found.from().equals(needed.get().from()))) {
                return;
            }
            TableInfo begun = table.forgotten(horizon, found == null ? 0 : found.rows());
            tables.add(begun);
            long ended = table.coverage().stream()
                    .filter(stretch -> stretch.from().isBefore(horizon.at()))
                    .count();
            boolean truncated = needed.isPresent() && found != null && found.truncated();
            if (needed.isPresent() && !truncated) {
                floors.put(id, meta.horizon().floor(id, needed.get().from()));
                ended--;
            }
            if (ended > 0 || begun.coverage().isEmpty()) {
                unswept.add(id);
            }
        }
        meta.forget(new StoredHorizon(horizon, unswept, floors), tables, schemas, write);
    }
}
