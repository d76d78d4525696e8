package io.rowback.restore.sql;

import io.rowback.history.TableId;
import io.rowback.restore.plan.Repair;
import java.util.List;

/** What repairs that can be written together have in common. */
record Kind(TableId table, Class<?> action, List<String> columns) {
    static Kind of(Repair repair) {
        return new Kind(repair.table().id(), repair.getClass(), repair.columns());
    }
}
