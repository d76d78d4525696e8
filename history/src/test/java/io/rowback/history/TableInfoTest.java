package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.TableInfo.SchemaVersion;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableInfoTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final TableSchema first =
            TableFixture.table("t").column("id", "bigint").key("id").build();
    private final TableSchema second = TableFixture.table("t")
            .column("id", "bigint")
            .column("a", "text")
            .key("id")
            .build();
    private final TableInfo table = TableInfo.of(first, lsn(10));

    @Test
    void aSchemaIsRecordedWhereItDiffersFromTheOneKnownThere() {
        TableInfo seen = table.seen(first, lsn(20))
                .seen(second, lsn(30))
                .seen(first, lsn(40))
                .seen(second, lsn(5));

        assertThat(seen.schemas())
                .containsExactly(
                        new SchemaVersion(lsn(5), lsn(5), second),
                        new SchemaVersion(lsn(10), lsn(10), first),
                        new SchemaVersion(lsn(30), lsn(30), second),
                        new SchemaVersion(lsn(40), lsn(40), first));
        assertThat(seen.schema(lsn(30))).as("just below").isEqualTo(first);
        assertThat(seen.schema(lsn(31))).isEqualTo(second);
    }

    @Test
    void whatMayHaveChangedByThenIsUnknown() {
        TableSchema retyped = TableFixture.table("t")
                .column("id", "bigint")
                .column("a", "integer")
                .key("id")
                .build();
        RowImage image = TableFixture.row(second, "1", "x");
        TableInfo altered = TableInfo.of(second, lsn(10)).altered(retyped, lsn(20), lsn(40));

        assertThat(altered.told(image, lsn(20))).isEqualTo(image);
        assertThat(altered.told(image, lsn(21))).isEqualTo(TableFixture.row(second, "1", TableFixture.UNKNOWN));
        assertThat(altered.told(image, lsn(41))).isEqualTo(TableFixture.row(retyped, "1", TableFixture.UNKNOWN));
        assertThat(altered.seen(retyped, lsn(30)).told(image, lsn(25)).value("a"))
                .as("the stream showed it before the catalog did")
                .isEqualTo(ColumnValue.Special.UNKNOWN);
        assertThat(TableInfo.of(second, lsn(10))
                        .seen(retyped, lsn(30))
                        .altered(retyped, lsn(20), lsn(40))
                        .schemas())
                .containsExactly(
                        new SchemaVersion(lsn(10), lsn(10), second), new SchemaVersion(lsn(20), lsn(30), retyped));
    }

    @Test
    void whereRowsMayHaveOtherKeysNothingIsCovered() {
        TableSchema rekeyed = TableFixture.table("t")
                .column("id", "bigint")
                .column("a", "text")
                .key("a")
                .build();
        TableInfo covered = TableInfo.of(second, lsn(10)).covered(lsn(10), NOW, 1, List.of());
        TableInfo altered = covered.altered(rekeyed, lsn(20), lsn(40)).covered(lsn(50), NOW, 1, List.of());

        assertThat(altered.coverage(lsn(20))).isPresent();
        assertThat(altered.coverage(lsn(21))).isEmpty();
        assertThat(altered.coverage(lsn(50))).isPresent();
        assertThat(covered.altered(rekeyed, lsn(5), lsn(40)).coverage(lsn(10)))
                .as("the baseline shows how the table was then")
                .isPresent();
    }

    @Test
    void aNewBaselineEndsTheCoverageBeforeIt() {
        TableInfo covered = table.covered(lsn(10), NOW, 5, List.of()).covered(lsn(30), NOW, 7, List.of());

        assertThat(covered.coverage())
                .containsExactly(new Coverage(lsn(10), NOW, lsn(30)), new Coverage(lsn(30), NOW, Lsn.MAX));
        assertThat(covered.baselineRows()).isEqualTo(7);
        assertThat(covered.covered(lsn(20), NOW, 6, List.of()).coverage())
                .as("an older baseline that comes late")
                .containsExactly(
                        new Coverage(lsn(10), NOW, lsn(20)),
                        new Coverage(lsn(20), NOW, lsn(30)),
                        new Coverage(lsn(30), NOW, Lsn.MAX));
        assertThat(covered.covered(lsn(30), NOW, 7, List.of())).as("told twice").isEqualTo(covered);
    }

    @Test
    void aGapEndsWhatWasCoveredWhenItBegan() {
        Gap gap = new Gap(lsn(20), lsn(40), NOW, NOW, "lost");

        assertThat(table.covered(lsn(10), NOW, 1, List.of()).interruptedBy(gap).coverage())
                .containsExactly(new Coverage(lsn(10), NOW, lsn(20)));
        assertThat(table.covered(lsn(10), NOW, 1, List.of(gap)).coverage())
                .as("a baseline from before the gap that is completed after it")
                .containsExactly(new Coverage(lsn(10), NOW, lsn(20)));
        assertThat(table.covered(lsn(30), NOW, 1, List.of(gap)).coverage())
                .as("a baseline within the gap holds at its own LSN alone")
                .containsExactly(new Coverage(lsn(30), NOW, lsn(30)));
        assertThat(table.covered(lsn(40), NOW, 1, List.of(gap)).coverage())
                .containsExactly(new Coverage(lsn(40), NOW, Lsn.MAX));
    }

    @Test
    void aColumnOfAForeignKeyIsFoundInTheVersionThatHasIt() {
        TableSchema parent =
                TableFixture.table("p").column("id", "bigint").key("id").build();
        TableSchema child = TableFixture.table("t")
                .column("id", "bigint")
                .column("p_id", "bigint")
                .key("id")
                .foreignKey("p_id", parent, ForeignKey.Action.CASCADE)
                .build();
        TableInfo renamed = table.seen(child, lsn(20)).seen(second, lsn(30));

        assertThat(renamed.attributes(child.foreignKeys().get(0))).containsExactly(2);
    }

    @Test
    void tableBeginsAtTheHorizonIfItsRowsAreKnownThere() {
        Horizon horizon = new Horizon(lsn(50), NOW.plusSeconds(5));
        TableInfo covered = table.covered(lsn(20), NOW, 3, List.of());
        TableInfo again = covered.covered(lsn(80), NOW.plusSeconds(8), 4, List.of());
        TableSchema rekeyed = TableFixture.table("t")
                .column("id", "bigint")
                .column("a", "text")
                .key("a")
                .build();

        TableInfo begun = covered.forgotten(horizon, 7);
        assertThat(begun.coverage()).containsExactly(new Coverage(lsn(50), horizon.since(), Lsn.MAX));
        assertThat(begun.baselineRows()).isEqualTo(7);
        assertThat(begun.horizon()).isEqualTo(horizon);
        assertThat(TableInfo.of(first, lsn(50)).since(horizon).horizon())
                .as("nothing of it lay below")
                .isNull();
        assertThat(again.forgotten(horizon, 7).baselineRows())
                .as("of the newest baseline")
                .isEqualTo(4);
        assertThat(covered.folded(lsn(20))).as("it begins there").isEmpty();
        assertThat(covered.seen(rekeyed, lsn(50)).folded(lsn(50)))
                .as("has another key from there on")
                .isEmpty();
        assertThat(covered.seen(rekeyed, lsn(30)).forgotten(horizon, 7).coverage())
                .as("had another key where its coverage begins")
                .isEmpty();
    }

    private static Lsn lsn(long value) {
        return new Lsn(value);
    }
}
