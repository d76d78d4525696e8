package io.rowback.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
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

    @Test
    void aRowIsKeptAsItIsWhereThatIsEachColumnOfTheTable() {
        List<Cell> cells = List.of(cell(FIRST, ColumnValue.of("1")), cell(SECOND, ColumnValue.Special.NULL));
        RowImage row = new RowImage(TABLE, List.of(ColumnValue.of("1"), ColumnValue.Special.NULL));
        assertThat(Cells.whole(TABLE, row)).isNotNull().hasSize(2).isEqualTo(Cells.of(TABLE, cells));
        assertThat(Cells.whole(TABLE, new RowImage(TABLE, List.of(ColumnValue.of("1"), ColumnValue.Special.UNKNOWN))))
                .isNull();
        TableSchema wider = TableFixture.table("users")
                .column("id", "bigint")
                .column("name", "text")
                .column("plan", "text")
                .key("id")
                .build();
        assertThat(Cells.whole(wider, row)).isNull();
        TableSchema computed = TableFixture.table("users")
                .column("id", "bigint")
                .column(new Column("twice", 2, 20, "bigint", false, Column.Identity.NONE, true, true, null, true))
                .key("id")
                .build();
        assertThat(Cells.whole(computed, new RowImage(computed, List.of(ColumnValue.of("1"), ColumnValue.of("2")))))
                .isNull();
    }

    private static Cell cell(Column column, ColumnValue value) {
        return new Cell(column, value);
    }
}
