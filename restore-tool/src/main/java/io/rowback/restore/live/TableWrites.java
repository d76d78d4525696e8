package io.rowback.restore.live;

import io.rowback.history.TableId;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.SequenceAdvance;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a plan writes into one table.
 *
 * @param inserts rows to insert
 * @param updates rows to update
 * @param deletes rows to delete
 * @param inserted the columns that inserts give values to
 * @param updated the columns that updates set
 * @param sequences the highest value that is inserted into columns of each sequence, which is named as SQL
 */
record TableWrites(
        long inserts,
        long updates,
        long deletes,
        Set<String> inserted,
        Set<String> updated,
        Map<String, BigInteger> sequences) {

    /** The writes of each table of a plan. */
    static Map<TableId, TableWrites> of(RestorePlan plan) {
        Map<TableId, TableWrites> writes = new LinkedHashMap<>();
        for (Repair repair : plan.repairs()) {
            writes.compute(repair.table().id(), (id, all) -> (all == null ? none() : all).and(repair));
        }
        return writes;
    }

    private static TableWrites none() {
        return new TableWrites(0, 0, 0, new LinkedHashSet<>(), new LinkedHashSet<>(), new TreeMap<>());
    }

    private TableWrites and(Repair repair) {
        SequenceAdvance.raise(sequences, repair);
        if (repair instanceof InsertRow) {
            repair.wanted().forEach(cell -> inserted.add(cell.column().name()));
            return new TableWrites(inserts + 1, updates, deletes, inserted, updated, sequences);
        }
        if (repair instanceof UpdateRow) {
            repair.wanted().forEach(cell -> updated.add(cell.column().name()));
            return new TableWrites(inserts, updates + 1, deletes, inserted, updated, sequences);
        }
        return new TableWrites(inserts, updates, deletes + 1, inserted, updated, sequences);
    }
}
