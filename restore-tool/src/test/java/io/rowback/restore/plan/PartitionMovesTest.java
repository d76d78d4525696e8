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
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PartitionMovesTest {
    private static final TableSchema JAN = partition("m_1");
    private static final TableSchema FEB = partition("m_2");

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    private static TableSchema partition(String name) {
        return partition(name, ReplicaIdentity.FULL);
    }

    private static TableSchema partition(String name, ReplicaIdentity identity) {
        return TableFixture.table(name)
                .column("id", "bigint")
                .column("month", "text")
                .column("v", "text")
                .column("kept", "text")
                .key("id", "month")
                .identity(identity)
                .partitionOf("m")
                .build();
    }

    private Transaction move(String value) {
        life.baseline(JAN, row(JAN, "1", "jan", "a", "k1"));
        life.baseline(FEB);
        return life.commit(delete(row(JAN, "1", "jan", "a", "k1")), insert(row(FEB, "1", "feb", value, "k1")));
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
    void aMoveIsAnUpdateWhateverElseItChanged() {
        Transaction move = move("b");
        for (Planning undoing : List.of(undoing(move), both(move), undoing(move).operations(Operation.UPDATE))) {
            RestorePlan plan = undoing.plan(history);
            assertThat(writes(plan)).containsExactlyInAnyOrder("insert m_1 1,jan: 1,jan,a,k1", "delete m_2 1,feb");
            assertThat(findings(plan)).isEmpty();
            assertThat(plan.leftInserted()).isEmpty();
        }
        for (Operation other : List.of(Operation.DELETE, Operation.INSERT)) {
            RestorePlan plan = undoing(move).operations(other).plan(history);
            assertThat(writes(plan)).isEmpty();
            assertThat(findings(plan)).isEmpty();
            assertThat(plan.leftInserted()).isEmpty();
        }
    }

    /** Where it was moved to is found long after the row itself. */
    @Test
    void aMoveAtTheEndOfALargeTransactionIsUndone() {
        life.baseline(JAN);
        life.baseline(FEB);
        List<HistoryFixture.Draft> changes = new ArrayList<>();
        changes.add(update(row(JAN, "0", "jan", "a", "k"), row(JAN, "0", "jan", "b", "k")));
        for (int i = 1; i <= 2_000; i++) {
            changes.add(delete(row(JAN, Integer.toString(i), "jan", "a", "k")));
        }
        changes.add(delete(row(JAN, "0", "jan", "b", "k")));
        changes.add(insert(row(FEB, "0", "feb", "b", "k")));
        RestorePlan plan = undoing(life.commit(changes.toArray(HistoryFixture.Draft[]::new)))
                .maxRows(changes.size())
                .plan(history);
        assertThat(findings(plan)).isEmpty();
        assertThat(writes(plan)).hasSize(2_002).contains("insert m_1 0,jan: 0,jan,a,k", "delete m_2 0,feb");
    }

    @Test
    void aMoveIsKnownByTheHistoryWhereTheLogHasTheKeyAlone() {
        TableSchema jan = partition("m_1", ReplicaIdentity.DEFAULT);
        TableSchema feb = partition("m_2", ReplicaIdentity.DEFAULT);
        life.baseline(jan, row(jan, "1", "jan", "a", "k"), row(jan, "2", "jan", "b", "k"));
        life.baseline(feb);
        Transaction move = life.commit(delete(row(jan, "1", "jan", "a", "k")), insert(row(feb, "1", "feb", "a", "k")));
        Transaction other = life.commit(delete(row(jan, "2", "jan", "b", "k")), insert(row(feb, "2", "feb", "x", "y")));
        assertThat(writes(undoing(move).plan(history)))
                .containsExactlyInAnyOrder("insert m_1 1,jan: 1,jan,a,k", "delete m_2 1,feb");
        assertThat(findings(undoing(other).plan(history)))
                .hasSize(2)
                .allMatch(line -> line.contains("seems to have been moved"));
    }

    @Test
    void whatMayBeTwoRowsIsUndoneForBothAndOnRequestOnly() {
        life.baseline(JAN, row(JAN, "1", "jan", "a", "k1"));
        life.baseline(FEB);
        Transaction renumbered =
                life.commit(delete(row(JAN, "1", "jan", "a", "k1")), insert(row(FEB, "9", "feb", "a", "k1")));
        assertThat(findings(undoing(renumbered).plan(history)))
                .hasSize(2)
                .allMatch(line -> line.contains("by --ops delete,update,insert"));
        assertThat(writes(both(renumbered).plan(history)))
                .containsExactlyInAnyOrder("insert m_1 1,jan: 1,jan,a,k1", "delete m_2 9,feb");
    }

    @Test
    void columnsAreNotPutBackByMovingTheRow() {
        RestorePlan plan = undoing(move("b")).columns(Set.of("v"), Set.of()).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).hasSize(2).allMatch(line -> line.contains("seems to have been moved"));
    }

    @Test
    void aMovedRowThatSomebodyDeletedSinceStaysDeletedUnlessThatIsWrittenOver() {
        Transaction move = move("a");
        life.commit(delete(row(FEB, "1", "feb", "a", "k1")));
        RestorePlan plan = undoing(move).plan(history);
        assertThat(findings(plan)).containsExactly("m_1 1,jan: somebody deleted it since, or moved it on");
        assertThat(writes(plan)).isEmpty();
        assertThat(writes(undoing(move).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("insert m_1 1,jan: 1,jan,a,k1");
    }

    @Test
    void aRowThatSomebodyMovedSinceNeverComesBackBesideItself() {
        TableSchema mar = partition("m_3");
        life.baseline(mar);
        Transaction move = move("a");
        life.commit(insert(row(JAN, "2", "jan", "b", "k2")));
        Transaction damage = life.commit(update(row(JAN, "2", "jan", "b", "k2"), row(JAN, "2", "jan", "x", "k2")));
        life.commit(delete(row(FEB, "1", "feb", "a", "k1")), insert(row(mar, "1", "mar", "a", "k1")));
        life.commit(delete(row(JAN, "2", "jan", "x", "k2")), insert(row(mar, "2", "mar", "x", "k2")));
        String where = "m_1 2,jan: somebody moved it since to partition m_3, where its key is 2,mar";
        for (ConflictMode mode : List.of(ConflictMode.REFUSE, ConflictMode.SKIP, ConflictMode.OVERWRITE)) {
            boolean overwrites = mode == ConflictMode.OVERWRITE;
            RestorePlan plan = undoing(move, damage).onConflict(mode).plan(history);
            assertThat(writes(plan)).isEmpty();
            assertThat(findings(plan))
                    .containsExactlyInAnyOrder(
                            where,
                            "m_1 1,jan: somebody "
                                    + (overwrites ? "moved it on since" : "deleted it since, or moved it on"));
            assertThat(plan.refusals()).hasSize(overwrites ? 2 : 0);
            assertThat(findings(undoing(damage)
                            .columns(Set.of("v"), Set.of())
                            .onConflict(mode)
                            .plan(history)))
                    .containsExactly(where);
        }
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
        life.commit(update(row(FEB, "1", "feb", "a", "k1"), row(FEB, "1", "feb", "c", "k1")));
        RestorePlan plan = both(move).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).hasSize(2).anyMatch(finding -> finding.contains("hangs on m_2"));
        assertThat(plan.refusals()).isEmpty();
    }

    @Test
    void deletionOfOneRowAndInsertionOfAnotherAreNoMove() {
        life.baseline(JAN, row(JAN, "1", "jan", "a", "k1"));
        life.baseline(FEB);
        Transaction bad =
                life.commit(delete(row(JAN, "1", "jan", "a", "k1")), insert(row(FEB, "999", "feb", "b", "k999")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).containsExactly("insert m_1 1,jan: 1,jan,a,k1");
        assertThat(findings(plan)).isEmpty();
    }

    @Test
    void aRowWithoutAKeyIsMovedBackOnRequestOnlyAndNeverDoubled() {
        TableSchema low = TableFixture.table("l_1")
                .column("n", "bigint")
                .column("v", "text")
                .key()
                .partitionOf("l")
                .build();
        TableSchema high = TableFixture.table("l_2")
                .column("n", "bigint")
                .column("v", "text")
                .key()
                .partitionOf("l")
                .build();
        life.baseline(low, row(low, "1", "a"));
        life.baseline(high);
        Transaction move = life.commit(delete(row(low, "1", "a")), insert(row(high, "9", "a")));
        RestorePlan plan = undoing(move).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).hasSize(2).allMatch(line -> line.contains("seems to have been moved"));
        assertThat(both(move).of(narrowing(low, null)).plan(history).refusals()).hasSize(1);
        assertThat(writes(both(move).plan(history)))
                .extracting(line -> line.replaceAll("[0-9a-f-]{36}", "KEY"))
                .containsExactlyInAnyOrder("insert l_1 KEY: 1,a", "delete l_2 KEY");
    }
}
