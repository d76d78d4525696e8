package io.rowback.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair.Cell;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CellsTest {
    private static final TableSchema TABLE = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private static final Column FIRST = TABLE.columns().get(0);
    private static final Column SECOND = TABLE.columns().get(1);

    @Test
    void packedCellsAreTheSameCells() {
        List<Cell> cells = List.of(cell(FIRST, ColumnValue.of("1")), cell(SECOND, ColumnValue.Special.NULL));
        List<Cell> packed = Cells.of(TABLE, cells);
        assertThat(packed).isInstanceOf(Cells.class).isEqualTo(cells).hasSize(2);
        assertThat(packed.get(1)).isEqualTo(cells.get(1));
        assertThat(((Cells) packed).value(SECOND.name())).isEqualTo(ColumnValue.Special.NULL);
        assertThat(((Cells) Cells.of(TABLE, cells.subList(0, 1))).value(SECOND.name()))
                .isNull();
        assertThat(Cells.of(TABLE, List.of())).isEmpty();
    }

    @Test
    void cellsInAnotherOrderKeepIt() {
        List<Cell> cells = List.of(cell(SECOND, ColumnValue.of("a")), cell(FIRST, ColumnValue.of("1")));
        assertThat(Cells.of(TABLE, cells)).isEqualTo(cells);
    }

    private static Cell cell(Column column, ColumnValue value) {
        return new Cell(column, value);
    }
}
