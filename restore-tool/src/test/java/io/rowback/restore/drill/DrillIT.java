package io.rowback.restore.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.query.PointInTime;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What a history holds is broken and mended once more in another database. */
final class DrillIT {
    private static final long SEED = 7;

    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @SuppressWarnings("NullAway.Init") // created before each test
    private Database database;

    @SuppressWarnings("NullAway.Init") // created before each test
    private Database scratch;

    @BeforeEach
    void createDatabases(TestInfo test) throws SQLException {
        String name = test.getTestMethod().orElseThrow().getName();
        database = server.createDatabase(name);
        scratch = server.createDatabase(name.substring(0, Math.min(40, name.length())) + "_scratch");
    }

    private ScratchDatabase open(LiveHistory history) {
        return ScratchDatabase.open(
                new Connections(ConnectionSettings.parse(scratch.url()), "rowback"),
                history.reader().info());
    }

    private DrillReport rows(LiveHistory history, int rows) {
        try (ScratchDatabase open = open(history)) {
            return new Drill(history.reader(), open).rows(rows, SEED);
        }
    }

    private DrillReport transaction(LiveHistory history, long xid) {
        try (ScratchDatabase open = open(history)) {
            return new Drill(history.reader(), open).transaction(PointInTime.transaction(history.reader(), xid));
        }
    }

    private static List<String> failures(DrillReport report) {
        return report.failures().stream()
                .map(failure -> failure.table().name() + " " + failure.key() + ": " + failure.reason())
                .toList();
    }

    @Test
    void rowsOfTablesOfAllKindsComeBackAndNothingOfThemStays() throws SQLException {
        database.run("""
                create schema shop;
                create table users (id bigint generated always as identity primary key, mail varchar(40) not null unique,
                  price numeric(8, 2) default 1, upper text generated always as (upper(mail)) stored, note text);
                create table shop.orders (a int, b text, user_id bigint not null references users on delete cascade,
                  up_a int, up_b text, primary key (a, b), foreign key (up_a, up_b) references shop.orders);
                create table logs (id serial primary key, mail varchar(40) references users (mail) on update cascade, at timestamptz);
                create table events (id int, day date, what text, primary key (id, day)) partition by range (day);
                create table events_1 partition of events for values from ('2026-01-01') to ('2027-01-01');
                create table "a ""table" (";drop" text primary key, "select" bytea);
                insert into users (mail, note) select 'u' || i, E'\\t\\\\N\\n' || i from generate_series(1, 20) i;
                insert into shop.orders select i, 'b', (i - 1) % 20 + 1 from generate_series(1, 40) i;
                update shop.orders set up_a = a - 1, up_b = b where a between 2 and 19;
                insert into logs (mail, at) select 'u' || i, now() from generate_series(5, 15) i;
                insert into events select i, '2026-03-01', 'e' from generate_series(1, 20) i;
                insert into "a ""table" select '''; drop ' || i, '\\xff00' from generate_series(1, 9) i;
                """);
        LiveHistory history = new LiveHistory(database);
        history.commit("update users set note = null, price = 2 where id > 5; update logs set at = null where id < 9");
        history.commit(
                "update users set mail = 'new' || id where id < 4; update events set what = E'x\\r' where id < 5");
        history.commit("delete from shop.orders where a > 30; update \"a \"\"table\" set \"select\" = null");
        history.commit(
                "delete from logs where id in (1, 7); delete from users where id = 20; delete from events where id > 2");

        DrillReport report = rows(history, 60);

        assertThat(failures(report)).isEmpty();
        assertThat(report.tables()).hasSize(5).allMatch(DrillReport.OfTable::isTried);
        assertThat(report.restored()).isGreaterThanOrEqualTo(report.restores());
        assertThat(report.restores()).isGreaterThan(30);
        assertThat(report.longest())
                .isPositive()
                .isLessThanOrEqualTo(report.planning().plus(report.writing()));
        assertThat(scratch.query("select oid::regclass from pg_class where relnamespace >= 16384 or"
                        + " (relnamespace = 'public'::regnamespace)"))
                .isEmpty();
        assertThat(scratch.query("select nspname from pg_namespace where nspname = 'shop'"))
                .isEmpty();
    }

    @Test
    void aSeedDrawsTheSameRowsAgain() throws SQLException {
        database.run(
                "create table t (id int primary key, v int); insert into t select i, i from generate_series(1, 50) i");
        LiveHistory history = new LiveHistory(database);
        history.commit("delete from t where id > 10");
        scratch.run("create schema seen; create function seen.f() returns trigger language plpgsql as $$ begin"
                + " raise 'restored %', new.id; end $$;"
                + "create function seen.e() returns event_trigger language plpgsql as $$ begin"
                + " if to_regclass('public.t') is not null then create or replace trigger f before insert or update on public.t"
                + " for each row execute function seen.f(); end if; end $$;"
                + "create event trigger e on ddl_command_end when tag in ('COMMENT') execute function seen.e()");
        DrillReport report = rows(history, 5);
        assertThat(report.different()).as("a restore whose script fails").isEqualTo(5);
        assertThat(report.failures()).allMatch(DrillReport.Failure::tried);
        assertThat(failures(rows(history, 5))).isEqualTo(failures(report)).doesNotHaveDuplicates();
        assertThat(scratch.query("select to_regclass('t')")).containsExactly("");
    }

    @Test
    void aRowThatIsNotWhatItWasToBeIsFound() throws SQLException {
        database.run("create table p (id int primary key, v int);"
                + "create table c (id int primary key, p int references p);"
                + "insert into p values (1, 1); insert into c values (1, 1)");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from c");
        scratch.run("create schema seen; create function seen.f() returns trigger language plpgsql as $$ begin"
                + " update public.p set v = 7; return null; end $$;"
                + "create function seen.e() returns event_trigger language plpgsql as $$ begin"
                + " if to_regclass('public.c') is not null then create or replace trigger f after insert on public.c"
                + " for each row execute function seen.f(); end if; end $$;"
                + "create event trigger e on ddl_command_end when tag in ('COMMENT') execute function seen.e()");
        DrillReport report = transaction(history, xid);
        assertThat(failures(report)).containsExactly("p 1: it holds other values than it was to in v");
        assertThat(report.restored()).isEqualTo(1);
        assertThat(report.isWhole()).isFalse();
    }

    @Test
    void whatCannotBeTriedIsNamedWithoutValues() throws SQLException {
        database.run("create type mood as enum ('good'); create table e (id int primary key, m mood);"
                + "create table t (id int primary key, v int);"
                + "insert into e values (1, 'good'); insert into t values (1, 1), (2, 2)");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from e; update t set v = 0");
        history.commit("update t set v = 7 where id = 1");
        assertThat(failures(transaction(history, xid)))
                .satisfiesExactlyInAnyOrder(
                        failure -> assertThat(failure).startsWith("t 1: somebody changed it since"),
                        failure -> assertThat(failure).contains("type \"public.mood\" does not exist"),
                        failure -> assertThat(failure).contains("type \"public.mood\" does not exist"));
        DrillReport drawn = rows(history, 4);
        assertThat(drawn.untried()).isEqualTo(1);
        assertThat(drawn.restored()).isEqualTo(2);
        scratch.run("create type mood as enum ('bad')");
        assertThat(failures(rows(history, 4)))
                .as("the text of the server quotes the value")
                .containsExactly("e 1: the script failed: the server does not take a value, SQLSTATE 22P02");
        scratch.run("drop type mood; create type mood as enum ('good')");
        assertThat(rows(history, 4).isWhole()).isTrue();
    }

    @Test
    void aDatabaseThatHoldsAnythingElseIsRefusedAndLeftAsItIs() throws SQLException {
        database.run("create table t (id int primary key); insert into t values (1)");
        LiveHistory history = new LiveHistory(database);
        history.commit("delete from t");
        scratch.run("create view v as select 1 as one");
        assertThatThrownBy(() -> rows(history, 1))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessageContaining("is no scratch database: it holds public.v");
        scratch.run("drop view v; create table t (id int); insert into t values (5)");
        assertThatThrownBy(() -> rows(history, 1)).hasMessageContaining("it holds public.t");
        assertThat(scratch.query("select id from t")).containsExactly("5");
        Database captured = database;
        assertThatThrownBy(() -> ScratchDatabase.open(
                        new Connections(ConnectionSettings.parse(captured.url()), "rowback"),
                        history.reader().info()))
                .hasMessageContaining("is the captured database itself");
        assertThat(captured.query("select count(*) from t")).containsExactly("0");
    }

    @Test
    void whatADrillLeftThatDidNotEndIsDroppedByTheNextAndTwoAtOnceAreNotLetIn() throws SQLException, UntriedException {
        database.run("create schema shop; create table shop.t (id serial primary key); insert into shop.t values (1)");
        LiveHistory history = new LiveHistory(database);
        history.commit("delete from shop.t");
        scratch.run(
                "create schema shop; comment on schema shop is 'made by rowback drill, which drops it again';"
                        + "create table shop.t (id serial primary key); comment on table shop.t is 'made by rowback drill, which drops it again'");
        try (ScratchDatabase first = open(history)) {
            assertThat(scratch.query("select to_regnamespace('shop')")).containsExactly("");
            assertThatThrownBy(() -> open(history)).hasMessageContaining("is in use by another drill");
            assertThat(new Drill(history.reader(), first).rows(1, SEED).isWhole())
                    .isTrue();
        }
    }
}
