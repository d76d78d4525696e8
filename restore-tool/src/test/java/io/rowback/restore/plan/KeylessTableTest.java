package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.undoing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of a table without a key are put back by how many equal ones there are. */
final class KeylessTableTest {
    private static final TableSchema LOGINS = TableFixture.table("logins")
            .column("who", "bigint")
            .column("how", "text")
            .key()
            .build();
    private static final RowImage SMS = row(LOGINS, "1", "sms");
    private static final RowImage MAIL = row(LOGINS, "1", "mail");
    private static final RowImage APP = row(LOGINS, "2", "app");

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @BeforeEach
    void begin() {
        life.baseline(LOGINS, SMS, SMS, SMS, APP);
    }

    /** Each count that is to change, {@code 1,sms: 1 -> 3}. */
    private static List<String> counts(RestorePlan plan) {
        return plan.counts().stream()
                .map(rows -> rows.values().get(0).value() + ","
                        + rows.values().get(1).value() + ": " + rows.before() + " -> " + rows.after())
                .toList();
    }

    private static List<String> writes(RestorePlan plan) {
        return Planning.writes(plan).stream()
                .map(line -> line.replaceAll("[0-9a-f-]{36}", "KEY"))
                .toList();
    }

    private static List<String> reasons(RestorePlan plan) {
        return plan.findings().stream().map(Finding::reason).toList();
    }

    @Test
    void asManyComeBackAsWereDeletedAndOthersChangesStay() {
        Transaction bad = life.commit(delete(SMS), delete(SMS));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(counts(plan)).containsExactly("1,sms: 1 -> 3");
        assertThat(writes(plan)).containsExactly("insert logins KEY: 1,sms", "insert logins KEY: 1,sms");
        assertThat(plan.transactions()).containsExactly(bad);
        life.commit(delete(APP), insert(MAIL));
        assertThat(counts(undoing(bad).plan(history))).containsExactly("1,sms: 1 -> 3");
    }

    @Test
    void rowsThatBecameOthersBecomeThemselvesAgain() {
        Transaction bad = life.commit(update(SMS, MAIL), update(APP, SMS), update(MAIL, APP));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(counts(plan)).isEmpty();
        bad = life.commit(update(SMS, MAIL), update(SMS, APP), update(APP, MAIL));
        plan = undoing(bad).plan(history);
        assertThat(counts(plan)).containsExactly("1,sms: 1 -> 3", "1,mail: 2 -> 0");
        assertThat(writes(plan))
                .containsExactly(
                        "update logins KEY: who 1->1 how mail->sms", "update logins KEY: who 1->1 how mail->sms");
    }

    @Test
    void whatTheScopeInsertedNeverComesBackAndGoesWhenAsked() {
        Transaction bad = life.commit(insert(MAIL), insert(MAIL), delete(MAIL), insert(SMS), update(SMS, MAIL));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(counts(plan)).isEmpty();
        assertThat(plan.leftInserted()).containsEntry(LOGINS.name(), 2L);
        plan = undoing(bad)
                .operations(Operation.INSERT, Operation.DELETE, Operation.UPDATE)
                .plan(history);
        assertThat(counts(plan)).containsExactly("1,mail: 2 -> 0");
        assertThat(writes(plan)).containsExactly("delete logins KEY", "delete logins KEY");
    }

    @Test
    void truncatedRowsComeBackThoseOfTheSameTransactionIncluded() {
        Transaction bad = life.commit(update(APP, MAIL), insert(SMS), truncate(LOGINS), insert(APP));
        assertThat(counts(undoing(bad).plan(history))).containsExactly("2,app: 1 -> 2", "1,sms: 0 -> 3");
    }

    @Test
    void aPlanMadeAfterTheRestoreWritesNothing() {
        Transaction bad = life.commit(delete(SMS), update(APP, MAIL));
        life.commit(insert(SMS), update(MAIL, APP));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(plan.outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(writes(plan)).isEmpty();
    }

    @Test
    void numbersThatOthersChangedSinceAreConflicts() {
        Transaction bad = life.commit(delete(SMS), delete(SMS), delete(APP));
        Transaction other = life.commit(insert(SMS));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(plan.findings())
                .singleElement()
                .isEqualTo(new Finding.RowConflict(
                        LOGINS, Objects.requireNonNull(SMS.key()), "somebody changed such rows since", other));
        assertThat(counts(undoing(bad).onConflict(ConflictMode.SKIP).plan(history)))
                .containsExactly("2,app: 0 -> 1");
        assertThat(counts(undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("1,sms: 2 -> 4", "2,app: 0 -> 1");
    }

    @Test
    void rowsThatBelongTogetherAreLeftTogether() {
        Transaction bad = life.commit(update(APP, MAIL), delete(SMS));
        life.commit(update(MAIL, row(LOGINS, "2", "later")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(reasons(plan))
                .containsExactly(
                        "rows without a key that belong together are put back all or none",
                        "rows without a key that belong together are put back all or none");
        plan = undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history);
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(writes(plan)).isEmpty();
    }

    @Test
    void rowsThatAreNotThereAnyMoreAreNotWrittenOver() {
        Transaction bad = life.commit(update(SMS, MAIL), update(SMS, MAIL));
        life.commit(update(MAIL, row(LOGINS, "2", "later")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history);
        assertThat(reasons(plan)).contains("somebody changed or deleted it, and without a key it is not found");
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void asOfAMomentIsAConflictWhereOthersChangedTheNumberSince() {
        Lsn then = life.here();
        Transaction bad = life.commit(delete(SMS));
        assertThat(counts(undoing(bad).at(then).plan(history))).containsExactly("1,sms: 2 -> 3");
        life.commit(delete(APP));
        Transaction worse = life.commit(delete(SMS));
        assertThat(counts(undoing(bad, worse).at(then).plan(history))).containsExactly("1,sms: 1 -> 3");
        RestorePlan plan = undoing(worse).at(then).plan(history);
        assertThat(reasons(plan)).containsExactly("others had changed it in the meantime");
        assertThat(counts(undoing(worse)
                        .at(then)
                        .onConflict(ConflictMode.OVERWRITE)
                        .plan(history)))
                .containsExactly("1,sms: 1 -> 3");
    }

    @Test
    void keysAndConditionsNarrowAndColumnsAreRefused() {
        Transaction bad = life.commit(delete(SMS), update(APP, MAIL));
        TableInfo logins = history.tables().get(0);
        Scope.Narrowing where =
                new Scope.Narrowing(logins, null, false, List.of(Expression.parse("how = 'app'", LOGINS)));
        assertThat(counts(undoing(bad).of(where).plan(history))).containsExactly("2,app: 0 -> 1", "1,mail: 1 -> 0");
        Scope.Narrowing key = new Scope.Narrowing(logins, SMS.key(), false, List.of());
        assertThat(counts(undoing(bad).of(key).plan(history))).containsExactly("1,sms: 2 -> 3");
        assertThat(reasons(undoing(bad).columns(Set.of("how"), Set.of()).plan(history)))
                .containsExactly("of rows without a key no columns can be chosen");
    }

    @Test
    void historyWithAHoleIsRefused() {
        Transaction bad = life.commit(delete(SMS));
        history.uncovered(LOGINS.id(), life.here());
        life.commit(insert(row(
                TableFixture.table("others").column("id", "bigint").key("id").build(), "1")));
        assertThat(reasons(undoing(bad).plan(history)))
                .singleElement()
                .asString()
                .contains("it was dropped, not published, or rewritten");
    }

    @Test
    void aReversalSwapsTheNumbers() {
        Transaction bad = life.commit(delete(SMS), update(APP, MAIL));
        RestorePlan undo = Reversal.of(undoing(bad).plan(history));
        assertThat(counts(undo)).containsExactly("1,sms: 3 -> 2", "2,app: 1 -> 0", "1,mail: 0 -> 1");
    }

    /** The history's rows, but that there are so many of each. */
    private record Many(CurrentRows history, long count) implements CurrentRows {
        @Override
        public List<TableInfo> tables(List<TableInfo> tables) {
            return history.tables(tables);
        }

        @Override
        public boolean areLast() {
            return history.areLast();
        }

        @Override
        public Optional<String> obstacle(TableInfo table) {
            return history.obstacle(table);
        }

        @Override
        public Map<RowKey, RowImage> rows(TableInfo table, Map<RowKey, Optional<RowImage>> last) {
            return history.rows(table, last);
        }

        @Override
        public Map<RowKey, Long> counts(TableInfo table, Map<RowKey, Long> last) {
            return last.keySet().stream().collect(Collectors.toMap(key -> key, key -> count));
        }

        @Override
        public Set<RowKey> present(TableInfo table, Set<RowKey> keys) {
            return history.present(table, keys);
        }

        @Override
        public Obstacles obstacles(List<Draft> drafts, ConflictMode conflictMode) {
            return history.obstacles(drafts, conflictMode);
        }
    }

    @Test
    void moreEqualRowsThanAllowedAreCountedAndNeverMade() {
        Lsn then = life.here();
        Transaction bad = life.commit(delete(SMS), update(SMS, MAIL));
        assertThat(undoing(bad).maxRows(2).plan(history).rows()).isEqualTo(2);
        assertThatThrownBy(() -> undoing(bad).maxRows(1).plan(history)).hasMessageContaining("the plan has 2 rows");
        RestoreRequest request =
                undoing(bad).at(then).onConflict(ConflictMode.OVERWRITE).request();
        CurrentRows many = new Many(new HistoryRows(history), 4_000_000_000L);
        assertThatThrownBy(() -> RestorePlanner.plan(history, request, many))
                .isInstanceOf(RowbackException.class)
                .hasMessageContaining("the plan has 7999999997 rows, more than the 1000 that are allowed");
    }
}
