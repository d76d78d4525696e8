package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rowback verify} against the rows of a real database. */
class VerifyTargetIT {
    static final String TABLES = """
            create table users (id int primary key, name text, plan text);
            create table codes (code text, n numeric, note text, primary key (code, n));
            create table logins (who int, device json, place point, code char(4), note text, "n""o" int generated always as (who + 1) stored);
            alter table logins replica identity full;
            create table marks (v text);
            alter table marks replica identity full;
            insert into marks values ('a'), ('a');
            create table users_elsewhere () inherits (users);
            create table marks_elsewhere () inherits (marks);
            insert into users_elsewhere values (1, 'not in users itself', null);
            insert into marks_elsewhere values ('a');
            insert into logins select i / 3, '{"os" : 1}', '(1,2)', 'x', nullif('b' || i % 2, 'b0') from generate_series(1, 3000) i;
            insert into logins (note) values (''), (''), (null);
            insert into users select i, 'user ' || i, 'pro' from generate_series(1, 2500) i;
            insert into codes select 'c' || i, i + 0.50, repeat('long ', 1000) from generate_series(1, 40) i
            """;

    @TempDir
    private Path folder;

    @Test
    void liveRowsThatAreNotWhatTheHistoryHoldsAreNamed() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run(TABLES);
            RunningDaemon stopped;
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(4)) {
                app.run("update users set plan = 'gold' where id < 5; delete from codes where code = 'c7';"
                        + " truncate marks; insert into marks values ('a')");
                whatTheHistoryHoldsAndNobodySeesYetIsNoDifference(app, daemon);
                stopped = daemon;
            }
            app.run("insert into users select i, 'late', null from generate_series(9001, 10100) i");
            Output behind = whileNobodyCanReadTheirChildren(app, () -> stopped.rowback("verify", "--target", "app"));
            assertThat(behind.exitCode()).as(behind.err()).isEqualTo(3);
            assertThat(behind.out().lines())
                    .contains("users 9001: it is in the database, the history does not hold it")
                    .doesNotHaveDuplicates()
                    .filteredOn(line -> line.endsWith(": it is in the database, the history does not hold it"))
                    .hasSize(1_100);
            assertThat(behind.err()).contains("the history ends at LSN").contains("is rowbackd running?");
            app.run("delete from users where id > 9000");
            recordWhatNeverHappened(app);
            differencesAreTold(stopped);
            equalRowsAreCounted(app, stopped);
        }
    }

    /** Rows of tables that inherit are none of the table's own: who looks at them waits for these locks. */
    private static Output whileNobodyCanReadTheirChildren(Database app, Supplier<Output> command) throws SQLException {
        try (Connection connection = app.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table users_elsewhere, marks_elsewhere in access exclusive mode");
            return command.get();
        }
    }

    /** A commit that waits for a standby is in the log, but no snapshot sees it. */
    private static void whatTheHistoryHoldsAndNobodySeesYetIsNoDifference(Database app, RunningDaemon daemon)
            throws Exception {
        app.run("alter system set synchronous_standby_names = 'nobody'");
        app.query("select pg_reload_conf()");
        ExecutorService client = Executors.newSingleThreadExecutor();
        try {
            Future<?> waiting = client.submit(() -> {
                app.run(
                        "begin; delete from logins where who in (1, 2); insert into logins (note) values (''), ('new');"
                                + " insert into marks values ('a');"
                                + " update users set plan = 'unseen' where id = 6; delete from users where id = 7;"
                                + " insert into users values (8001, 'unseen', null); update users set id = 8002 where id = 8; commit");
                return app.name();
            });
            String inCommit = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
            while (!app.query(inCommit).equals(List.of("1"))) {
                assertThat(waiting.isDone()).isFalse();
            }
            daemon.catchUp();
            Output seen = daemon.rowback("show", "users", "8001", "--at", "now");
            assertThat(seen.out()).contains("unseen");
            // What another transaction did meanwhile to one of the equal rows is seen.
            RunningDaemon.commit(
                    app,
                    "set local synchronous_commit = local; insert into logins (note) values ('');"
                            + " delete from logins where who = 3 and note is null");
            daemon.catchUp();
            Output compared = daemon.rowback("verify", "--target", "app");
            assertThat(compared.exitCode()).as(compared.out() + compared.err()).isZero();
            assertThat(compared.out()).contains("rows compared with").contains("all the same");
            app.run("alter system reset synchronous_standby_names");
            app.query("select pg_reload_conf()");
            waiting.get();
        } finally {
            client.shutdownNow();
        }
    }

    /** Puts a transaction into the store that the server knows nothing of. */
    private void recordWhatNeverHappened(Database app) throws SQLException {
        Lsn commit = Lsn.parse(app.query("select pg_current_wal_insert_lsn()").get(0));
        List<Change> changes = new ArrayList<>();
        Map<TableId, Transaction.Counts> counts = new HashMap<>();
        try (RocksHistoryReader reader = open()) {
            TableInfo users = table(reader, "users");
            TableInfo logins = table(reader, "logins");
            Lsn end = reader.info().durable();
            try (Stream<RowImage> rows = new TableTimeline(reader, users).asOf(end)) {
                List<RowImage> held = rows.limit(3).toList();
                RowImage first = held.get(0);
                changes.add(new Change(
                        new Position(commit, 0),
                        Operation.UPDATE,
                        users.schema(),
                        first,
                        with(first, "plan", "never")));
                changes.add(new Change(new Position(commit, 1), Operation.DELETE, users.schema(), held.get(2), null));
                changes.add(new Change(
                        new Position(commit, 2), Operation.INSERT, users.schema(), null, with(first, "id", "9999")));
                counts.put(users.schema().id(), new Transaction.Counts(1, 1, 1, 0));
            }
            try (Stream<RowImage> rows = new TableTimeline(reader, logins).asOf(end)) {
                RowImage equal = rows.filter(row -> row.value("note").equals(ColumnValue.of("")))
                        .findFirst()
                        .orElseThrow();
                changes.add(new Change(new Position(commit, 3), Operation.DELETE, logins.schema(), equal, null));
                changes.add(new Change(
                        new Position(commit, 4),
                        Operation.INSERT,
                        logins.schema(),
                        null,
                        with(equal, "note", "never")));
                counts.put(logins.schema().id(), new Transaction.Counts(1, 0, 1, 0));
            }
            Transaction transaction = new Transaction(
                    commit, new Lsn(commit.value() + 1), new TransactionId(3), Instant.now(), null, counts, List.of());
            try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
                Lsn ahead = new Lsn(commit.value() + (64 << 20));
                writer.append(new HistoryWriter.Batch(changes, List.of(transaction), ahead));
            }
        }
        app.query("select pg_logical_emit_message(true, 'later', 'behind it')");
    }

    private static TableInfo table(RocksHistoryReader reader, String name) {
        return reader.tables().stream()
                .filter(table -> table.schema().name().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static RowImage with(RowImage row, String column, String value) {
        List<ColumnValue> values = new ArrayList<>(row.values());
        values.set(row.schema().indexOf(column), ColumnValue.of(value));
        return new RowImage(row.schema(), values);
    }

    private static void differencesAreTold(RunningDaemon daemon) {
        Output text = daemon.rowback("verify", "--target", "app", "--table", "users");
        assertThat(text.exitCode()).as(text.err()).isEqualTo(1);
        assertThat(text.out().lines())
                .containsExactlyInAnyOrder(
                        "users 1: other values than the history holds in plan",
                        "users 3: it is in the database, the history does not hold it",
                        "users 9999: the history holds it, it is not in the database",
                        text.out().lines().reduce("", (one, last) -> last));
        assertThat(text.out()).contains(": 3 differ");
        assertThat(text.err())
                .contains("error: 3 rows are not what the history holds")
                .contains("hint: ");
        Output json = daemon.rowback("--json", "verify", "--target", "app", "--table", "users");
        assertThat(json.exitCode()).isEqualTo(1);
        assertThat(json.out().lines())
                .hasSize(4)
                .contains("{\"schema\":\"public\",\"table\":\"users\",\"key\":{\"id\":\"1\"},\"difference\":\"values\","
                        + "\"held\":1,\"there\":1,\"columns\":[\"plan\"]}")
                .anyMatch(line -> line.contains("\"behind\":false")
                        && line.contains("\"rows\":2500,\"incomplete_rows\":0,\"differences\":3,"));
    }

    private static void equalRowsAreCounted(Database app, RunningDaemon daemon) throws SQLException {
        Output text = daemon.rowback("verify", "--target", "app", "--table", "logins");
        assertThat(text.exitCode()).as(text.err()).isEqualTo(1);
        assertThat(text.out().lines().map(line -> line.replaceFirst("^logins [0-9a-f-]{36}:", "logins:")))
                .hasSize(3)
                .contains(
                        "logins: it is in the database 4 times, for the history 3 times",
                        "logins: it is in the database 0 times, for the history 1 times");
        Output json = daemon.rowback("--json", "verify", "--target", "app", "--table", "logins");
        assertThat(json.out()).contains("\"difference\":\"extra\",\"held\":3,\"there\":4,\"columns\":[]");
        int different = Integer.parseInt(
                app.query("select count(distinct l::text) from logins l").get(0));
        app.run("delete from logins");
        assertThat(daemon.rowback("verify", "--target", "app", "--table", "logins")
                        .out()
                        .lines())
                .as("there is no live row any more behind which they could be found, and one never was there")
                .filteredOn(line -> line.contains("it is in the database 0 times"))
                .hasSize(different + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SQL_ASCII", "LATIN1"})
    void equalRowsOfACopyAreTheSameInAnyEncodingAndUnderAnyNumbersOfColumns(String encoding) throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create table notes (a text, b text); alter table notes replica identity full;"
                    + " insert into notes values ('\u00e9', null), (null, '\u00e9'), ('\u00e9', null), ('\u00ff', '')");
            server.database().run("create database copy encoding '" + encoding + "' locale 'C' template template0");
            Database copy = new Database(server.port(), "postgres", "copy");
            copy.run(
                    "create table notes (gone int, a text, b text); alter table notes drop gone, replica identity full;"
                            + " insert into notes values (null, '\u00e9'), ('\u00e9', null), ('\u00e9', null), ('\u00ff', '')");
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(1)) {
                // A copy is compared with where the history ends, which may still lie below the baseline.
                daemon.catchUp();
                Output same = daemon.rowback("verify", "--target", copy.url(), "--copy");
                assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
                assertThat(same.out()).startsWith("4 rows compared with ").contains(": all the same");
                copy.run("insert into notes values (null, '\u00e9'), ('1', ''), ('2', ''), ('3', '')");
                Output more = daemon.rowback("verify", "--target", copy.url(), "--copy");
                assertThat(more.out()).contains("it is in the database 2 times, for the history 1 times", ": 4 differ");
                assertThat(more.out()
                                .lines()
                                .filter(line ->
                                        line.contains("it is in the database 1 times, for the history 0 times")))
                        .hasSize(3);
            }
        }
    }

    private RocksHistoryReader open() {
        return RocksHistoryReader.open(folder.resolve("store").resolve("app"));
    }
}
