package io.rowback.restore.live;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LiveTablesTest {
    private static final int MOOD = 20_000;

    /** The servers of both count the types that people make from the same number on. */
    @ParameterizedTest
    @CsvSource({"public.mood, 20000, 1", "public.mood, 30000, 1", "public.other, 20000, -1"})
    void typesOfACopyAreKnownByTheirNames(String type, int typeOid, int same) {
        MemoryHistory memory = new MemoryHistory();
        HistoryFixture history = new HistoryFixture(memory);
        TableSchema known = table("public.mood", MOOD);
        history.baseline(known, row(known, "1", "good"));
        TableSchema copied = table(type, typeOid);
        CatalogTable live = new CatalogTable(new TableId(7), copied.name(), "t", copied, null);

        LiveTable found = new LiveTables(List.of(live), true, history.here())
                .of(memory.tables())
                .get(0);

        assertThat(found.obstacle()).isNull();
        assertThat(known.indexOfSame(found.info().schema().column("m"))).isEqualTo(same);
    }

    private static TableSchema table(String type, int typeOid) {
        return TableFixture.table("t")
                .column("id", "bigint")
                .column(new Column("m", 2, typeOid, type, false, Column.Identity.NONE, false, true, null, true))
                .key("id")
                .build();
    }
}
