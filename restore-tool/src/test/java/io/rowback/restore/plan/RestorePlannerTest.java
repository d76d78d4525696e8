package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.undoing;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.ReplicaIdentity;
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
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RestorePlannerTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("a", "text")
            .column("b", "text")
            .key("id")
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @BeforeEach
    void begin() {
        life.baseline(USERS, user("1", "x", "y"), user("2", "x", "y"));
    }

    private static RowImage user(String id, @Nullable String a, @Nullable String b) {
        return row(USERS, id, a, b);
    }

    private TableInfo users() {
        return history.tables().get(0);
    }

    private static Scope.Narrowing where(TableInfo table, String condition) {
        return new Scope.Narrowing(table, null, false, List.of(Expression.parse(condition, table.schema())));
    }

    @Test
    void deletedRowComesBackWholeAsItWas() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).containsExactly("insert users 1: 1,x,y");
        assertThat(plan.outcome()).isEqualTo(Outcome.WHOLE);
    }

    @Test
    void rowDeletedUnderDefaultIdentityIsFilledFromHistory() {
        TableSchema table = TableFixture.table("docs")
                .column("id", "bigint")
                .column("body", "text")
                .key("id")
                .identity(ReplicaIdentity.DEFAULT)
                .build();
        life.baseline(table, row(table, "1", "long"));
        life.commit(update(row(table, "1", "long"), row(table, "1", UNKNOWN)));
        Transaction bad = life.commit(delete(row(table, "1", "long")));
        assertThat(writes(undoing(bad).plan(history))).containsExactly("insert docs 1: 1,long");
    }

    @Test
    void onlyColumnsThatTheScopeChangedArePutBack() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", null, "y")));
        life.commit(update(user("1", null, "y"), user("1", null, "later")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).containsExactly("update users 1: a NULL->x");
        assertThat(plan.findings()).isEmpty();
    }

    @Test
    void whatOthersWroteBeforeAndBetweenSurvives() {
        life.commit(update(user("1", "x", "y"), user("1", "x", "mine")));
        Transaction first = life.commit(update(user("1", "x", "mine"), user("1", "bad", "mine")));
        life.commit(update(user("1", "bad", "mine"), user("1", "good", "between")));
        Transaction second = life.commit(update(user("1", "good", "between"), user("1", "bad2", "between")));
        assertThat(writes(undoing(first, second).plan(history))).containsExactly("update users 1: a bad2->good");
        Transaction third = life.commit(delete(user("1", "bad2", "between")));
        assertThat(writes(undoing(first, second, third).plan(history)))
                .containsExactly("insert users 1: 1,good,between");
    }

    @Test
    void rowThatOnlyTheScopeInsertedNeverComesBack() {
        Transaction in = life.commit(insert(user("9", "test", "test")));
        Transaction out = life.commit(delete(user("9", "test", "test")), delete(user("1", "x", "y")));
        assertThat(writes(undoing(in, out).plan(history))).containsExactly("insert users 1: 1,x,y");
        assertThat(writes(undoing(out).plan(history)))
                .containsExactly("insert users 1: 1,x,y", "insert users 9: 9,test,test");
    }

    @Test
    void rowThatTheScopeInsertedIsDeletedOnlyWhenAsked() {
        Transaction bad = life.commit(insert(user("9", "x", "y")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(plan.leftInserted()).containsEntry(USERS.name(), 1L);
        assertThat(plan.outcome()).isEqualTo(Outcome.WHOLE);
        assertThat(writes(undoing(bad).operations(Operation.INSERT).plan(history)))
                .containsExactly("delete users 9");
    }

    @Test
    void insertedRowThatSomebodyChangedIsAConflict() {
        Transaction bad = life.commit(insert(user("9", "x", "y")));
        life.commit(update(user("9", "x", "y"), user("9", "x", "used")));
        RestorePlan plan = undoing(bad).operations(Operation.INSERT).plan(history);
        assertThat(findings(plan)).containsExactly("users 9: the scope inserted it and somebody changed it since");
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void operationsThatAreNotNamedStand() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", "bad", "y")), delete(user("2", "x", "y")));
        assertThat(writes(undoing(bad).operations(Operation.DELETE).plan(history)))
                .containsExactly("insert users 2: 2,x,y");
        assertThat(writes(undoing(bad).operations(Operation.UPDATE).plan(history)))
                .containsExactly("update users 1: a bad->x");
        Transaction upsert = life.commit(update(user("1", "bad", "y"), user("1", "bad", "z")));
        Transaction gone = life.commit(delete(user("1", "bad", "z")));
        assertThat(writes(undoing(upsert, gone).operations(Operation.DELETE).plan(history)))
                .containsExactly("insert users 1: 1,bad,z");
    }

    @Test
    void whatHoldsTheWantedValueAlreadyNeedsNothing() {
        Transaction bad =
                life.commit(update(user("1", "x", "y"), user("1", "bad", "bad")), delete(user("2", "x", "y")));
        life.commit(update(user("1", "bad", "bad"), user("1", "x", "bad")), insert(user("2", "x", "y")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).containsExactly("update users 1: b bad->y");
        assertThat(plan.findings()).isEmpty();
    }

    @Test
    void columnThatSomebodyChangedSinceIsTheConflictNotTheRow() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", null, null)));
        Transaction later = life.commit(update(user("1", null, null), user("1", "fresh", null)));
        RestorePlan refused = undoing(bad).plan(history);
        assertThat(refused.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(findings(refused)).containsExactly("users 1.a: somebody changed it since");
        assertThat(refused.conflicts()).first().satisfies(finding -> {
            Finding.ColumnConflict conflict = (Finding.ColumnConflict) finding;
            assertThat(conflict.wanted() + " " + conflict.damaged() + " " + conflict.now())
                    .isEqualTo("x NULL fresh");
            assertThat(conflict.by()).isEqualTo(later);
        });
        RestorePlan skipped = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(skipped)).containsExactly("update users 1: b NULL->y");
        assertThat(skipped.outcome()).isEqualTo(Outcome.PARTIAL);
        RestorePlan overwritten =
                undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history);
        assertThat(writes(overwritten)).containsExactly("update users 1: a fresh->x b NULL->y");
        assertThat(findings(overwritten)).hasSize(1);
        assertThat(overwritten.outcome()).isEqualTo(Outcome.WHOLE);
    }

    @Test
    void columnsThatWereNotChosenAreNoConflictEither() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", null, null)));
        life.commit(update(user("1", null, null), user("1", "fresh", null)));
        RestorePlan only = undoing(bad).columns(Set.of("b"), Set.of()).plan(history);
        assertThat(writes(only)).containsExactly("update users 1: b NULL->y");
        assertThat(only.findings()).isEmpty();
        assertThat(writes(undoing(bad).columns(Set.of(), Set.of("a")).plan(history)))
                .containsExactly("update users 1: b NULL->y");
    }

    @Test
    void rowInsertedAgainWithOtherValuesIsAConflict() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        life.commit(insert(user("1", "new", "y")));
        assertThat(findings(undoing(bad).plan(history)))
                .containsExactly("users 1: the scope deleted it and somebody inserted it again with other values");
        assertThat(writes(undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("update users 1: a new->x");
        assertThat(writes(undoing(bad)
                        .columns(Set.of(), Set.of("a"))
                        .onConflict(ConflictMode.OVERWRITE)
                        .plan(history)))
                .as("the row is there, so columns can be left out")
                .isEmpty();
    }

    @Test
    void rowInsertedAgainAndThenDamagedAgainIsAConflictUnlessTheScopeDidIt() {
        Transaction bad = life.commit(delete(user("1", "x", "y")), delete(user("2", "x", "y")));
        Transaction again = life.commit(insert(user("1", "new", "y")), insert(user("2", "new", "y")));
        Transaction worse =
                life.commit(update(user("1", "new", "y"), user("1", "new", "bad")), delete(user("2", "new", "y")));
        RestorePlan plan = undoing(bad, worse).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(plan.repairs()).isEmpty();
        assertThat(findings(plan))
                .containsExactly(
                        "users 1: the scope deleted it and somebody inserted it again with other values",
                        "users 2: the scope deleted it and somebody inserted it again with other values");
        List<String> first = List.of("update users 1: a new->x b bad->y", "insert users 2: 2,x,y");
        assertThat(writes(undoing(bad, worse).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .isEqualTo(first);
        assertThat(writes(undoing(bad, again, worse).plan(history))).isEqualTo(first);
    }

    @Test
    void rowInsertedAgainThatSomebodyDeletedIsNoConflictWithTheOneThatFollowed() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        life.commit(insert(user("1", "new", "y")));
        life.commit(delete(user("1", "new", "y")));
        life.commit(insert(user("1", "newer", "y")));
        Transaction worse = life.commit(update(user("1", "newer", "y"), user("1", "newer", "bad")));
        RestorePlan plan = undoing(bad, worse).plan(history);
        assertThat(findings(plan)).isEmpty();
        assertThat(writes(plan)).containsExactly("update users 1: b bad->y");
    }

    @Test
    void updatedRowThatSomebodyDeletedIsAConflict() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", "bad", "y")));
        life.commit(delete(user("1", "bad", "y")));
        assertThat(findings(undoing(bad).plan(history))).containsExactly("users 1: somebody deleted it since");
        assertThat(writes(undoing(bad).onConflict(ConflictMode.SKIP).plan(history)))
                .isEmpty();
        assertThat(writes(undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("insert users 1: 1,x,y");
    }

    @Test
    void asOfPutsBackOnePointAndNamesWhatItWouldDiscard() {
        Lsn point = life.here();
        life.commit(update(user("2", "x", "y"), user("2", "x", "others")));
        Transaction bad = life.commit(
                update(user("1", "x", "y"), user("1", "bad", "y")),
                update(user("2", "x", "others"), user("2", "bad", "others")));
        RestorePlan plan = undoing(bad).at(point).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).containsExactly("update users 1: a bad->x", "update users 2: a bad->x");
        assertThat(findings(plan)).containsExactly("users 2.b: others had changed it in the meantime");
        assertThat(writes(undoing(bad)
                        .at(point)
                        .onConflict(ConflictMode.OVERWRITE)
                        .plan(history)))
                .containsExactly("update users 1: a bad->x", "update users 2: a bad->x b others->y");
    }

    @Test
    void asOfOfAPointThatIsNotCoveredIsNotAnswered() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        assertThatThrownBy(() -> undoing(bad).at(new Lsn(1)).plan(history))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED));
    }

    @Test
    void unknownValueIsRefusedNeverInvented() {
        TableSchema table = TableFixture.table("docs")
                .column("id", "bigint")
                .column("body", "text")
                .key("id")
                .build();
        life.baseline(table, row(table, "1", UNKNOWN), row(table, "2", UNKNOWN), row(table, "3", "c"));
        Transaction bad = life.commit(
                delete(row(table, "1", UNKNOWN)),
                update(row(table, "2", UNKNOWN), row(table, "2", "b")),
                delete(row(table, "3", "c")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(findings(plan))
                .containsExactly(
                        "docs 1: column body: the history does not know what it held",
                        "docs 2: column body: the history does not know what it held");
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
        RestorePlan incomplete = undoing(bad).allowIncomplete().plan(history);
        assertThat(writes(incomplete)).containsExactly("insert docs 3: 3,c");
        assertThat(incomplete.outcome()).isEqualTo(Outcome.PARTIAL);
    }

    @Test
    void unknownValueThatTheScopeLeftAloneDoesNotMatter() {
        TableSchema table = TableFixture.table("docs")
                .column("id", "bigint")
                .column("body", "text")
                .column("seen", "integer")
                .key("id")
                .build();
        life.baseline(table, row(table, "1", UNKNOWN, "1"));
        Transaction bad = life.commit(update(row(table, "1", UNKNOWN, "1"), row(table, "1", UNKNOWN, "2")));
        assertThat(writes(undoing(bad).plan(history))).containsExactly("update docs 1: seen 2->1");
    }

    @Test
    void rowWhoseHistoryHasAGapIsRefused() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        life.commit();
        history.gap(new Gap(bad.end(), life.here(), life.now(), life.now(), "the slot was lost"));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(plan.refusals()).singleElement().satisfies(row -> assertThat(row.reason())
                .startsWith("what changed from LSN " + bad.end() + " on is not known: the log from LSN " + bad.end())
                .endsWith("was lost: the slot was lost"));
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void gapWhereTransactionsWereLookedForIsTold() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        history.gap(new Gap(new Lsn(0x10), new Lsn(0x20), life.now(), life.now(), "the slot was lost"));
        List<Scope.Window> commits = List.of(Scope.Window.of(bad.commit()));
        List<Scope.Window> searched = List.of(new Scope.Window(Lsn.ZERO, life.here()));
        Planning named = undoing(bad);
        assertThat(named.plan(history).missing()).isEmpty();
        RestorePlan plan =
                named.of(new Scope(commits, false, List.of(), searched, false)).plan(history);
        assertThat(plan.missing()).singleElement().asString().contains("was lost: the slot was lost");
        assertThat(plan.outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void changedKeyIsSetBackWithTheRest() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("7", "bad", "y")));
        life.commit(update(user("7", "bad", "y"), user("7", "bad", "later")));
        assertThat(writes(undoing(bad).plan(history))).containsExactly("update users 7: id 7->1 a bad->x");
        Transaction gone = life.commit(delete(user("7", "bad", "later")));
        assertThat(writes(undoing(bad, gone).plan(history))).containsExactly("insert users 1: 1,x,later");
    }

    @Test
    void changedKeyThatWasReusedIsRefused() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("7", "x", "y")));
        life.commit(insert(user("1", "another", "row")));
        assertThat(undoing(bad).plan(history).refusals()).hasSize(1);
    }

    @Test
    void rowsThatExchangedTheirKeysAreRefusedAndNotTakenForOne() {
        life.commit(update(user("2", "x", "y"), user("2", "z", "y")));
        Transaction bad = life.commit(
                update(user("1", "x", "y"), user("2", "x", "y")), update(user("2", "z", "y"), user("1", "z", "y")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(plan.refusals()).singleElement().asString().contains("belonged to another row");
        assertThat(writes(undoing(life.commit(delete(user("1", "z", "y")))).plan(history)))
                .as("what happened since")
                .containsExactly("insert users 1: 1,z,y");
    }

    @Test
    void rowThatTookAnothersPlaceInOneTransactionIsRefused() {
        Transaction bad = life.commit(insert(user("1", "new", "y")), delete(user("1", "x", "y")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(plan.refusals()).singleElement().asString().contains("belonged to another row");
    }

    @Test
    void truncateIsUndoneRowByRow() {
        life.commit(insert(user("3", "a", "b")));
        Transaction bad = life.commit(truncate(USERS));
        life.commit(insert(user("4", "new", "row")));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly("insert users 1: 1,x,y", "insert users 2: 2,x,y", "insert users 3: 3,a,b");
    }

    @Test
    void narrowingIsByKeyAndByTheWantedRow() {
        Transaction bad = life.commit(
                update(user("1", "x", "y"), user("1", "bad", "y")), update(user("2", "x", "y"), user("2", "bad", "y")));
        assertThat(writes(undoing(bad)
                        .of(new Scope.Narrowing(users(), RowKey.of("2"), false, List.of()))
                        .plan(history)))
                .containsExactly("update users 2: a bad->x");
        assertThat(writes(undoing(bad).of(where(users(), "a = 'x' and id < 2")).plan(history)))
                .containsExactly("update users 1: a bad->x");
        assertThat(writes(undoing(bad).of(where(users(), "a = 'bad'")).plan(history)))
                .isEmpty();
    }

    @Test
    void conditionThatCannotBeToldRefusesTheRow() {
        life.baseline(USERS, user("1", "x", UNKNOWN));
        Transaction bad = life.commit(update(user("1", "x", UNKNOWN), user("1", "bad", UNKNOWN)));
        RestorePlan plan = undoing(bad).of(where(users(), "b = 'y'")).plan(history);
        assertThat(findings(plan)).containsExactly("users 1: whether it meets the condition is not known");
    }

    @Test
    void rowsOfWhichTheSameIsPutBackFollowEachOther() {
        life.baseline(USERS, user("3", "x", "y"), user("4", "x", "y"));
        Transaction bad = life.commit(
                update(user("1", "x", "y"), user("1", null, "y")),
                update(user("2", "x", "y"), user("2", null, null)),
                update(user("3", "x", "y"), user("3", null, "y")),
                update(user("4", "x", "y"), user("4", null, null)));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly(
                        "update users 1: a NULL->x",
                        "update users 3: a NULL->x",
                        "update users 2: a NULL->x b NULL->y",
                        "update users 4: a NULL->x b NULL->y");
    }

    @Test
    void rowsThatStayAreToldInTheSameOrderByEveryProcess() {
        List<TableSchema> tables = IntStream.range(0, 20)
                .mapToObj(i -> TableFixture.table("t" + i)
                        .column("id", "bigint")
                        .key("id")
                        .build())
                .toList();
        tables.forEach(life::baseline);
        Transaction bad = life.commit(
                tables.stream().map(table -> insert(row(table, "1"))).toArray(HistoryFixture.Draft[]::new));
        assertThat(List.copyOf(undoing(bad).plan(history).leftInserted().keySet()))
                .isSorted();
    }

    @Test
    void windowIsHalfOpen() {
        Transaction first = life.commit(update(user("1", "x", "y"), user("1", "1", "y")));
        Transaction second = life.commit(update(user("2", "x", "y"), user("2", "2", "y")));
        assertThat(writes(undoing(first.commit(), second.commit()).plan(history)))
                .containsExactly("update users 1: a 1->x");
    }

    @Test
    void planThatIsTooLargeIsRefused() {
        Transaction bad = life.commit(delete(user("1", "x", "y")), delete(user("2", "x", "y")));
        assertThat(undoing(bad).maxRows(2).plan(history).repairs()).hasSize(2);
        assertThatThrownBy(() -> undoing(bad).maxRows(1).plan(history))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED));
    }

    @Test
    void rowWithConflictsInSeveralColumnsIsOneRowOfThePlan() {
        Transaction bad = life.commit(
                update(user("1", "x", "y"), user("1", "bad", "bad")),
                update(user("2", "x", "y"), user("2", "bad", "bad")));
        life.commit(update(user("1", "bad", "bad"), user("1", "later", "later")));
        life.commit(update(user("2", "bad", "bad"), user("2", "later", "bad")));
        Planning skipping = undoing(bad).onConflict(ConflictMode.SKIP);
        RestorePlan plan = skipping.maxRows(2).plan(history);
        assertThat(writes(plan)).containsExactly("update users 2: b bad->y");
        assertThat(findings(plan)).hasSize(3);
        assertThatThrownBy(() -> skipping.maxRows(1).plan(history))
                .hasMessage("the plan has 2 rows, more than the 1 that are allowed");
    }

    @Test
    void columnIsChosenByTheNameThatItHadUnlessAnotherHasItNow() {
        Transaction bad = life.commit(update(user("1", "x", "y"), user("1", "bad", "bad")));
        TableSchema renamed = TableFixture.table("users")
                .column("id", "bigint")
                .column("b", "text")
                .column("c", "text")
                .key("id")
                .build();
        life.commit(update(row(renamed, "2", "x", "y"), row(renamed, "2", "x", "z")));
        assertThat(writes(undoing(bad).columns(Set.of("a"), Set.of()).plan(history)))
                .containsExactly("update users 1: b bad->x");
        assertThat(writes(undoing(bad).columns(Set.of("b"), Set.of()).plan(history)))
                .containsExactly("update users 1: b bad->x");
        assertThat(writes(undoing(bad).columns(Set.of(), Set.of("a")).plan(history)))
                .containsExactly("update users 1: c bad->y");
    }

    @Test
    void renamedColumnIsFoundAndDroppedOneIsRefusedByName() {
        Transaction bad = life.commit(delete(user("1", "x", "y")));
        TableSchema renamed = TableFixture.table("users")
                .column("id", "bigint")
                .column("alpha", "text")
                .column("b", "text")
                .key("id")
                .build();
        life.commit(update(row(renamed, "2", "x", "y"), row(renamed, "2", "x", "z")));
        assertThat(writes(undoing(bad).plan(history))).containsExactly("insert users 1: 1,x,y");
        TableSchema dropped = TableFixture.table("users")
                .column("id", "bigint")
                .column("alpha", "text")
                .key("id")
                .build();
        life.commit(update(row(dropped, "2", "x"), row(dropped, "2", "w")));
        assertThat(findings(undoing(bad).plan(history)))
                .containsExactly("users 1: column b no longer exists; leave it out with --except-columns");
        assertThat(writes(undoing(bad).columns(Set.of(), Set.of("b")).plan(history)))
                .containsExactly("insert users 1: 1,x");
    }
}
