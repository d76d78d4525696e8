package io.rowback.restore.sql;

import io.rowback.history.TableId;
import io.rowback.restore.plan.Repair;
import java.util.List;

/** What repairs that can be written together have in common. */
record Kind(TableId table, Repair.Action action, List<String> columns) {
    // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
    @Override
    public boolean equals(Object other) {
        return other instanceof Kind kind
                && table.equals(kind.table)
                && action == kind.action
                && columns.equals(kind.columns);
    }

    @Override
    public int hashCode() {
        return 31 * table.hashCode() + columns.hashCode();
    }

    static Kind of(Repair repair) {
        return new Kind(repair.table().id(), repair.action(), repair.columns());
    }
}
