package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.undoing;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey;
import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DependenciesTest {
    private static final TableSchema PARENTS = TableFixture.table("z_parents")
            .column("id", "bigint")
            .column("v", "text")
            .key("id")
            .build();
    private static final TableSchema CHILDREN = TableFixture.table("children")
            .column("id", "bigint")
            .column("parent", "bigint")
            .key("id")
            .foreignKey("parent", PARENTS, Action.SET_NULL)
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @Test
    void parentsComeBeforeChildrenWhateverTheOrderOfDeletion() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "11", "1"));
        Transaction bad = life.commit(
                delete(row(PARENTS, "1", "x")),
                delete(row(CHILDREN, "10", "1")),
                update(row(CHILDREN, "11", "1"), row(CHILDREN, "11", null)));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly(
                        "insert z_parents 1: 1,x", "insert children 10: 10,1", "update children 11: parent NULL->1");
    }

    @Test
    void tablesThatBelongTogetherGoBackToOneMoment() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"), row(PARENTS, "2", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "11", "1"), row(CHILDREN, "12", "2"));
        life.commit(
                update(row(PARENTS, "1", "x"), row(PARENTS, "1", "y")),
                delete(row(CHILDREN, "10", "1")),
                update(row(CHILDREN, "12", "2"), row(CHILDREN, "12", "1")));
        Lsn moment = life.here();
        Transaction later = life.commit(
                update(row(CHILDREN, "12", "1"), row(CHILDREN, "12", "2")),
                update(row(PARENTS, "1", "y"), row(PARENTS, "1", "z")));
        Transaction last = life.commit(delete(row(CHILDREN, "11", "1")), delete(row(PARENTS, "1", "z")));
        assertThat(writes(undoing(later, last).at(moment).plan(history)))
                .containsExactly(
                        "insert z_parents 1: 1,y", "insert children 11: 11,1", "update children 12: parent 2->1");
    }

    @Test
    void oneParentOfSeveralPartitionsSuffices() {
        TableSchema first =
                TableFixture.table("part1").column("id", "bigint").key("id").build();
        TableSchema second =
                TableFixture.table("part2").column("id", "bigint").key("id").build();
        TableSchema child = TableFixture.table("child")
                .column("id", "bigint")
                .column("part", "bigint")
                .key("id")
                .foreignKey("part", first, Action.CASCADE)
                .foreignKey("part", second, Action.CASCADE)
                .build();
        life.baseline(first, row(first, "1"));
        life.baseline(second, row(second, "2"));
        life.baseline(child, row(child, "10", "2"));
        Transaction orphaned = life.commit(delete(row(child, "10", "2")));
        Transaction parent = life.commit(delete(row(second, "2")));
        assertThat(findings(undoing(orphaned).plan(history))).hasSize(1);
        assertThat(writes(undoing(orphaned, parent).plan(history)))
                .containsExactly("insert part2 2: 2", "insert child 10: 10,2");
    }

    @Test
    void rowsOfATreeComeParentsFirst() {
        var fixture = TableFixture.table("tree")
                .column("id", "bigint")
                .column("up", "bigint")
                .key("id");
        TableSchema bare = fixture.build();
        TableSchema tree = fixture.foreignKey("up", bare, Action.CASCADE).build();
        life.baseline(tree, row(tree, "1", "3"), row(tree, "2", "1"), row(tree, "3", null));
        Transaction bad =
                life.commit(delete(row(tree, "3", null)), delete(row(tree, "1", "3")), delete(row(tree, "2", "1")));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly("insert tree 3: 3,NULL", "insert tree 1: 1,3", "insert tree 2: 2,1");
    }

    @Test
    void rowsThatReferToEachOtherAreOneStatement() {
        var fixture = TableFixture.table("tree")
                .column("id", "bigint")
                .column("up", "bigint")
                .key("id");
        TableSchema bare = fixture.build();
        TableSchema tree = fixture.foreignKey("up", bare, Action.CASCADE).build();
        life.baseline(tree, row(tree, "1", "2"), row(tree, "2", "1"), row(tree, "3", "1"));
        Transaction bad =
                life.commit(delete(row(tree, "3", "1")), delete(row(tree, "1", "2")), delete(row(tree, "2", "1")));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly("insert tree 1: 1,2 + insert tree 2: 2,1", "insert tree 3: 3,1");
    }

    @Test
    void whatHangsOnASkippedRowIsSkippedToo() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"), row(PARENTS, "2", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "20", "2"));
        Transaction bad = life.commit(
                update(row(PARENTS, "1", "x"), row(PARENTS, "1", "bad")),
                delete(row(CHILDREN, "10", "1")),
                delete(row(CHILDREN, "20", "2")),
                delete(row(PARENTS, "2", "x")));
        life.commit(delete(row(PARENTS, "1", "bad")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).containsExactly("insert z_parents 2: 2,x", "insert children 20: 20,2");
        assertThat(findings(plan))
                .containsExactly(
                        "z_parents 1: somebody deleted it since",
                        "children 10: it hangs on z_parents 1, which is left out");
    }

    @Test
    void nothingComesBackToWhoeverTookTheKeyOfASkippedRow() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"));
        Transaction bad = life.commit(delete(row(CHILDREN, "10", "1")), delete(row(PARENTS, "1", "x")));
        life.commit(insert(row(PARENTS, "1", "another")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(plan.repairs()).isEmpty();
        assertThat(findings(plan))
                .containsExactly(
                        "z_parents 1: the scope deleted it and somebody inserted it again with other values",
                        "children 10: it hangs on z_parents 1, which is left out");
        assertThat(writes(undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("update z_parents 1: v another->x", "insert children 10: 10,1");
    }

    @Test
    void nothingComesBackToWhoeverTookTheKeyOfARefusedRow() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"), row(PARENTS, "2", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "20", "2"));
        Transaction bad = life.commit(
                update(row(PARENTS, "1", "x"), row(PARENTS, "5", "x")),
                update(row(CHILDREN, "10", "1"), row(CHILDREN, "10", "5")),
                delete(row(CHILDREN, "20", "2")),
                delete(row(PARENTS, "2", "x")));
        life.commit(insert(row(PARENTS, "1", "another")));
        life.commit(update(row(PARENTS, "1", "another"), row(PARENTS, "2", "another")));
        RestorePlan plan = undoing(bad).allowIncomplete().plan(history);
        assertThat(plan.repairs()).isEmpty();
        assertThat(findings(plan))
                .contains(
                        "children 10: it hangs on z_parents 1, which is refused",
                        "children 20: it hangs on z_parents 1, which is refused");
    }

    @Test
    void childrenAloneDoNotComeBackToWhoeverTookTheirParentsKey() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"), row(PARENTS, "2", "x"), row(PARENTS, "3", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "20", "2"), row(CHILDREN, "30", "3"));
        Transaction bad = life.commit(
                update(row(PARENTS, "2", "x"), row(PARENTS, "2", "bad")),
                delete(row(CHILDREN, "10", "1")),
                delete(row(CHILDREN, "20", "2")),
                delete(row(CHILDREN, "30", "3")),
                delete(row(PARENTS, "1", "x")),
                delete(row(PARENTS, "3", "x")),
                insert(row(PARENTS, "3", "bad")),
                delete(row(PARENTS, "2", "bad")));
        life.commit(insert(row(PARENTS, "1", "another")), insert(row(PARENTS, "2", "x")));
        life.commit(update(row(PARENTS, "2", "x"), row(PARENTS, "2", "later")));
        Planning children = undoing(bad).of(new Scope.Narrowing(history.tables().get(0), null, false, List.of()));
        RestorePlan plan = children.onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).containsExactly("insert children 20: 20,2", "insert children 30: 30,3");
        assertThat(findings(plan))
                .containsExactly("children 10: it refers to z_parents 1, which is another row by now");
        assertThat(writes(children.onConflict(ConflictMode.OVERWRITE).plan(history)))
                .containsExactly("insert children 10: 10,1", "insert children 20: 20,2", "insert children 30: 30,3");
    }

    @Test
    void childrenDoNotComeBackToWhoeverTookTheKeyOfAParentThatTheScopeNeverTouched() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"), row(PARENTS, "2", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"), row(CHILDREN, "20", "2"));
        Transaction bad = life.commit(delete(row(CHILDREN, "10", "1")), delete(row(CHILDREN, "20", "2")));
        life.commit(delete(row(PARENTS, "1", "x")), delete(row(PARENTS, "2", "x")));
        life.commit(insert(row(PARENTS, "1", "another")), insert(row(PARENTS, "2", "x")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).containsExactly("insert children 20: 20,2");
        assertThat(findings(plan))
                .containsExactly("children 10: it refers to z_parents 1, which is another row by now");
    }

    @Test
    void childrenDoNotComeBackToWhoeverTookTheUniqueValueOfTheirParent() {
        TableSchema codes = TableFixture.table("codes")
                .column("id", "bigint")
                .column("code", "text")
                .key("id")
                .unique("code")
                .build();
        TableSchema kids = TableFixture.table("kids")
                .column("id", "bigint")
                .column("code", "text")
                .key("id")
                .foreignKey(new ForeignKey(
                        "fk", List.of("code"), codes.id(), List.of("code"), Action.NO_ACTION, Action.CASCADE, false))
                .build();
        life.baseline(
                codes,
                row(codes, "1", "a"),
                row(codes, "2", "b"),
                row(codes, "3", "c"),
                row(codes, "4", "d"),
                row(codes, "5", "e"));
        life.baseline(kids, row(kids, "10", "a"), row(kids, "20", "b"), row(kids, "30", "c"), row(kids, "40", "d"));
        Transaction bad = life.commit(
                delete(row(kids, "10", "a")),
                delete(row(kids, "20", "b")),
                delete(row(kids, "30", "c")),
                delete(row(kids, "40", "d")));
        // Of these the first two give their values to others, the next has another key now, and the last was put back.
        life.commit(update(row(codes, "1", "a"), row(codes, "1", "x")), delete(row(codes, "2", "b")));
        life.commit(
                insert(row(codes, "6", "a")),
                update(row(codes, "5", "e"), row(codes, "5", "b")),
                update(row(codes, "3", "c"), row(codes, "7", "c")),
                delete(row(codes, "4", "d")));
        life.commit(insert(row(codes, "4", "d")));
        RestorePlan plan = undoing(bad).onConflict(ConflictMode.SKIP).plan(history);
        assertThat(writes(plan)).containsExactly("insert kids 30: 30,c", "insert kids 40: 40,d");
        assertThat(findings(plan))
                .containsExactly(
                        "kids 10: it refers to codes by code a, which is that of another row by now: 6",
                        "kids 20: it refers to codes by code b, which is that of another row by now: 5");
        assertThat(writes(undoing(bad).onConflict(ConflictMode.OVERWRITE).plan(history)))
                .hasSize(4);
    }

    @Test
    void rowsThatReferByAPeriodNeedNoRowOfThatVeryRange() {
        TableSchema terms = TableFixture.table("terms")
                .column("id", "bigint")
                .column("during", "int4range")
                .key("id", "during")
                .build();
        TableSchema kids = TableFixture.table("kids")
                .column("id", "bigint")
                .column("term", "bigint")
                .column("during", "int4range")
                .key("id")
                .foreignKey(new ForeignKey(
                        "fk",
                        List.of("term", "during"),
                        terms.id(),
                        List.of("id", "during"),
                        Action.NO_ACTION,
                        Action.NO_ACTION,
                        false))
                .build();
        life.baseline(terms, row(terms, "1", "[1,10)"), row(terms, "1", "[10,20)"));
        life.baseline(kids, row(kids, "10", "1", "[2,12)"));
        Transaction bad = life.commit(delete(row(kids, "10", "1", "[2,12)")), delete(row(terms, "1", "[10,20)")));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly("insert terms 1,[10,20): 1,[10,20)", "insert kids 10: 10,1,[2,12)");
        Transaction made = life.commit(insert(row(terms, "2", "[1,10)")));
        assertThat(writes(undoing(made).operations(Operation.INSERT).plan(history)))
                .containsExactly("delete terms 2,[1,10)");
    }

    @Test
    void whatHangsOnARefusedRowIsRefusedToo() {
        life.baseline(PARENTS, row(PARENTS, "1", UNKNOWN));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"));
        Transaction bad = life.commit(delete(row(CHILDREN, "10", "1")), delete(row(PARENTS, "1", UNKNOWN)));
        RestorePlan plan = undoing(bad).allowIncomplete().plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(plan.refusals()).hasSize(2);
    }

    @Test
    void soIsWhatHangsOnThat() {
        var fixture = TableFixture.table("tree")
                .column("id", "bigint")
                .column("up", "bigint")
                .column("v", "text")
                .key("id");
        TableSchema bare = fixture.build();
        TableSchema tree = fixture.foreignKey("up", bare, Action.CASCADE).build();
        life.baseline(tree, row(tree, "1", null, UNKNOWN), row(tree, "2", "1", "x"), row(tree, "3", "2", "x"));
        Transaction bad = life.commit(
                delete(row(tree, "1", null, UNKNOWN)),
                delete(row(tree, "2", "1", "x")),
                delete(row(tree, "3", "2", "x")));
        RestorePlan plan = undoing(bad).allowIncomplete().plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).contains("tree 3: it hangs on tree 2, which is refused");
    }

    @Test
    void childWithoutItsParentIsRefusedByName() {
        life.baseline(PARENTS, row(PARENTS, "1", "x"));
        life.baseline(CHILDREN, row(CHILDREN, "10", "1"));
        Transaction bad = life.commit(delete(row(CHILDREN, "10", "1")), delete(row(PARENTS, "1", "x")));
        TableInfo children = history.tables().get(0);
        RestorePlan plan = undoing(bad)
                .of(new Scope.Narrowing(children, null, false, List.of()))
                .plan(history);
        assertThat(findings(plan))
                .containsExactly("children 10: it refers to z_parents 1, which is neither there nor in the plan");
    }

    @Test
    void deletionThatWouldTakeOthersAlongIsAConflict() {
        life.baseline(PARENTS);
        life.baseline(CHILDREN);
        Transaction bad = life.commit(insert(row(PARENTS, "1", "x")), insert(row(CHILDREN, "10", "1")));
        assertThat(writes(undoing(bad).operations(Operation.INSERT).plan(history)))
                .containsExactly("delete children 10", "delete z_parents 1");
        life.commit(insert(row(CHILDREN, "11", "1")));
        RestorePlan plan = undoing(bad)
                .operations(Operation.INSERT)
                .onConflict(ConflictMode.OVERWRITE)
                .plan(history);
        assertThat(findings(plan))
                .containsExactly("z_parents 1: the scope inserted it, but children 11 refers to it now");
        assertThat(writes(plan)).containsExactly("delete children 10");
    }

    @Test
    void deletionThatWouldChangeARowPlannedForAnotherColumnIsAConflict() {
        TableSchema kids = TableFixture.table("kids")
                .column("id", "bigint")
                .column("parent", "bigint")
                .column("note", "text")
                .key("id")
                .foreignKey("parent", PARENTS, Action.SET_NULL)
                .build();
        life.baseline(PARENTS);
        life.baseline(kids, row(kids, "2", null, "good"));
        Transaction bad = life.commit(
                insert(row(PARENTS, "10", "x")), update(row(kids, "2", null, "good"), row(kids, "2", null, "bad")));
        life.commit(update(row(kids, "2", null, "bad"), row(kids, "2", "10", "bad")));
        RestorePlan plan = undoing(bad).operations(Operation.values()).plan(history);
        assertThat(findings(plan)).containsExactly("z_parents 10: the scope inserted it, but kids 2 refers to it now");
    }

    @Test
    void uniqueValueIsGivenUpBeforeItIsTaken() {
        TableSchema mails = TableFixture.table("mails")
                .column("id", "bigint")
                .column("mail", "text")
                .key("id")
                .unique("mail")
                .build();
        life.baseline(mails, row(mails, "1", "a"), row(mails, "2", "b"));
        Transaction bad = life.commit(delete(row(mails, "1", "a")), update(row(mails, "2", "b"), row(mails, "2", "a")));
        assertThat(writes(undoing(bad).plan(history)))
                .containsExactly("update mails 2: mail a->b", "insert mails 1: 1,a");
    }

    @Test
    void keyIsSetBackTogetherWithWhatRefersToIt() {
        TableSchema children = TableFixture.table("kids")
                .column("id", "bigint")
                .column("parent", "bigint")
                .key("id")
                .foreignKey(new ForeignKey(
                        "fk", List.of("parent"), PARENTS.id(), List.of("id"), Action.NO_ACTION, Action.CASCADE, false))
                .build();
        life.baseline(PARENTS, row(PARENTS, "1", "x"));
        life.baseline(children, row(children, "10", "1"));
        Transaction bad = life.commit(
                update(row(PARENTS, "1", "x"), row(PARENTS, "5", "x")),
                update(row(children, "10", "1"), row(children, "10", "5")));
        assertThat(writes(undoing(bad).plan(history)))
                .as("one statement, or it would cascade to rows that await another value")
                .containsExactly("update z_parents 5: id 5->1 + update kids 10: parent 5->1");
    }

    @Test
    void keyThatRowsOutsideThePlanReferToIsAConflict() {
        TableSchema children = TableFixture.table("kids")
                .column("id", "bigint")
                .column("parent", "bigint")
                .key("id")
                .foreignKey(new ForeignKey(
                        "fk", List.of("parent"), PARENTS.id(), List.of("id"), Action.NO_ACTION, Action.SET_NULL, false))
                .build();
        life.baseline(PARENTS, row(PARENTS, "1", "x"));
        life.baseline(children);
        Transaction bad = life.commit(update(row(PARENTS, "1", "x"), row(PARENTS, "5", "x")));
        life.commit(insert(row(children, "10", "5")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
        assertThat(plan.conflicts().toString()).contains("the scope changed its key, but kids 10 refers to it now");
    }

    @ParameterizedTest
    @CsvSource({
        "numeric, numeric, 7.50, 7.5",
        "numeric, 'numeric(10,3)', 100, 100.000",
        "integer, numeric, 100, 100.0",
        "character(4), character(6), 'ab  ', 'ab    '",
        "public.citext, public.citext, Straße, STRASSE",
        "public.citext, public.citext, Ann, aNN",
    })
    void rowIsNotDeletedWhereEqualValuesAreWrittenOtherwise(String parent, String child, String id, String reference) {
        TableSchema amounts =
                TableFixture.table("amounts").column("id", parent).key("id").build();
        TableSchema children = children(amounts, child);
        life.baseline(amounts, row(amounts, "1"));
        life.baseline(children, row(children, "8", "1"), row(children, "10", null));
        Transaction bad = life.commit(insert(row(amounts, id)));
        RestorePlan free = undoing(bad).operations(Operation.INSERT).plan(history);
        assertThat(writes(free)).containsExactly("delete amounts " + id);
        life.commit(insert(row(children, "9", reference)));
        RestorePlan plan = undoing(bad).operations(Operation.INSERT).plan(history);
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
        assertThat(plan.conflicts().toString()).contains("the scope inserted it, but kids 9 refers to it now");
        Transaction worse = life.commit(delete(row(children, "9", reference)), insert(row(children, "7", reference)));
        RestorePlan both = undoing(bad, worse).operations(Operation.INSERT).plan(history);
        assertThat(writes(both)).containsExactly("delete kids 7", "delete amounts " + id);
    }

    @Test
    void rowIsNotDeletedWhereEqualityIsNotKnown() {
        TableSchema amounts = TableFixture.table("amounts")
                .column("id", "public.odd")
                .key("id")
                .build();
        TableSchema children = children(amounts, "public.odd");
        life.baseline(amounts);
        life.baseline(children);
        Transaction bad = life.commit(insert(row(amounts, "a")));
        RestorePlan plan = undoing(bad).operations(Operation.INSERT).plan(history);
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
        assertThat(plan.refusals().toString()).contains("whether rows of kids refer to it cannot be told");
    }

    private static TableSchema children(TableSchema amounts, String type) {
        return TableFixture.table("kids")
                .column("id", "bigint")
                .column("amount", type)
                .key("id")
                .foreignKey(new ForeignKey(
                        "fk", List.of("amount"), amounts.id(), List.of("id"), Action.CASCADE, Action.CASCADE, false))
                .build();
    }

    @Test
    void exchangeOfUniqueValuesIsRefused() {
        TableSchema mails = TableFixture.table("mails")
                .column("id", "bigint")
                .column("mail", "text")
                .key("id")
                .unique("mail")
                .build();
        life.baseline(mails, row(mails, "1", "a"), row(mails, "2", "b"));
        Transaction bad = life.commit(
                update(row(mails, "1", "a"), row(mails, "1", "x")),
                update(row(mails, "2", "b"), row(mails, "2", "a")),
                update(row(mails, "1", "x"), row(mails, "1", "b")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(plan.refusals()).hasSize(2);
        assertThat(plan.refusals().toString()).contains("it takes a unique value from a row that waits for it");
        assertThat(plan.statements()).isEmpty();
    }

    @Test
    void spellingThatTheServerWouldGiveToRowsThatHadAnotherIsRefused() {
        TableSchema names = TableFixture.table("names")
                .column("k", "public.citext")
                .key("k")
                .build();
        TableSchema users = TableFixture.table("users")
                .column("id", "bigint")
                .column("name", "public.citext")
                .key("id")
                .foreignKey(new ForeignKey(
                        "f", List.of("name"), names.id(), List.of("k"), Action.NO_ACTION, Action.CASCADE, false))
                .build();
        life.baseline(names, row(names, "Ann"), row(names, "Bob"), row(names, "Cid"));
        life.baseline(users, row(users, "1", "Ann"), row(users, "2", "bob"), row(users, "3", "CID"));
        Transaction bad = life.commit(
                update(row(names, "Ann"), row(names, "ANN")),
                update(row(users, "1", "Ann"), row(users, "1", "ANN")),
                update(row(names, "Bob"), row(names, "BOB")),
                update(row(users, "2", "bob"), row(users, "2", "BOB")),
                update(row(names, "Cid"), row(names, "CID")));
        assertThat(findings(undoing(bad).plan(history)))
                .contains(
                        "names Bob: it is to be spelled otherwise, and by ON UPDATE CASCADE users 2 would be too",
                        "names Cid: it is to be spelled otherwise, and by ON UPDATE CASCADE users 3 would be too")
                .noneMatch(finding -> finding.contains("Ann") || finding.startsWith("users 1"));
    }

    @Test
    void rowsThatAreToHaveTheSameUniqueValueAreRefusedByName() {
        TableSchema users = TableFixture.table("users")
                .column("id", "bigint")
                .column("mail", "text")
                .key("id")
                .unique("mail")
                .build();
        life.baseline(users, row(users, "1", "ann"), row(users, "2", null), row(users, "3", null));
        Transaction first = life.commit(delete(row(users, "1", "ann")), delete(row(users, "2", null)));
        life.commit(insert(row(users, "9", "ann")));
        Transaction last = life.commit(delete(row(users, "9", "ann")), delete(row(users, "3", null)));
        Planning undoing = undoing(first, last);
        assertThat(findings(undoing.plan(history)))
                .containsExactly(
                        "users 9: users 1, also in the plan, is to have the same mail",
                        "users 1: users 9, also in the plan, is to have the same mail");
        assertThat(writes(undoing.plan(history))).containsExactly("insert users 2: 2,NULL", "insert users 3: 3,NULL");
    }
}
