package io.rowback.restore.plan;

import io.rowback.history.TableId;
import io.rowback.restore.plan.Repair.Action;
import java.util.List;

/** What repairs that can be written together have in common. */
public record Kind(TableId table, Action action, List<String> columns) {
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

    /** What the repair has in common with others. */
    public static Kind of(Repair repair) {
        return new Kind(repair.table().id(), repair.action(), repair.columns());
    }
}
