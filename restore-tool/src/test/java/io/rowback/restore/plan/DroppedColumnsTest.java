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
import io.rowback.history.Column.Identity;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.query.Tables;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What comes back of columns that are gone. */
final class DroppedColumnsTest {
    private static final TableSchema WITH =
            users().column("plan", "text").key("id").build();
    private static final TableSchema WITHOUT = users().key("id").build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);
    private ConflictMode onConflict = ConflictMode.REFUSE;

    private RestoreRequest request(Lsn at, String condition, String... columns) {
        TableInfo users = new Tables(history.tables()).byId(WITH.id()).orElseThrow();
        List<Expression> conditions =
                condition.isEmpty() ? List.of() : List.of(Expression.parse(condition, users.schema()));
        Scope.Narrowing narrowing = new Scope.Narrowing(users, null, false, conditions);
        return new RestoreRequest(
                new Scope(List.of(new Scope.Window(at, Lsn.MAX)), true, List.of(narrowing)),
                at,
                new ColumnChoice(Set.of(columns), Set.of()),
                Set.of(Operation.DELETE, Operation.UPDATE),
                onConflict,
                false,
                5);
    }

    private RestorePlan plan(Lsn at) {
        return plan(request(at, "", "plan"));
    }

    private RestorePlan plan(RestoreRequest request) {
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
        drop(WITHOUT, "9", "new");
    }

    private void drop(TableSchema without, String... since) {
        Lsn after = life.here();
        life.commit(insert(row(without, since)));
        history.altered(without, after, life.here());
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
    void columnsThatWentOneAfterTheOtherComeBackTogether() {
        TableSchema both =
                users().column("plan", "text").column("note", "text").key("id").build();
        life.baseline(both, row(both, "1", "ann", "pro", "x"));
        drop(WITH, "8", "new", "free");
        drop(WITHOUT, "9", "newer");
        assertThat(writes(plan(request(Lsn.MAX, "", "plan", "note"))))
                .containsExactly("update users 1: plan NULL->pro note NULL->x", "update users 8: plan NULL->free");
    }

    @Test
    void columnsThatAreThereOrRenamedAreNotTakenForDropped() {
        Lsn at = begin();
        assertThat(DroppedColumns.askedFor(request(at, "", "plan"))).isEmpty();
        TableSchema renamed = users().column("tariff", "text").key("id").build();
        life.commit(insert(row(renamed, "9", "new", "x")));
        assertThat(DroppedColumns.askedFor(request(at, "", "plan"))).isEmpty();
    }

    @Test
    void whatCannotBeMadeIsRefusedByName() {
        Lsn at = begin();
        dropColumn();
        refused("table users gets a column back in all its rows", request(at, "mail = 'ann'", "plan"));
        refused("table users has lost columns [plan] only", request(at, "", "plan", "mail"));
        TableSchema again = users().column(
                        new Column("plan", 7, 25, "text", false, Identity.NONE, false, true, null, true))
                .key("id")
                .build();
        life.commit(insert(row(again, "10", "newer", "x")));
        refused("table users has another column now that is called plan", request(at, "", "plan"));
    }

    @Test
    void whatWentWithTheColumnIsLeftToAPersonByName() {
        TableSchema plans =
                TableFixture.table("plans").column("id", "bigint").key("id").build();
        TableSchema with = users().column(
                        new Column("plan", 3, 20, "bigint", true, Identity.ALWAYS, false, true, "public.s", true))
                .unique("mail", "plan")
                .unique("mail")
                .foreignKey("plan", plans, ForeignKey.Action.CASCADE)
                .foreignKey("id", plans, ForeignKey.Action.CASCADE)
                .key("id")
                .build();
        life.baseline(plans);
        Lsn at = life.baseline(with, row(with, "1", "ann", "5"));
        drop(WITHOUT, "9", "new");
        assertThat(plan(at).definitions().get(0).notMade())
                .containsExactly(
                        "NOT NULL of column plan, since rows that came later have no value",
                        "the identity of column plan",
                        "unique constraint or index users_mail_plan_key on [mail, plan]",
                        "foreign key users_plan_fkey of [plan] to plans [id]");
    }

    @Test
    void columnOfAPartitionIsLeftToItsRoot() {
        cannotBeMade(
                "table users is a partition: its columns are those of its root",
                users().column("plan", "text").key("id").partitionOf("people").build(),
                users().key("id").partitionOf("people").build());
    }

    @Test
    void generatedColumnIsNotMade() {
        Column generated = new Column("plan", 3, 25, "text", false, Identity.NONE, true, true, null, true);
        cannotBeMade(
                "table users has lost a generated column, whose expression is not known",
                users().column(generated).key("id").build(),
                WITHOUT);
    }

    @Test
    void columnOfATableWithoutAKeyIsNotMade() {
        cannotBeMade(
                "table users has no key by which its rows could get a column back",
                users().column("plan", "text").build(),
                users().build());
    }

    @Test
    void moreRowsThanAllowedAreRefused() {
        Lsn at = life.baseline(
                WITH,
                IntStream.rangeClosed(1, 11)
                        .mapToObj(id -> row(WITH, Integer.toString(id), "x", "pro"))
                        .toArray(RowImage[]::new));
        drop(WITHOUT, "20", "new");
        refused("table users has more rows to update than the 5 that are allowed", request(at, "", "plan"));
    }

    private static TableFixture users() {
        return TableFixture.table("users").column("id", "bigint").column("mail", "text");
    }

    private void cannotBeMade(String message, TableSchema with, TableSchema without) {
        Lsn at = life.baseline(with, row(with, "1", "ann", "pro"));
        drop(without, "9", "new");
        refused(message, request(at, "", "plan"));
    }

    private void refused(String message, RestoreRequest request) {
        assertThatThrownBy(() -> plan(request))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage(message);
    }
}
