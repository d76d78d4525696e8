package io.rowback.restore.sql;

import io.rowback.history.TableId;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import java.util.List;

/** What repairs that can be written together have in common. */
record Kind(TableId table, Class<?> action, List<String> columns) {
    static Kind of(Repair repair) {
        List<Cell> cells = repair instanceof DeleteRow ? repair.expected() : repair.wanted();
        return new Kind(
                repair.table().id(),
                repair.getClass(),
                cells.stream().map(cell -> cell.column().name()).toList());
    }
}
