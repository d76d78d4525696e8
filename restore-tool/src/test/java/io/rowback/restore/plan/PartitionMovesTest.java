package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.undoing;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PartitionMovesTest {
    private static final TableSchema JAN = partition("m_1");
    private static final TableSchema FEB = partition("m_2");

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    private static TableSchema partition(String name) {
        return TableFixture.table(name)
                .column("id", "bigint")
                .column("month", "text")
                .column("v", "text")
                .key("id", "month")
                .partitionOf("m")
                .build();
    }

    private Transaction move(String value) {
        life.baseline(JAN, row(JAN, "1", "jan", "a"));
        life.baseline(FEB);
        return life.commit(delete(row(JAN, "1", "jan", "a")), insert(row(FEB, "1", "feb", value)));
    }

    private static Planning both(Transaction... transactions) {
        return undoing(transactions).operations(Operation.DELETE, Operation.UPDATE, Operation.INSERT);
    }

    private Scope.Narrowing narrowing(TableSchema table, @Nullable RowKey key, String... conditions) {
        TableInfo info = history.tables().stream()
                .filter(one -> one.schema().id().equals(table.id()))
                .findFirst()
                .orElseThrow();
        return new Scope.Narrowing(
                info,
                key,
                false,
                List.of(conditions).stream()
                        .map(condition -> Expression.parse(condition, table))
                        .toList());
    }

    @Test
    void aMoveIsUndoneInBothPartitions() {
        assertThat(writes(both(move("b")).plan(history)))
                .containsExactlyInAnyOrder("insert m_1 1,jan: 1,jan,a", "delete m_2 1,feb");
    }

    @Test
    void oneRowOfAMoveIsNotUndoneWhereTheOtherIsNotAskedFor() {
        Transaction move = move("a");
        RowKey key = RowKey.of("1", "jan");
        RestorePlan plan =
                both(move).of(narrowing(JAN, key), narrowing(FEB, key)).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).singleElement().asString().contains("moved to partition m_2");
    }

    @Test
    void oneRowOfAMoveIsNotUndoneWhereTheOtherDoesNotMeetTheCondition() {
        Transaction move = move("b");
        RestorePlan plan = both(move)
                .of(narrowing(JAN, null, "v = 'a'"), narrowing(FEB, null, "v = 'a'"))
                .plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).singleElement().asString().contains("only one half of that meets the condition");
    }

    @Test
    void oneRowOfAMoveIsLeftWhereTheOtherIsSkipped() {
        Transaction move = move("a");
        life.commit(update(row(FEB, "1", "feb", "a"), row(FEB, "1", "feb", "c")));
        RestorePlan plan = both(move).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).hasSize(2).anyMatch(finding -> finding.contains("hangs on m_2"));
        assertThat(plan.refusals()).isEmpty();
    }

    @Test
    void deletionOfOneRowAndInsertionOfAnotherAreNoMove() {
        life.baseline(JAN, row(JAN, "1", "jan", "a"));
        life.baseline(FEB);
        Transaction bad = life.commit(delete(row(JAN, "1", "jan", "a")), insert(row(FEB, "999", "feb", "b")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).containsExactly("insert m_1 1,jan: 1,jan,a");
        assertThat(findings(plan)).isEmpty();
    }
}
