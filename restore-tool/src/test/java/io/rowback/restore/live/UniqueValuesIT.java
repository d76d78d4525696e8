package io.rowback.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.live.Target.Compared;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Reversal;
import io.rowback.restore.sql.SqlWriter;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Rows that take from each other what only one of them can have: unique values, and ranges that may not overlap. */
final class UniqueValuesIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    private Database database;

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getTestMethod().orElseThrow().getName());
    }

    private void write(RestorePlan plan) {
        Connections connections = new Connections(ConnectionSettings.parse(database.url()), "rowback");
        new Restoration(connections, plan, statement -> {}).run();
    }

    @Test
    void whatRowsTakeFromEachOtherIsGivenUpFirstWhateverTheIndex() throws SQLException, IOException {
        String all =
                "select a::text, b::text, m::text, g::text from a left join b using (id) left join m using (id) left join g using (id) order by a.id";
        database.run("""
                create extension btree_gist;
                create table a (id int primary key, owner int, main bool);
                create unique index on a (owner) where main;
                create table b (id int primary key, room int, at int4range, exclude using gist (room with =, at with &&));
                create table m (id int primary key, mail text);
                create unique index on m (lower(mail));
                create table g (id int primary key, mail text, low text generated always as (lower(mail)) stored unique);
                insert into g values (1, 'Ann'), (2, 'bob');
                insert into a select i, i / 2, i % 2 = 0 from generate_series(0, 59) i;
                insert into b select i, 1, int4range(i * 10, i * 10 + 10) from generate_series(1, 30) i;
                insert into m values (1, 'Ann'), (2, 'bob')
                """);
        List<String> before = database.query(all);
        LiveHistory history = new LiveHistory(database);
        long xid =
                history.commit("update a set main = false where id % 2 = 0; update a set main = true where id % 2 = 1;"
                        + " update b set at = int4range(id * 10 + 1000, id * 10 + 1010);"
                        + " update b set at = int4range((id + 1) * 10, (id + 1) * 10 + 10);"
                        + " delete from m where id = 1; update m set mail = 'ANN' where id = 2;"
                        + " update g set mail = 'x' where id = 1; update g set mail = 'ANN' where id = 2");
        List<String> damaged = database.query(all);
        RestorePlan plan = new Target(history, database).compare(xid).plan();
        RestorePlan undo = Reversal.of(plan);
        StringBuilder script = new StringBuilder();
        SqlWriter.write(plan, script);
        // Within one statement the server would check them in an order of its own.
        assertThat(script).contains("UPDATE ONLY").doesNotContain(" AS v");
        write(plan);
        assertThat(database.query(all)).isEqualTo(before);
        write(undo);
        assertThat(database.query(all)).isEqualTo(damaged);
    }

    @Test
    void whatRowsTakeFromEachOtherInACircleIsRefused() throws SQLException {
        database.run("create table e (id int primary key, mail text); create unique index on e (lower(mail));"
                + " insert into e values (1, 'a'), (2, 'b')");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update e set mail = 'c' where id = 1; update e set mail = 'A' where id = 2;"
                + " update e set mail = 'B' where id = 1");
        assertThat(new Target(history, database).compare(xid).plan().refusals())
                .extracting(Finding::reason)
                .containsOnly("it takes a unique value from a row that waits for it: no order of writes can do that")
                .hasSize(2);
    }

    @Test
    void whatRowsExchangeUnderADeferrableConstraintIsWrittenByOneStatement() throws SQLException, IOException {
        String all = "select d::text from d order by id";
        database.run("create table d (id int primary key, place int unique deferrable, v text);"
                + " insert into d select i, i, 'v' from generate_series(1, 40) i");
        List<String> before = database.query(all);
        LiveHistory history = new LiveHistory(database);
        long few = history.commit("update d set place = 3 - place where id < 3");
        List<String> exchanged = database.query(all);
        long many = history.commit("update d set place = place % 40 + 1");
        for (long xid : List.of(many, few)) {
            RestorePlan plan = new Target(history, database).compare(xid).plan();
            assertThat(plan.statements()).hasSize(1);
            write(plan);
            assertThat(database.query(all)).isEqualTo(xid == many ? exchanged : before);
        }
    }

    @Test
    void rowsOfAKeyWithoutOverlapsAreToldApartAndGiveWayFirst() throws SQLException, IOException {
        String all = "select s::text from s order by 1";
        database.run("create extension btree_gist;"
                + " create table s (id int, at int4range, v text, primary key (id, at without overlaps));"
                + " insert into s values (1, '[10,20)', 'a'), (1, '[20,30)', 'b'), (2, '[10,20)', 'c')");
        List<String> before = database.query(all);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from s where v = 'a'; update s set at = '[15,30)' where v = 'b'");
        Compared compared = new Target(history, database).alsoInserts().compare(xid);
        assertThat(compared.differences()).isEmpty();
        assertThat(compared.findings()).isEmpty();
        write(compared.plan());
        assertThat(database.query(all)).isEqualTo(before);
        history = new LiveHistory(database);
        long gone = history.commit("delete from s where v = 'a'");
        database.run("insert into s values (1, '[5,12)', 'new')");
        assertThat(new Target(history, database).compare(gone).findings())
                .containsExactly("s 1,[10,20): what it would take in s_pkey is held by s id=1,at='[5,12)'");
    }

    @Test
    void whatARowOfThePlanKeepsThoughItIsWrittenIsOccupied() throws SQLException {
        database.run("""
                create extension btree_gist;
                create table e (id int primary key, mail text, plan text); create unique index e_mail on e (lower(mail));
                create table b (id int primary key, at int4range, constraint b_at exclude using gist (at with &&));
                insert into e values (1, 'Ann', 'pro'), (2, 'bob', 'pro'), (3, 'Eve', 'pro'), (4, 'zoe', 'pro');
                insert into b values (1, '[10,20)'), (2, '[30,40)')
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from e where id in (1, 3); update e set plan = 'test';"
                + " update e set mail = 'EVE' where id = 4; delete from b where id = 1; update b set at = '[32,40)'");
        database.run("update e set mail = 'ANN' where id = 2; update b set at = '[12,40)'");
        Compared compared =
                new Target(history, database).onConflict(ConflictMode.SKIP).compare(xid);
        assertThat(compared.findings())
                .containsExactlyInAnyOrder(
                        "e 1: what it would take in e_mail is held by e 2",
                        "b 1: what it would take in b_at is held by b 2",
                        "b 2.at: somebody changed it since");
        assertThat(compared.writes()).containsExactlyInAnyOrder("e 2", "e 3", "e 4");
    }

    @Test
    void whatRowsOfThePlanWouldBothTakeIsRefusedWhateverTheIndex() throws SQLException {
        database.run("""
                create extension btree_gist; create extension citext;
                create table t (id int primary key, mail citext unique, low text, main bool, at int4range, one text,
                  constraint t_at exclude using gist (at with &&), constraint t_one unique nulls not distinct (one, main));
                create unique index t_low on t (lower(low));
                create unique index t_main on t (main) where main;
                insert into t values (1, 'Ann', 'Bob', true, '[1,5)', null), (2, 'cid', 'dan', false, '[10,20)', 'x')
                """);
        List<String> takes = List.of(
                "'ANN', 'eve', false, '[5,9)', 'y' / t_mail_key",
                "'fay', 'BOB', false, '[5,9)', 'y' / t_low",
                "'fay', 'eve', true, '[5,9)', 'y' / t_main",
                "'fay', 'eve', false, '[4,9)', 'y' / t_at",
                "'fay', 'eve', true, '[5,9)', null / t_main",
                "'fay', 'eve', null, '[5,9)', 'y' / ");
        LiveHistory history = new LiveHistory(database);
        for (String taken : takes) {
            String[] parts = taken.split(" / ", -1);
            long gone = history.commit("delete from t");
            history.commit("insert into t values (3, " + parts[0] + ")");
            Compared compared = new Target(history, database).compare(gone, history.commit("delete from t"));
            String also = ", also in the plan, would take the same in " + parts[1];
            assertThat(compared.findings())
                    .containsExactlyInAnyOrderElementsOf(
                            parts[1].isEmpty() ? List.of() : List.of("t 1: t 3" + also, "t 3: t 1" + also));
            history.commit(
                    "insert into t values (1, 'Ann', 'Bob', true, '[1,5)', null), (2, 'cid', 'dan', false, '[10,20)', 'x')");
        }
    }

    @Test
    void rowThatCannotBeWrittenAfterAllIsNamed() throws SQLException {
        database.run("create table t (id int primary key, mail text unique); insert into t values (1, 'a'), (2, 'b')");
        LiveHistory history = new LiveHistory(database);
        RestorePlan plan = new Target(history, database)
                .compare(history.commit("delete from t"))
                .plan();
        database.run("insert into t values (3, 'b')");
        assertThatThrownBy(() -> write(plan))
                .hasMessageMatching("duplicate key value .*\\(b\\) already exists\\.; that was to write t 2: deleted by"
                        + " transaction .*; nothing was written");
        assertThat(database.query("select t::text from t")).containsExactly("(3,b)");
    }
}
