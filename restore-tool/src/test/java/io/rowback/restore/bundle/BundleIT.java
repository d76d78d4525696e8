package io.rowback.restore.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.live.Preview;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.Tables;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Runs what a bundle holds on a real server. */
final class BundleIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @SuppressWarnings("NullAway.Init") // created before each test
    private Database database;

    @TempDir
    private Path folder;

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getDisplayName());
        database.run("""
                create type mood as enum ('sad', 'glad');
                create table users (id int primary key, name text not null, price numeric, mood mood, note jsonb);
                create table orders (id int primary key, user_id int not null references users, up int references orders,
                  what char(4), ok boolean);
                insert into users select i, 'user ' || i, i * 1.50, 'glad', '{"a": 1.0}' from generate_series(1, 60) i;
                insert into orders select i, (i - 1) % 60 + 1, nullif(i - 1, 0), 'x', i % 2 = 0 from generate_series(1, 90) i;
                """);
    }

    @Test
    void undoLeadsEveryColumnBackAndVerifyTellsWhatIsNotRestored() throws SQLException, IOException {
        LiveHistory history = new LiveHistory(database);
        List<String> whole = history.lines();
        long xid = history.commit("""
                delete from orders where id > 50; delete from users where id > 55 and id not in (select user_id from orders);
                update orders set user_id = 1, what = null, ok = not ok where id < 30;
                update users set note = null, mood = 'sad', price = 2 where id = 7;
                insert into users values (99, 'new', 1, null, '[]')""");
        List<String> damaged = history.lines();
        Path bundle = write(history.reader(), plan(history.reader(), ConflictMode.REFUSE, xid));
        int lost = problems(bundle);
        assertThat(lost).isEqualTo(40 + 29 + 1 + 1 + whole.size() - damaged.size() - 40 + 1);
        database.run(Files.readString(bundle.resolve("restore.sql")));
        assertThat(history.lines()).isEqualTo(whole);
        assertThat(problems(bundle)).isZero();
        database.run("update orders set ok = null where id = 4; delete from orders where id = 90");
        assertThat(problems(bundle)).isEqualTo(2);
        database.run("insert into orders values (90, 30, 89, 'x', true); update orders set ok = true where id = 4");
        database.run(Files.readString(bundle.resolve("undo-restore.sql")));
        assertThat(history.lines()).isEqualTo(damaged);
        assertThat(problems(bundle)).isEqualTo(lost);
        database.run(Files.readString(bundle.resolve("undo-restore.sql")));
        assertThat(history.lines()).as("undone twice is undone once").isEqualTo(damaged);
    }

    @Test
    void overwrittenValuesAreKeptAndUndoBringsThemBack() throws SQLException, IOException {
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update users set name = 'x' where id in (3, 4)");
        history.commit("update users set name = 'somebody''s' where id = 3");
        List<String> before = history.lines();
        Path bundle = write(history.reader(), plan(history.reader(), ConflictMode.OVERWRITE, xid));
        assertThat(Files.readString(bundle.resolve("report.md")))
                .contains("## Written over although somebody changed it since: 1")
                .contains("users 3, column name: somebody changed it since; now 'somebody's', wanted 'user 3'");
        database.run(Files.readString(bundle.resolve("restore.sql")));
        assertThat(database.query("select name from users where id in (3, 4) order by id"))
                .containsExactly("user 3", "user 4");
        database.run(Files.readString(bundle.resolve("undo-restore.sql")));
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void bundleNamesOwnersAndIsWholePrivateAndVerifiable() throws SQLException, IOException, InterruptedException {
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from orders where id = 90; update users set name = '=\"x' where id = 7");
        Path bundle = write(history.reader(), plan(history.reader(), ConflictMode.REFUSE, xid));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bundle)))
                .isEqualTo("rwx------");
        assertThat(Files.readString(bundle.resolve("affected.csv")))
                .contains("\"orders\",\"90\",\"users\",\"30\",\"insert\",\"{\"\"id\"\":\"\"90\"\"")
                .contains("\"users\",\"7\",\"users\",\"7\",\"update\",\"{\"\"name\"\":\"\"user 7\"\"}\"");
        assertThat(new ObjectMapper()
                        .readTree(bundle.resolve("plan.json").toFile())
                        .get("repairs"))
                .hasSize(2);
        assertThat(Files.readString(bundle.resolve("plan.json"))).contains("\"target\":\"here\"", "\"preview\":[]");
        assertThat(bundle.resolve("verify.sql")).content().contains("\n\\set ON_ERROR_STOP on\nBEGIN");
        Process sums = new ProcessBuilder("sha256sum", "-c", "--strict", "SHA256SUMS")
                .directory(bundle.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(sums.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(sums.waitFor()).as(said).isZero();
        assertThat(said.lines()).hasSize(6);
        assertThatThrownBy(() -> write(history.reader(), plan(history.reader(), ConflictMode.REFUSE, xid)))
                .isInstanceOf(RowbackException.class)
                .hasMessageContaining("is not empty");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing unfinished is left").containsExactly(bundle);
        }
    }

    @Test
    void keysThatASpreadsheetWouldTakeForFormulasAreNamedByTheirColumn() throws SQLException, IOException {
        database.run("create table names (name text primary key);"
                + " insert into names values ('=1+1'), ('-1'), ('-1+1'), ('@x'), ('Ann')");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from names");
        Path bundle = write(history.reader(), plan(history.reader(), ConflictMode.REFUSE, xid));
        assertThat(Files.readAllLines(bundle.resolve("affected.csv")).stream()
                        .skip(1)
                        .map(line -> line.split("\"", -1)[3]))
                .containsExactlyInAnyOrder("name==1+1", "-1", "name=-1+1", "name=@x", "Ann");
    }

    @Test
    void rowThatCouldNotBePutBackAgainIsNotDeletedByABundle() throws SQLException {
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("insert into users values (99, 'new', 1, null, '[]')");
        RestorePlan whole = plan(history.reader(), ConflictMode.REFUSE, xid);
        Repair row = whole.repairs().get(0);
        Repair partly = new Repair.DeleteRow(
                row.table(), row.key(), row.expected().subList(1, row.expected().size()), row.causes());
        RestorePlan plan = new RestorePlan(
                whole.request(),
                whole.history(),
                whole.transactions(),
                whole.definitions(),
                whole.tables(),
                whole.forms(),
                List.of(List.of(partly)),
                whole.singly(),
                whole.counts(),
                whole.findings(),
                whole.missing(),
                whole.leftInserted());
        assertThatThrownBy(() -> write(history.reader(), plan))
                .hasMessage("users 99 would be deleted, and the history does not know all of it to put it back again");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void bundleThatCannotBeFinishedLeavesNothing() throws SQLException {
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from orders where id = 90");
        RestorePlan plan = plan(history.reader(), ConflictMode.REFUSE, xid);
        Tables none = new Tables(List.of());
        assertThatThrownBy(() -> Bundle.write(folder.resolve("bundle"), plan, null, history.reader(), none, List.of()))
                .isInstanceOf(NoSuchElementException.class);
        assertThat(folder).isEmptyDirectory();
    }

    private Path write(HistoryReader reader, RestorePlan plan) throws IOException {
        Tables tables = new Tables(reader.tables());
        Path bundle = folder.resolve("bundle");
        List<TableInfo> owners = tables.named("users").tables();
        Bundle.write(bundle, plan, new Preview("here", List.of(), List.of()), reader, tables, owners);
        return bundle;
    }

    private static RestorePlan plan(HistoryReader reader, ConflictMode mode, long xid) {
        Scope scope = new Scope(
                List.of(Scope.Window.of(PointInTime.transaction(reader, xid).commit())), false, List.of());
        Set<Operation> all = Set.of(Operation.values());
        return RestorePlanner.plan(reader, new RestoreRequest(scope, null, ColumnChoice.ALL, all, mode, false, 1_000));
    }

    /** How many rows verify.sql prints. */
    private int problems(Path bundle) throws SQLException, IOException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            boolean result = statement.execute(
                    Files.readString(bundle.resolve("verify.sql")).replace("\n\\set ON_ERROR_STOP on\n", "\n"));
            while (result || statement.getUpdateCount() >= 0) {
                if (result) {
                    try (ResultSet found = statement.getResultSet()) {
                        while (found.next()) {
                            rows.add(found.getString(1) + " " + found.getString(2));
                        }
                    }
                }
                result = statement.getMoreResults();
            }
        }
        assertThat(rows).doesNotHaveDuplicates();
        return rows.size();
    }
}
