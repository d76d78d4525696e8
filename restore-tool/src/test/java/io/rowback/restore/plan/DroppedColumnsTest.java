package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What comes back of columns that are gone. */
final class DroppedColumnsTest {
    private static final TableSchema WITH = TableFixture.table("users")
            .column("id", "bigint")
            .column("mail", "text")
            .column("plan", "text")
            .key("id")
            .build();
    private static final TableSchema WITHOUT = TableFixture.table("users")
            .column("id", "bigint")
            .column("mail", "text")
            .key("id")
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);
    private ConflictMode onConflict = ConflictMode.REFUSE;

    private RestoreRequest request(Lsn at, String condition, String... columns) {
        List<Expression> conditions = condition.isEmpty()
                ? List.of()
                : List.of(Expression.parse(condition, history.tables().get(0).schema()));
        Scope.Narrowing narrowing = new Scope.Narrowing(history.tables().get(0), null, false, conditions);
        return new RestoreRequest(
                new Scope(List.of(new Scope.Window(at, Lsn.MAX)), true, List.of(narrowing)),
                at,
                new ColumnChoice(Set.of(columns), Set.of()),
                Set.of(Operation.DELETE, Operation.UPDATE),
                onConflict,
                false,
                10);
    }

    private RestorePlan plan(Lsn at) {
        RestoreRequest request = request(at, "", "plan");
        return DroppedColumns.plan(
                history, request, DroppedColumns.askedFor(request).orElseThrow());
    }

    /** Five users, of whom the second has no plan; the column goes after here. */
    private Lsn begin() {
        return life.baseline(
                WITH,
                row(WITH, "1", "ann", "pro"),
                row(WITH, "2", "bob", null),
                row(WITH, "3", "cid", "free"),
                row(WITH, "4", "dan", "pro"),
                row(WITH, "5", "eve", "free"));
    }

    private void dropColumn() {
        Lsn after = life.here();
        life.commit(insert(row(WITHOUT, "9", "new")));
        history.altered(WITHOUT, after, life.here());
    }

    @Test
    void rowsThatAreStillThereGetTheLastValueAndKeepAllElse() {
        Lsn at = begin();
        dropColumn();
        life.commit(
                update(row(WITHOUT, "1", "ann"), row(WITHOUT, "1", "anna")),
                delete(row(WITHOUT, "3", "cid")),
                delete(row(WITHOUT, "4", "dan")),
                insert(row(WITHOUT, "4", "another dan")),
                update(row(WITHOUT, "5", "eve"), row(WITHOUT, "6", "eve")));
        RestorePlan plan = plan(at);
        assertThat(writes(plan)).containsExactly("update users 1: plan NULL->pro", "update users 6: plan NULL->free");
        assertThat(plan.outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(plan.definitions().get(0).columns()).extracting(Column::name).containsExactly("plan");
        assertThat(plan.definitions().get(0).isOfTable()).isFalse();
        assertThat(writes(plan(Lsn.MAX))).isEqualTo(writes(plan));
    }

    @Test
    void valuesWrittenUntilTheDropAreTheLastAndEarlierOnesAConflict() {
        Lsn at = begin();
        life.commit(
                update(row(WITH, "1", "ann", "pro"), row(WITH, "1", "ann", "max")),
                insert(row(WITH, "7", "fay", "trial")));
        dropColumn();
        assertThat(writes(plan(Lsn.MAX)))
                .contains("update users 1: plan NULL->max", "update users 7: plan NULL->trial");
        RestorePlan plan = plan(at);
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(findings(plan))
                .containsExactly("users 1: column plan was changed between then and when it was dropped");
        onConflict = ConflictMode.OVERWRITE;
        assertThat(writes(plan(at))).contains("update users 1: plan NULL->pro", "update users 7: plan NULL->trial");
        onConflict = ConflictMode.SKIP;
        assertThat(writes(plan(at))).doesNotContain("update users 1: plan NULL->pro");
    }

    @Test
    void columnsThatAreThereOrRenamedAreNotTakenForDropped() {
        Lsn at = begin();
        assertThat(DroppedColumns.askedFor(request(at, "", "plan"))).isEmpty();
        TableSchema renamed = TableFixture.table("users")
                .column("id", "bigint")
                .column("mail", "text")
                .column("tariff", "text")
                .key("id")
                .build();
        life.commit(insert(row(renamed, "9", "new", "x")));
        assertThat(DroppedColumns.askedFor(request(at, "", "plan"))).isEmpty();
    }

    @Test
    void whatCannotBeMadeIsRefusedByName() {
        Lsn at = begin();
        dropColumn();
        refused("table users gets a column back in all its rows", request(at, "mail = 'ann'", "plan"));
        refused("table users has lost columns [plan] only", request(at, "", "plan", "mail"));
        TableSchema again = TableFixture.table("users")
                .column("id", "bigint")
                .column("mail", "text")
                .column(new Column("plan", 7, 25, "text", false, Column.Identity.NONE, false, true, null, true))
                .key("id")
                .build();
        life.commit(insert(row(again, "10", "newer", "x")));
        refused("table users has another column now that is called plan", request(at, "", "plan"));
    }

    private void refused(String message, RestoreRequest request) {
        assertThatThrownBy(() -> DroppedColumns.plan(
                        history, request, DroppedColumns.askedFor(request).orElseThrow()))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage(message);
    }
}
