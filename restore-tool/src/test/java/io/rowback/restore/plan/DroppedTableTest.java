package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey.Action;
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
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.query.Tables;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What comes back of a table that is gone. */
final class DroppedTableTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("mail", "text")
            .key("id")
            .build();
    private static final TableSchema ORDERS = TableFixture.table("orders")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .key("id")
            .foreignKey("user_id", USERS, Action.CASCADE)
            .build();
    private static final RowImage ANN = row(USERS, "1", "ann");
    private static final RowImage BOB = row(USERS, "2", "bob");

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    private TableInfo table(TableSchema schema) {
        return new Tables(history.tables()).byId(schema.id()).orElseThrow();
    }

    private RestoreRequest request(Lsn at, TableSchema schema, RowKey... key) {
        Scope.Narrowing narrowing =
                new Scope.Narrowing(table(schema), key.length == 0 ? null : key[0], false, List.of());
        return new RestoreRequest(
                new Scope(List.of(new Scope.Window(at, Lsn.MAX)), true, List.of(narrowing)),
                at,
                ColumnChoice.ALL,
                Set.of(Operation.DELETE, Operation.UPDATE),
                ConflictMode.REFUSE,
                false,
                10);
    }

    private RestorePlan plan(Lsn at, TableSchema schema, RowKey... key) {
        RestoreRequest request = request(at, schema, key);
        return DroppedTable.plan(
                history, request, DroppedTable.askedFor(history, request).orElseThrow());
    }

    @Test
    void allRowsOfThenComeBackAndAPointBehindTheEndStandsForTheLastOnes() {
        life.baseline(USERS, ANN);
        Lsn then = life.commit(insert(BOB)).end();
        life.commit(delete(ANN));
        history.uncovered(USERS.id(), life.here());
        assertThat(writes(plan(then, USERS))).containsExactly("insert users 1: 1,ann", "insert users 2: 2,bob");
        assertThat(writes(plan(Lsn.MAX, USERS))).containsExactly("insert users 2: 2,bob");
    }

    @Test
    void tableThatIsThereOrFellIntoAGapIsNotTakenForDropped() {
        life.baseline(USERS, ANN);
        assertThat(DroppedTable.askedFor(history, request(life.here(), USERS))).isEqualTo(Optional.empty());
        Lsn at = life.here();
        history.gap(new Gap(at, new Lsn(at.value() + 0x100), life.now(), life.now(), "slot was gone"));
        assertThat(DroppedTable.askedFor(history, request(at, USERS))).isEqualTo(Optional.empty());
    }

    @Test
    void foreignKeysFromItAndToItAreMadeAsFarAsTheOtherTableIsThere() {
        TableSchema shops = TableFixture.table("shops")
                .column("id", "bigint")
                .key("id")
                .foreignKey("id", USERS, Action.SET_NULL)
                .build();
        life.baseline(USERS, ANN);
        life.baseline(ORDERS, row(ORDERS, "7", "1"));
        life.baseline(shops);
        Lsn at = life.here();
        history.uncovered(USERS.id(), at);
        history.uncovered(shops.id(), at);
        assertThat(plan(at, USERS).definitions().get(0).references())
                .extracting(reference -> reference.table() + " " + reference.columns() + " " + reference.onDelete())
                .containsExactly("orders [user_id] CASCADE");
        Definition definition = plan(at, shops).definitions().get(0);
        assertThat(definition.references()).isEmpty();
        assertThat(definition.notMade()).singleElement().asString().contains("to users");
        life.baseline(TableFixture.table("users")
                .oid(99)
                .column("id", "bigint")
                .key("id")
                .build());
        assertThat(plan(at, shops).definitions().get(0).references())
                .extracting(reference -> reference.refTable() + " " + reference.refColumns())
                .containsExactly("users [id]");
    }

    @Test
    void columnsOfForeignKeysAreNamedAsTheyAreNow() {
        TableSchema renamed = TableFixture.table("orders")
                .column("number", "bigint")
                .column("buyer", "bigint")
                .key("number")
                .build();
        life.baseline(USERS, ANN);
        life.baseline(ORDERS, row(ORDERS, "7", "1"));
        Lsn at = life.here();
        history.uncovered(USERS.id(), at);
        life.commit(insert(row(renamed, "8", null)));
        assertThat(plan(at, USERS).definitions().get(0).references())
                .extracting(Definition.Reference::columns)
                .containsExactly(List.of("buyer"));
    }

    @Test
    void rowsOfWhichAValueIsNotKnownAreRefused() {
        life.baseline(USERS, ANN, row(USERS, "2", UNKNOWN));
        history.uncovered(USERS.id(), life.here());
        RestorePlan plan = plan(life.here(), USERS);
        assertThat(findings(plan)).containsExactly("users 2: column mail: the history does not know what it held");
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
    }

    @Test
    void equalRowsOfATableWithoutAKeyComeBackInTheirNumber() {
        TableSchema keyless = TableFixture.table("keyless")
                .column("a", "bigint")
                .column("b", "text")
                .key()
                .identity(ReplicaIdentity.FULL)
                .build();
        life.baseline(keyless, row(keyless, "1", "x"), row(keyless, "1", "x"), row(keyless, "2", null));
        life.commit(insert(row(keyless, "2", null)), insert(row(keyless, "3", "y")), delete(row(keyless, "1", "x")));
        history.uncovered(keyless.id(), life.here());
        RestorePlan plan = plan(Lsn.MAX, keyless);
        assertThat(plan.counts())
                .extracting(rows -> rows.values().get(0).value() + ": " + rows.before() + " to " + rows.after())
                .containsExactlyInAnyOrder("1: 0 to 1", "2: 0 to 2", "3: 0 to 1");
        assertThat(plan.rows()).isEqualTo(4);
    }

    @Test
    void partitionThatIsGoneIsNamedWhereAllAreAskedFor() {
        List<TableSchema> parts = List.of(
                TableFixture.table("low")
                        .column("id", "bigint")
                        .key("id")
                        .partitionOf("whole")
                        .build(),
                TableFixture.table("high")
                        .column("id", "bigint")
                        .key("id")
                        .partitionOf("whole")
                        .build());
        parts.forEach(part -> life.baseline(part, row(part, "1")));
        Lsn at = life.here();
        history.uncovered(parts.get(1).id(), at);
        Scope both = new Scope(
                List.of(new Scope.Window(at, Lsn.MAX)),
                true,
                parts.stream()
                        .map(part -> new Scope.Narrowing(table(part), null, false, List.of()))
                        .toList());
        RestoreRequest one = request(at, parts.get(0));
        RestoreRequest request = new RestoreRequest(
                both, at, one.columns(), one.operations(), one.onConflict(), one.allowIncomplete(), one.maxRows());
        assertThat(RestorePlanner.plan(history, request).missing())
                .singleElement()
                .asString()
                .startsWith("high: what changed from LSN ");
    }

    @Test
    void whatCannotBeMadeIsRefusedByName() {
        TableSchema generated = TableFixture.table("made")
                .column(new Column("id", 1, 20, "bigint", true, Column.Identity.NONE, true, true, null, true))
                .key("id")
                .build();
        for (TableSchema table : List.of(USERS, generated)) {
            life.baseline(table);
            history.uncovered(table.id(), life.here());
        }
        refused("table users is gone and comes back whole", USERS, RowKey.of("1"));
        refused(
                "table made is gone and had a key whose values are generated, by an expression that is not known",
                generated);
    }

    private void refused(String message, TableSchema table, RowKey... key) {
        assertThatThrownBy(() -> plan(life.here(), table, key))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage(message);
    }

    @Test
    void moreRowsThanAllowedAreRefused() {
        RowImage[] rows = new RowImage[11];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row(USERS, String.valueOf(i), "x");
        }
        life.baseline(USERS, rows);
        history.uncovered(USERS.id(), life.here());
        refused("table users held more rows than the 10 that are allowed", USERS);
    }
}
