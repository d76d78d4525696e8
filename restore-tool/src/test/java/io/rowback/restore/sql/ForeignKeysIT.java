package io.rowback.restore.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlan.Outcome;
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
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What foreign keys did to rows is undone with them, on a real server. */
final class ForeignKeysIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    private Database database;

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getDisplayName());
    }

    @Test
    void aUserComesBackWithEverythingOfTheirsAndNobodyElse() throws SQLException, IOException {
        database.run("""
                create table users (id int primary key, name text);
                create table orders (user_id int references users on delete cascade, n int, note text, primary key (user_id, n));
                create table lines (user_id int, n int, pos int, sku text, primary key (user_id, n, pos),
                  foreign key (user_id, n) references orders on delete cascade);
                create table events (id int, day int, user_id int references users on delete cascade, line int,
                  primary key (id, day)) partition by range (day);
                create table events_1 partition of events for values from (0) to (10);
                create table events_2 partition of events for values from (10) to (20);
                create table reads (event int, day int, who text, primary key (event, day, who),
                  foreign key (event, day) references events on delete cascade);
                create table posts (id int primary key, author int references users on delete set null, text text);
                create table seats (id int primary key, holder int not null default 0 references users on delete set default);
                insert into users values (0, 'nobody'), (1, 'ann'), (2, 'bob'), (3, 'cid');
                insert into orders select u, n, 'o' from generate_series(1, 3) u, generate_series(1, 2) n;
                insert into lines select u, n, p, 's' from generate_series(1, 3) u, generate_series(1, 2) n, generate_series(1, 2) p;
                insert into events select u * 100 + d, d, u, 1 from generate_series(1, 3) u, unnest(array[1, 11]) d;
                insert into reads select id, day, 'x' from events;
                insert into posts select u, u, 'hello' from generate_series(1, 3) u;
                insert into seats select u, u from generate_series(1, 3) u;
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit("delete from users where id in (1, 2)");
        assertThat(history.lines()).hasSizeLessThan(before.size() - 20);
        restore(history, related(history, "users", RowKey.of("1"), xid));
        List<String> ofTwo = List.of("users [2,", "orders [2,", "lines [2,", "reads [2");
        assertThat(before.stream().filter(line -> ofTwo.stream().anyMatch(line::contains)))
                .hasSizeGreaterThan(5);
        List<String> expected = before.stream()
                .filter(line -> ofTwo.stream().noneMatch(line::contains) && !line.matches(".*events_. \\[2.*"))
                .map(line -> line.replace("posts [2, 2, hello]", "posts [2, NULL, hello]")
                        .replace("seats [2, 2]", "seats [2, 0]"))
                .sorted()
                .toList();
        assertThat(history.lines()).isEqualTo(expected);
    }

    @Test
    void columnsThatAForeignKeySetAreSetBackBehindTheirParents() throws SQLException, IOException {
        database.run("""
                create table a_parent (a int, b int, primary key (a, b));
                insert into a_parent values (0, 0), (1, 1), (1, 2);
                create table z_null (id int primary key, a int, b int, foreign key (a, b) references a_parent on delete set null);
                create table z_one (id int primary key, a int not null, b int, foreign key (a, b) references a_parent on delete set null (b));
                create table z_default (id int primary key, a int default 0, b int default 0,
                  foreign key (a, b) references a_parent on delete set default);
                insert into z_null values (1, 1, 1), (2, 1, 2), (3, null, 1);
                insert into z_one values (1, 1, 1), (2, 1, 2);
                insert into z_default values (1, 1, 1), (2, 1, 2), (3, 0, 0);
                """);
        restoresExactly("delete from a_parent where a = 1");
    }

    @Test
    void childrenThatAnotherTransactionDeletedStayAway() throws SQLException, IOException {
        database.run("""
                create table p (id int primary key);
                create table c (id int primary key, p int references p on delete cascade);
                insert into p values (1), (2);
                insert into c values (10, 1), (11, 1), (20, 2);
                """);
        LiveHistory history = new LiveHistory(database);
        history.commit("delete from c where id = 10");
        List<String> before = history.lines();
        long xid = history.commit("delete from p where id = 1");
        history.commit("delete from c where id = 20");
        restore(history, plan(history, scope(history, true, xid)));
        assertThat(history.lines())
                .isEqualTo(before.stream()
                        .filter(line -> !line.startsWith("c [20"))
                        .toList());
    }

    @Test
    void foreignKeyThatIsNotEnforcedKeepsNoRowFromGoing() throws SQLException, IOException {
        database.run("create table p (id int primary key); insert into p values (1)");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("insert into p values (2)");
        RestorePlan plan = plan(history, scope(history, false, xid), Set.of(Operation.INSERT));
        database.run("create table later (id int primary key, p int references p not enforced);"
                + " insert into later values (1, 2)");
        restore(history, plan);
        assertThat(history.lines()).containsExactly("later [1, 2]", "p [1]");
    }

    @Test
    void treesAndCyclesThatACascadeEmptiedComeBack() throws SQLException, IOException {
        database.run("""
                create table node (id int primary key, up int references node on delete cascade, top int);
                alter table node add foreign key (top) references node on delete set null;
                insert into node values (5, null, null), (4, 5, 5), (3, 4, 5), (2, 3, 5), (9, null, 2);
                update node set top = 2 where id = 5;
                create table ring_a (id int primary key, b int);
                create table ring_b (id int primary key, a int not null references ring_a on delete cascade);
                insert into ring_a values (1, null), (2, null);
                insert into ring_b values (1, 1), (2, 2);
                update ring_a set b = id;
                alter table ring_a add foreign key (b) references ring_b on delete cascade, alter b set not null;
                """);
        restoresExactly("delete from node where id = 5; delete from ring_b where id = 1");
    }

    @Test
    void rowsThatReferByAnEqualValueWrittenOtherwiseComeBackAndGoInOrder() throws SQLException, IOException {
        database.run("""
                create extension citext;
                create table z_number (id numeric primary key);
                create table a_number (id int primary key, up numeric(10,3) references z_number);
                create table z_text (id citext primary key);
                create table a_text (id int primary key, up citext references z_text);
                insert into z_number values (1.5), (100);
                insert into a_number values (1, 1.5), (2, 100);
                insert into z_text values ('Ann');
                insert into a_text values (1, 'ANN');
                """);
        restoresExactly("delete from a_number; delete from z_number; delete from a_text; delete from z_text");
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit("insert into z_number values (7.50); insert into a_number values (7, 7.5);"
                + " insert into z_text values ('Bob'); insert into a_text values (7, 'bob')");
        restore(history, plan(history, scope(history, false, xid), Set.of(Operation.INSERT)));
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void parentsThatOthersDeletedAreReportedAndComeBackWhenAskedFor() throws SQLException, IOException {
        database.run("""
                create table country (code text primary key);
                create table city (id int primary key, country text references country, name text);
                create table house (id int primary key, city int references city);
                insert into country values ('de'), ('fr');
                insert into city values (1, 'de', 'Old'), (2, 'fr', 'Paris');
                insert into house values (10, 1), (20, 2);
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        history.commit("update city set name = 'Berlin' where id = 1");
        long xid = history.commit("delete from house where id = 10");
        history.commit("delete from city where id = 1");
        history.commit("delete from country where code = 'de'; truncate house");
        RestorePlan refused = plan(history, scope(history, false, xid));
        assertThat(refused.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(refused.refusals()).singleElement().satisfies(row -> assertThat(row.reason())
                .isEqualTo("it refers to city 1, which is neither there nor in the plan"));
        RestoreRequest few = new RestoreRequest(
                scope(history, true, xid),
                null,
                ColumnChoice.ALL,
                Set.of(Operation.DELETE),
                ConflictMode.REFUSE,
                false,
                2);
        assertThatThrownBy(() -> RestorePlanner.plan(history.reader(), few))
                .as("parents count too")
                .hasMessage("the plan has 3 rows, more than the 2 that are allowed");
        restore(history, plan(history, scope(history, true, xid)));
        assertThat(history.lines())
                .isEqualTo(before.stream()
                        .map(line -> line.replace("Old", "Berlin"))
                        .filter(line -> !line.contains("[20,"))
                        .toList());
    }

    @Test
    void parentOfAForeignKeyThatWasDroppedSinceComesBackWhenAskedFor() throws SQLException, IOException {
        database.run("""
                create table city (id int primary key);
                create table house (id int primary key, city int, constraint lies_in foreign key (city) references city on delete cascade);
                insert into city values (1);
                insert into house values (10, 1);
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit("delete from house");
        history.commit("delete from city");
        database.run("alter table house drop constraint lies_in");
        history.commit("insert into house values (11, null)");
        assertThat(plan(history, scope(history, false, xid)).repairs()).hasSize(1);
        restore(history, plan(history, scope(history, true, xid)));
        database.run("delete from house where id = 11");
        assertThat(history.lines()).isEqualTo(before);
    }

    private void restoresExactly(String incident) throws SQLException, IOException {
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit(incident);
        assertThat(history.lines()).isNotEqualTo(before);
        restore(history, plan(history, scope(history, false, xid)));
        assertThat(history.lines()).isEqualTo(before);
    }

    private static Scope scope(LiveHistory history, boolean withParents, long xid) {
        List<Scope.Window> commit = List.of(
                Scope.Window.of(PointInTime.transaction(history.reader(), xid).commit()));
        return new Scope(commit, false, List.of(), commit, withParents);
    }

    private static RestorePlan related(LiveHistory history, String table, RowKey key, long xid) {
        TableInfo info =
                new Tables(history.reader().tables()).named(table).tables().get(0);
        Scope.Narrowing row = new Scope.Narrowing(info, key, true, List.of());
        return plan(history, new Scope(scope(history, false, xid).windows(), false, List.of(row)));
    }

    private static RestorePlan plan(LiveHistory history, Scope scope) {
        return plan(history, scope, Set.of(Operation.DELETE, Operation.UPDATE));
    }

    private static RestorePlan plan(LiveHistory history, Scope scope, Set<Operation> operations) {
        return RestorePlanner.plan(
                history.reader(),
                new RestoreRequest(scope, null, ColumnChoice.ALL, operations, ConflictMode.REFUSE, false, 10_000));
    }

    private void restore(LiveHistory history, RestorePlan plan) throws SQLException, IOException {
        assertThat(plan.findings()).isEmpty();
        StringBuilder sql = new StringBuilder();
        SqlWriter.write(plan, sql);
        database.run(sql.toString());
        List<String> once = history.lines();
        database.run(sql.toString());
        assertThat(history.lines()).isEqualTo(once);
    }
}
