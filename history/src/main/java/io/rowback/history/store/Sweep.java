package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import java.util.Arrays;
import java.util.Map;

/**
 * Takes away the rows of baselines that are not what their row held at the horizon: older ones, and those that tell that
 * there is none. Rows of baselines above the horizon stay. Done again it finds nothing.
 */
final class Sweep {
    private final Database database;
    private final Schemas schemas;
    private final StoreWalk walk;
    private final Lsn horizon;
    private final Map<TableId, Lsn> floors;
    private final Runnable pause;

    /**
     * A sweep.
     *
     * @param floors where the baseline of each table was taken that begins at the horizon
     * @param pause called between rows; may throw to end it
     */
    Sweep(Database database, Schemas schemas, Metadata meta, Map<TableId, Lsn> floors, Runnable pause) {
        this.database = database;
        this.schemas = schemas;
        this.walk = new StoreWalk(database, schemas, meta, (family, entries) -> {});
        this.horizon = meta.begin();
        this.floors = floors;
        this.pause = pause;
    }

    /** The rows that changed in an epoch. */
    void changedIn(int epoch, Write write) {
        byte[] row = Database.NO_VALUE;
        try (Cursor changed = database.cursor(Family.ROWS, KeyRange.prefix(Keys.epoch(epoch)));
                Cursor baselines = database.cursor(Family.BASELINE, KeyRange.ALL)) {
            while (changed.next()) {
                byte[] key = changed.key();
                byte[] next = Arrays.copyOfRange(key, Keys.EPOCH_BYTES, key.length - Keys.POSITION_BYTES);
                if (!Arrays.equals(row, next)) {
                    row = next;
                    sweep(Keys.baselineTable(row), row, baselines, write);
                }
            }
        }
    }

    /** All rows of a table. */
    void table(TableId table, Write write) {
        try (Cursor baselines = database.cursor(Family.BASELINE, KeyRange.ALL)) {
            sweep(table, Keys.baseline(table), baselines, write);
        }
    }

    /** The entries of which the key begins so; {@code baselines} stands nowhere behind. */
    private void sweep(TableId table, byte[] prefix, Cursor baselines, Write write) {
        VisibleRows rows = new VisibleRows(floors.getOrDefault(table, Lsn.MAX), horizon);
        for (boolean found = baselines.skipTo(prefix);
                found && startsWith(baselines.key(), prefix);
                found = baselines.next()) {
            pause.run();
            byte[] key = baselines.key();
            byte[] value = baselines.value();
            boolean above = horizon.isBefore(Keys.baselinePlace(key).commit());
            if (!above && !rows.isRow(key, value)) {
                if (!StoredBaselines.isAbsence(value)) {
                    walk.entries(StoredBaselines.read(key, value, schemas), Keys.baselinePlace(key), write::delete);
                }
                write.delete(Family.BASELINE, key);
                write.commitIfLarge();
            }
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Annotations of DDL by transactions below the horizon. */
    void definitions(Write write) {
        try (Cursor cursor = database.cursor(Family.META, Keys.definitions())) {
            while (cursor.next()) {
                if (Keys.metaLsn(cursor.key()).isBefore(horizon)) {
                    write.delete(Family.META, cursor.key());
                    write.commitIfLarge();
                }
            }
        }
    }
}
