package io.rowback.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.restore.plan.ScopeRows.Touched;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ScopePartsTest {
    private static final TableId WAITING = new TableId(2);
    private static final Predicate<Row> WAITS = row -> row.table().equals(WAITING);

    private static Row row(int table, int key) {
        return new Row(new TableId(table), RowKey.of(Integer.toString(key)));
    }

    @Test
    void rowsComeAsTheyAreFoundAndThoseThatWaitOnceAllAre() {
        List<Row> all =
                IntStream.range(0, 2_000).mapToObj(i -> row(1 + i % 2, i)).toList();
        Iterator<Touched> found =
                all.stream().map(row -> new Touched(row, null)).iterator();
        ScopeParts parts = new ScopeParts(found, WAITS);
        List<Row> in = new ArrayList<>();
        while (parts.hasNext()) {
            List<Row> part = parts.next().stream().map(Touched::row).toList();
            assertThat(part).hasSize(250);
            assertThat(found.hasNext() && part.stream().anyMatch(WAITS)).isFalse();
            in.addAll(part);
        }
        assertThat(in.subList(0, 1_000))
                .isEqualTo(all.stream().filter(WAITS.negate()).toList());
        assertThat(in.subList(1_000, 2_000))
                .isEqualTo(all.stream().filter(WAITS).toList());
        assertThatThrownBy(parts::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void noRowsAreNoPart() {
        assertThat(new ScopeParts(List.<Touched>of().iterator(), WAITS).hasNext())
                .isFalse();
    }
}
