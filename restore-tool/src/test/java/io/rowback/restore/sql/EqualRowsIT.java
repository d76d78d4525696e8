package io.rowback.restore.sql;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.live.LiveDatabase;
import io.rowback.restore.live.Restoration;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Reversal;
import io.rowback.restore.plan.Scope;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of a table without a key are put back on real servers: as many equal ones as there were, whatever their types. */
final class EqualRowsIT {
    private static final String TABLE = "\"Lo;gs \"\"x\"";

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @SuppressWarnings("NullAway.Init") // started by each test
    private PostgresServer server;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private TableSchema schema;

    @AfterEach
    void stopServer() {
        server.close();
    }

    /** A table of types without an equality, and some whose equality is not identity; with equal rows. */
    private void begin(int version) throws SQLException {
        server = PostgresServer.start(version);
        database = server.createDatabase("app");
        database.run("""
                create type mood as enum ('g''ood', 'bad');
                create table %1$s ("n;" numeric, j json, p point, x xml, "found" text, m mood, l text[], double int generated always as (7) stored);
                alter table %1$s replica identity full
                """.formatted(TABLE));
        try (Connection connection = connections().open()) {
            CatalogTable table = new Catalog(connection).tables().get(0);
            schema = Objects.requireNonNull(table.schema());
        }
    }

    private Connections connections() {
        return new Connections(ConnectionSettings.parse(database.url()), "rowback");
    }

    private RowImage image(@Nullable String number, @Nullable String json, @Nullable String text) {
        return row(schema, number, json, "(1,2)", null, text, "g'ood", "{a,NULL,\"\"}", "7");
    }

    private void add(RowImage image, int times) throws SQLException {
        for (int i = 0; i < times; i++) {
            database.run("insert into " + TABLE + " select "
                    + image.values().stream()
                            .limit(7)
                            .map(value -> value.isNull()
                                    ? "null"
                                    : "'" + value.toString().replace("'", "''") + "'")
                            .reduce((one, other) -> one + ", " + other)
                            .orElseThrow());
        }
    }

    private List<String> rows() throws SQLException {
        return database.query("select t::text, count(*) from " + TABLE + " t group by 1 order by 1");
    }

    private RestorePlan plan(Set<Operation> operations, Transaction bad) {
        return RestorePlanner.plan(history, request(operations, bad, ConflictMode.REFUSE));
    }

    private static RestoreRequest request(Set<Operation> operations, Transaction bad, ConflictMode mode) {
        Scope scope = new Scope(List.of(Scope.Window.of(bad.commit())), false, List.of());
        return new RestoreRequest(scope, null, ColumnChoice.ALL, operations, mode, false, 10_000);
    }

    private static String sql(RestorePlan plan) throws IOException {
        StringBuilder sql = new StringBuilder();
        SqlWriter.write(plan, sql);
        return sql.toString();
    }

    @ParameterizedTest
    @OnServers
    void equalRowsComeBackInTheirNumberOnceAndNotTwiceAndAreTakenBack(int version) throws Exception {
        begin(version);
        RowImage plain = image("1.50", "{\"a\" : 1}", "it's");
        RowImage other = image("1.5", "{\"a\" : 1}", "it's");
        RowImage hollow = image(null, null, "");
        RowImage became = image("2", "{}", null);
        RowImage added = image("3", null, "new");
        add(plain, 3);
        add(other, 1);
        add(hollow, 2);
        life.baseline(schema, plain, plain, plain, other, hollow, hollow);
        List<String> before = rows();

        Transaction bad =
                life.commit(delete(plain), delete(plain), update(hollow, became), update(plain, became), insert(added));
        database.run(
                "delete from %1$s where \"n;\"::text = '1.50'; delete from %1$s where ctid = (select min(ctid) from %1$s where \"n;\" is null)"
                        .formatted(TABLE));
        add(became, 2);
        add(added, 1);
        List<String> damaged = rows();

        RestorePlan plan = plan(Set.of(Operation.DELETE, Operation.UPDATE, Operation.INSERT), bad);
        assertThat(plan.repairs()).hasSize(5);
        database.run(sql(plan));
        assertThat(rows()).isEqualTo(before);
        database.run(sql(plan));
        assertThat(rows()).isEqualTo(before);
        StringBuilder undo = new StringBuilder();
        SqlWriter.writeUndo(Reversal.of(plan), undo);
        database.run(undo.toString());
        assertThat(rows()).isEqualTo(damaged);

        StringBuilder verify = new StringBuilder();
        VerifyScript.write(plan, verify);
        String query = verify.substring(verify.indexOf("\nSELECT "), verify.indexOf("COMMIT;"));
        assertThat(database.query(query)).hasSize(4);
        database.run(sql(plan));
        assertThat(database.query(query)).isEmpty();
    }

    @ParameterizedTest
    @OnServers
    void anotherNumberOfEqualRowsThanPlannedFailsAndNothingIsWritten(int version) throws Exception {
        begin(version);
        RowImage plain = image("1.50", "{}", "x");
        RowImage became = image("2", "{}", "x");
        life.baseline(schema, plain, plain, plain);
        Transaction bad = life.commit(delete(plain), update(plain, became));
        String sql = sql(plan(Set.of(Operation.DELETE, Operation.UPDATE), bad));
        add(plain, 2);
        add(became, 1);
        List<String> before = rows();
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining(" is there 2 times, and not 1");
        database.run("delete from %1$s where ctid = (select min(ctid) from %1$s)".formatted(TABLE));
        add(became, 1);
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining(" is there 2 times, and not 1");
        database.run("truncate " + TABLE);
        add(plain, 3);
        add(became, 1);
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("rows were put back in part");
        database.run("delete from " + TABLE + " where \"n;\" = 2");
        database.run(sql);
        assertThat(rows()).hasSize(1).isNotEqualTo(before);
    }

    @ParameterizedTest
    @OnServers
    void rowsThatAreThereAreCountedBeforeAnythingIsWritten(int version) throws Exception {
        begin(version);
        RowImage plain = image("1.50", "{\"a\" : 1}", "it's");
        RowImage hollow = image(null, null, "");
        life.baseline(schema, plain, plain, plain, hollow, hollow);
        Transaction bad = life.commit(delete(plain), delete(plain), delete(hollow));
        add(plain, 1);
        add(hollow, 1);
        Connections connections = connections();
        add(image("1.5", "{\"a\" : 1}", "it's"), 1);
        RestorePlan untouched = compared(connections, bad, ConflictMode.REFUSE);
        assertThat(untouched.findings()).isEmpty();
        assertThat(untouched.repairs()).hasSize(3);

        add(hollow, 4);
        RestorePlan contested = compared(connections, bad, ConflictMode.REFUSE);
        assertThat(contested.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
        assertThat(contested.findings()).singleElement().satisfies(finding -> assertThat(finding.reason())
                .isEqualTo("somebody changed such rows since"));
        RestorePlan over = compared(connections, bad, ConflictMode.OVERWRITE);
        new Restoration(connections, over, statement -> {}).run();
        assertThat(rows()).allMatch(row -> row.endsWith("|3") || row.endsWith("|6") || row.endsWith("|1"));

        database.run("delete from " + TABLE + " where \"n;\" is null");
        add(hollow, 2);
        assertThat(compared(connections, bad, ConflictMode.REFUSE).isEmpty())
                .as("all is back already")
                .isTrue();
    }

    /** How often the table was read whole, once what the tool's sessions did is counted. */
    private String readings() throws SQLException {
        while (!database.query("select from pg_stat_activity where application_name = 'rowback'")
                .isEmpty()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        return database.query("select seq_scan from pg_stat_user_tables").get(0);
    }

    @ParameterizedTest
    @ValueSource(ints = 18)
    void howManyRowsThereEverAreTheTableIsReadOnceForThem(int version) throws Exception {
        begin(version);
        RowImage[] rows = IntStream.range(0, 1_001)
                .mapToObj(i -> image(Integer.toString(i), null, null))
                .toArray(RowImage[]::new);
        life.baseline(schema, rows);
        Transaction bad =
                life.commit(Arrays.stream(rows).map(HistoryFixture::delete).toArray(HistoryFixture.Draft[]::new));
        add(rows[7], 1);
        add(rows[900], 2);
        int before = Integer.parseInt(readings());
        RestorePlan plan = compared(connections(), bad, ConflictMode.SKIP);
        assertThat(readings()).isEqualTo(Integer.toString(before + 1));
        assertThat(plan.repairs()).as("row 7 is back already").hasSize(999);
        assertThat(plan.findings()).extracting(Finding::key).containsExactly(rows[900].key());
    }

    private RestorePlan compared(Connections connections, Transaction bad, ConflictMode mode) {
        try (LiveDatabase live = LiveDatabase.open(connections, history.info(), true)) {
            RestorePlan plan = RestorePlanner.plan(history, request(Set.of(Operation.DELETE), bad, mode), live);
            assertThat(live.preview(plan).obstacles()).isEmpty();
            return plan;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = 18)
    void whoWritesMeanwhileWaitsAndIsCounted(int version) throws Exception {
        begin(version);
        RowImage plain = image("1.50", "{}", "x");
        life.baseline(schema, plain);
        Transaction bad = life.commit(delete(plain));
        String sql = sql(plan(Set.of(Operation.DELETE), bad));
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute(sql.substring(0, sql.indexOf("\n-- All is as it was to be.")));
            assertThatThrownBy(() -> database.run("set lock_timeout = '100ms'; insert into " + TABLE + " values (1)"))
                    .hasMessageContaining("lock timeout");
            other.rollback();
        }
        assertThat(rows()).isEmpty();
    }
}
