package io.rowback.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.live.Preview.Kind;
import io.rowback.restore.live.Target.Compared;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What writing a plan would do and meet, named before anything is written. */
final class PreviewIT {
    // Nobody but the tests is to need transaction ids.
    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(18).setting("autovacuum", "off").start();

    private Database database;

    @BeforeAll
    static void createRole() throws SQLException {
        server.database().run("create role clerk login");
    }

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getTestMethod().orElseThrow().getName());
    }

    @Test
    void triggersThatWouldFireAreListedAndNoOthers() throws SQLException {
        database.run("""
                create table u (id int primary key, a int, b int);
                insert into u values (1, 1, 1), (2, 2, 2);
                create function f() returns trigger language plpgsql as 'begin return new; end';
                create trigger before_insert before insert on u for each row execute function f();
                create trigger after_insert after insert on u for each row execute function f();
                create trigger on_a after update of a on u for each row execute function f();
                create trigger on_b after update of b on u for each row execute function f();
                create trigger on_delete after delete on u for each row execute function f();
                create trigger on_truncate after truncate on u execute function f();
                create trigger disabled before insert on u for each row execute function f();
                create trigger on_replica before insert on u for each row execute function f();
                create trigger always after insert on u execute function f();
                alter table u disable trigger disabled, enable replica trigger on_replica, enable always trigger always;
                create rule noted as on insert to u do also select 1
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u where id = 1; update u set a = 9 where id = 2");
        Compared compared = new Target(history, database).compare(xid);
        assertThat(compared.items(Kind.TRIGGER))
                .extracting(text -> text.replaceAll("fires: CREATE TRIGGER (\\w+) .*", "$1"))
                .containsExactly("before_insert", "after_insert", "always", "on_a");
        assertThat(compared.items(Kind.RULE)).containsExactly("rule noted of public.u rewrites statements on it");
        assertThat(compared.items(Kind.ESTIMATE))
                .containsExactly(
                        "2 rows, 1 kB of values; at 10,000 rows a second, without triggers of your own, about 1 s");
        assertThat(compared.items(Kind.LOCK))
                .containsExactly("public.u: ROW EXCLUSIVE, which lets others read and write; and 2 rows");
    }

    @Test
    void tablesThatAreNotCapturedAndWentAlongAreNamed() throws SQLException {
        database.run("""
                create table users (id int primary key, name text);
                create table seen (id int primary key, u int references users on delete cascade);
                insert into users values (1), (2);
                insert into seen values (1, 1)
                """);
        LiveHistory history = new LiveHistory(database);
        database.run("""
                create table unseen (u int references users on delete cascade);
                create table nulled (u int references users on delete set null);
                create table kept (u int references users);
                create table parted (u int references users on delete cascade) partition by list (u);
                create table parted_1 partition of parted for values in (1);
                alter table unseen add primary key (u);
                create table unseen_too (u int primary key references unseen on delete cascade);
                create table unseen_end (u int references unseen_too on delete set default);
                alter table unseen_too add t int references unseen_too on delete cascade;
                alter table nulled add unique (u);
                create table stays (u int references nulled (u) on delete cascade);
                """);
        long xid = history.commit("delete from users where id = 1");
        assertThat(new Target(history, database).compare(xid).items(Kind.UNCAPTURED))
                .containsExactly(
                        "public.nulled is not captured: rows of it that nulled_u_fkey changed with rows of public.users"
                                + " do not come back with them",
                        "public.parted_1 is not captured: rows of it that parted_u_fkey deleted with rows of"
                                + " public.users do not come back with them",
                        "public.unseen is not captured: rows of it that unseen_u_fkey deleted with rows of public.users"
                                + " do not come back with them",
                        "public.unseen_end is not captured: rows of it that unseen_end_u_fkey changed with rows of"
                                + " public.unseen_too do not come back with them",
                        "public.unseen_too is not captured: rows of it that unseen_too_t_fkey deleted with rows of"
                                + " public.unseen_too do not come back with them",
                        "public.unseen_too is not captured: rows of it that unseen_too_u_fkey deleted with rows of"
                                + " public.unseen do not come back with them");
        long update = history.commit("update users set name = 'x' where id = 2");
        assertThat(new Target(history, database).compare(update).items(Kind.UNCAPTURED))
                .as("nothing comes back")
                .isEmpty();
    }

    @Test
    void comparingWritesNothingAndDrawsNoNumber() throws SQLException {
        database.run("""
                create table u (id serial primary key, mail text unique, n int check (n > 0));
                insert into u (mail, n) select 'm' || i, i from generate_series(1, 9) i;
                create function f() returns trigger language plpgsql as 'begin raise ''fired''; end';
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u where id > 3; update u set n = 7");
        database.run("alter sequence u_id_seq restart with 4;"
                + "create trigger f before insert or update on u for each row execute function f()");
        String state = "select pg_snapshot_xmax(pg_current_snapshot()), last_value, is_called from u_id_seq";
        List<String> before = database.query(state);
        Compared compared = new Target(history, database).compare(xid);
        assertThat(compared.findings()).isEmpty();
        assertThat(compared.writes()).hasSize(9);
        assertThat(compared.items(Kind.SEQUENCE)).hasSize(1);
        assertThat(database.query(state)).as("no transaction has got an id").isEqualTo(before);
    }

    @Test
    void triggersToBeDisabledAreListedWithTheLockAndNeedTheOwner() throws SQLException {
        database.run("""
                create table u (id int primary key, a int);
                insert into u values (1, 1);
                create function f() returns trigger language plpgsql as 'begin return new; end';
                create trigger seen before update on u for each row execute function f();
                create table plain (id int primary key, a int);
                insert into plain values (1, 1);
                grant all on u, plain to clerk
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set a = 2; update plain set a = 2");
        Compared compared =
                new Target(history, database.as("clerk")).disablingTriggers().compare(xid);
        assertThat(compared.items(Kind.TRIGGER))
                .singleElement()
                .asString()
                .startsWith("disabled meanwhile: CREATE TRIGGER seen");
        assertThat(compared.items(Kind.LOCK))
                .containsExactlyInAnyOrder(
                        "public.u: SHARE ROW EXCLUSIVE, which keeps others from writing to it until COMMIT; and 1 row",
                        "public.plain: ROW EXCLUSIVE, which lets others read and write; and 1 row");
        assertThat(compared.preview().obstacles())
                .extracting(Preview.Item::text)
                .containsExactly("clerk does not own public.u and may not disable its triggers");
    }

    @Test
    void sequencesThatMustMoveAreNamedAndNeverMoveBack() throws SQLException {
        database.run("""
                create table a (id serial primary key);
                create table b (id bigint generated always as identity primary key);
                create table c (id int generated by default as identity (increment by -1) primary key);
                insert into a select from generate_series(1, 3);
                insert into b select from generate_series(1, 3);
                insert into c select from generate_series(1, 3)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from a; delete from b; delete from c");
        database.run("select setval('a_id_seq', 1)");
        assertThat(new Target(history, database).compare(xid).items(Kind.SEQUENCE))
                .containsExactly("sequence public.a_id_seq moves from 1 to 3");
    }

    @Test
    void sequenceThatIsFarBehindNeedsItsOwner() throws SQLException {
        database.run("""
                create table near (id bigserial primary key); insert into near values (9);
                create table far (id bigserial primary key); insert into far values (200000);
                grant all on near, far to clerk; grant usage, select on sequence near_id_seq, far_id_seq to clerk
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from near; delete from far");
        assertThat(new Target(history, database.as("clerk"))
                        .compare(xid)
                        .preview()
                        .obstacles())
                .extracting(Preview.Item::text)
                .containsExactly(
                        "only the owner of sequence public.far_id_seq can move it so far while others draw from it");
        assertThat(new Target(history, database).compare(xid).preview().obstacles())
                .isEmpty();
    }

    @Test
    void privilegesThatAreMissingAreNamedWithTheGrant() throws SQLException {
        database.run("""
                create table u (id serial primary key, a int, b int);
                insert into u (a, b) values (1, 1), (2, 2), (3, 3);
                grant select on u to clerk;
                grant insert (id, a) on u to clerk
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit(
                "delete from u where id = 3; update u set a = 9 where id = 2; insert into u values (7); select setval('u_id_seq', 1)");
        Target target = new Target(history, database.as("clerk")).alsoInserts();
        assertThat(target.compare(xid).preview().obstacles())
                .extracting(Preview.Item::text)
                .containsExactlyInAnyOrder(
                        "clerk lacks a privilege: GRANT INSERT ON public.u TO clerk",
                        "clerk lacks a privilege: GRANT UPDATE ON public.u TO clerk",
                        "clerk lacks a privilege: GRANT DELETE ON public.u TO clerk",
                        "no SELECT privilege on sequence public.u_id_seq");
        database.run("grant insert, update (a), delete on u to clerk; grant select on sequence u_id_seq to clerk");
        assertThat(target.compare(xid).preview().obstacles())
                .extracting(Preview.Item::text)
                .containsExactly("no USAGE privilege on sequence public.u_id_seq");
        database.run("grant usage on sequence u_id_seq to clerk");
        assertThat(target.compare(xid).preview().obstacles()).isEmpty();
    }

    @Test
    void whatKeepsTheWholeScriptFromRunningIsNamed() throws SQLException {
        database.run("create table u (id int primary key); insert into u select generate_series(1, 21)");
        database.run("grant all on u to clerk; revoke temporary on database \"" + database.name() + "\" from public");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u");
        database.run("alter role clerk in database \"" + database.name() + "\" set session_replication_role = replica");
        assertThat(new Target(history, database.as("clerk"))
                        .compare(xid)
                        .preview()
                        .obstacles())
                .extracting(Preview.Item::text)
                .containsExactly(
                        "foreign keys are not checked under session_replication_role = replica",
                        "many rows need temporary tables: GRANT TEMPORARY ON DATABASE \"" + database.name()
                                + "\" TO clerk");
    }

    @Test
    void tableThatMayNotBeReadIsRefusedWithTheGrant() throws SQLException {
        database.run(
                "create table u (id int primary key, a int); insert into u values (1, 1); grant select (id) on u to clerk");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u");
        assertThatThrownBy(() -> new Target(history, database.as("clerk")).compare(xid))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage("clerk may not read u");
    }

    @Test
    void rowsThatRowLevelSecurityHidesAreNeverTakenForGone() throws SQLException {
        database.run("""
                create table u (id int primary key, a int);
                insert into u values (1, 1), (2, 1);
                grant all on u to clerk;
                alter table u enable row level security;
                create policy mine on u to clerk using (id = 1)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set a = 2");
        assertThatThrownBy(() -> new Target(history, database.as("clerk")).compare(xid))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage("row-level security hides rows of u from clerk");
        assertThat(new Target(history, database).compare(xid).writes()).containsExactly("u 1", "u 2");
    }

    @Test
    void detachedPartitionAndSubscribersAreNamed() throws SQLException {
        database.run("""
                create table p (id int primary key) partition by range (id);
                create table p1 partition of p for values from (0) to (10);
                insert into p values (1);
                select pg_create_logical_replication_slot('reader', 'pgoutput')
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from p");
        database.run("alter table p detach partition p1");
        Compared compared;
        try (Connection session = database.connect();
                Statement statement = session.createStatement()) {
            // As a baseline has one, which is gone by the time of the restore.
            statement.execute("select pg_create_logical_replication_slot('passing', 'pgoutput', true)");
            compared = new Target(history, database).compare(xid);
        }
        assertThat(compared.items(Kind.PARTITION)).containsExactly("p1 was a partition of [p] and is none now");
        assertThat(compared.items(Kind.SUBSCRIBER))
                .containsExactly("logical replication slots whose readers see the restore: reader");
        database.run("select pg_drop_replication_slot('reader')");
    }
}
