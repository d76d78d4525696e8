package io.rowback.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.live.Target.Compared;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;

/** A plan compared with a live database: on the oldest server and the newest, whose catalogs differ. */
@ParameterizedClass
@OnServers
final class LiveDatabaseIT {
    @SuppressWarnings("NullAway.Init") // started before the first test
    private static PostgresServer server;

    @Parameter
    int major;

    private Database database;

    @BeforeParameterizedClassInvocation
    static void startServer(int major) {
        server = PostgresServer.start(major);
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getTestMethod().orElseThrow().getName());
    }

    private Target target(LiveHistory history) {
        return new Target(history, database);
    }

    @Test
    void liveRowsAndNotTheLastImagesAreWhatAPlanIsMadeFor() throws SQLException {
        database.run("""
                create table u (id int primary key, plan text, note text);
                insert into u select i, 'pro', 'n' from generate_series(1, 6) i
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set plan = 'test' where id <= 4; delete from u where id > 4");
        database.run("""
                update u set plan = 'gold' where id = 1;
                update u set plan = 'pro' where id = 2;
                delete from u where id = 3;
                insert into u values (5, 'new', 'x'), (6, 'pro', 'n')
                """);
        Compared compared = target(history).compare(xid);
        assertThat(compared.findings())
                .containsExactlyInAnyOrder(
                        "u 1.plan: somebody changed it since",
                        "u 3: somebody deleted it since",
                        "u 5: the scope deleted it and somebody inserted it again with other values");
        assertThat(compared.writes()).containsExactly("u 4");
        assertThat(compared.differences())
                .hasSize(5)
                .anyMatch(line -> line.startsWith("u 1: it holds other values than the history's last image in plan:"))
                .anyMatch(line -> line.startsWith("u 3: it is gone, for the history it is there:"))
                .allMatch(line -> line.contains("may have been changed behind that"));
        Compared over = target(history).onConflict(ConflictMode.OVERWRITE).compare(xid);
        assertThat(over.writes()).containsExactlyInAnyOrder("u 1", "u 3", "u 4", "u 5");
    }

    @Test
    void valuesOfAllKindsAreReadAsTheHistoryHoldsThem() throws SQLException {
        database.run("""
                create type mood as enum ('sad', 'it''s');
                create type pair as (a int, b text);
                create table v (id int primary key, j json, x xml, bo boolean, by bytea, f float8, c char(5), q "char",
                  tz timestamptz, m mood, pr pair, np pair, mo money, a text[], t text, g int generated always as (id * 2) stored);
                insert into v values (1, '{"a" : 1.0}', '<a/>', 't', '\\x00ff', '-0', 'ab', 'z', 'infinity', 'it''s', '(1,"x,y")',
                  '(,)', '$1.50', '{a,"b\\"",NULL}', E'a\\nb ''?'' {fn now()}');
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update v set t = 'x'");
        Compared compared = target(history).compare(xid);
        assertThat(compared.differences()).isEmpty();
        assertThat(compared.findings()).isEmpty();
        assertThat(compared.writes()).containsExactly("v 1");
    }

    @Test
    void whatLiveRowsOccupyIsAConflictThatNamesThem() throws SQLException {
        database.run("""
                create extension btree_gist;
                create extension citext schema public;
                create table u (id int primary key, mail public.citext, gone boolean not null default false, tag text unique,
                  g text generated always as (tag || '!') stored);
                create unique index u_mail on u (lower(mail::text)) where not gone;
                create unique index u_g on u (g);
                create table booking (id int primary key, room int, at int4range, exclude using gist (room with =, at with &&));
                insert into u values (1, 'Ann@x', false, 'a'), (2, 'bob@x', false, 'b'), (3, 'eve@x', true, 'c');
                insert into booking values (1, 1, '[1,5)'), (2, 1, '[5,9)')
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u; delete from booking");
        database.run("""
                insert into u values (11, 'ANN@X', false, 'z'), (12, 'new@x', false, 'b'), (13, 'EVE@X', false, 'e');
                insert into booking values (9, 1, '[4,5)'), (8, 2, '[5,9)')
                """);
        Compared compared = target(history).compare(xid);
        assertThat(compared.findings())
                .containsExactlyInAnyOrder(
                        "u 1: what it would take in u_mail is held by u 11",
                        "u 2: what it would take in u_g is held by u 12",
                        "booking 1: what it would take in booking_room_at_excl is held by booking 9");
        assertThat(compared.plan().outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(target(history).onConflict(ConflictMode.SKIP).compare(xid).writes())
                .containsExactlyInAnyOrder("booking 2", "u 3");
        assertThat(target(history)
                        .onConflict(ConflictMode.OVERWRITE)
                        .compare(xid)
                        .plan()
                        .refusals())
                .hasSize(3);
    }

    @Test
    void rowThatHangsOnOneThatIsInTheWayIsLeftOutWithIt() throws SQLException {
        database.run("""
                create table u (id int primary key, mail text unique);
                create table n (id int primary key, u int references u on delete cascade);
                insert into u values (1, 'a'), (2, 'b');
                insert into n values (1, 1), (2, 2)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u");
        database.run("insert into u values (3, 'a')");
        Compared compared = target(history).onConflict(ConflictMode.SKIP).compare(xid);
        assertThat(compared.findings())
                .containsExactly(
                        "u 1: what it would take in u_mail_key is held by u 3",
                        "n 1: it hangs on u 1, which is left out");
        assertThat(compared.writes()).containsExactly("u 2", "n 2");
    }

    @Test
    void uniqueValueThatThePlanItselfGivesUpIsNotInTheWay() throws SQLException {
        database.run("create table u (id int primary key, mail text unique); insert into u values (1, 'a'), (2, 'b')");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit(
                "delete from u where id = 1; update u set mail = 'a' where id = 2; insert into u values (3, 'b')");
        Compared compared = target(history).alsoInserts().compare(xid);
        assertThat(compared.findings()).isEmpty();
        assertThat(compared.writes()).containsExactlyInAnyOrder("u 1", "u 2", "u 3");
    }

    @Test
    void parentThatIsMissingThereIsNamed() throws SQLException {
        database.run("""
                create table p (id int primary key);
                create table c (id int primary key, p int references p, q int references p);
                insert into p values (1), (2);
                insert into c values (1, 1, 2), (2, 2, null)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from c; delete from p where id = 2");
        database.run("delete from p where id = 1");
        assertThat(target(history).compare(xid).findings())
                .containsExactly("c 1: it refers to p 1, which is neither there nor in the plan");
        assertThat(target(history).compare(xid).writes()).containsExactly("p 2", "c 2");
    }

    @Test
    void rowThatOthersReferToNowIsNotDeleted() throws SQLException {
        database.run("""
                create table p (id int primary key);
                create table c (id int primary key, p int references p on delete cascade)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("insert into p values (1), (2); insert into c values (2, 2)");
        database.run("insert into c values (7, 1)");
        assertThat(target(history).alsoInserts().compare(xid).findings())
                .containsExactly("p 1: c 7 refers to it and is not in the plan");
    }

    @Test
    void rowsOfTablesThatInheritAreNeitherOursNorParentsNorInTheWay() throws SQLException {
        database.run("""
                create table p (id int primary key, mail text unique);
                create table p_archive (primary key (id)) inherits (p);
                create table c (id int primary key, p int references p);
                create table c_archive (primary key (id)) inherits (c);
                insert into p values (1, 'a'), (2, 'b');
                insert into c values (1, 1), (2, 2)
                """);
        LiveHistory history = new LiveHistory(database);
        long inserted = history.commit("insert into p values (5, 'e')");
        long xid = history.commit("delete from c; delete from p where id = 2");
        database.run("""
                insert into p_archive values (1, 'a'), (2, 'b');
                insert into c_archive values (2, 2), (5, 5);
                delete from only p where id = 1
                """);
        assertThat(target(history).compare(xid).findings())
                .containsExactly("c 1: it refers to p 1, which is neither there nor in the plan");
        assertThat(target(history).compare(xid).writes()).containsExactly("p 2", "c 2");
        assertThat(target(history).alsoInserts().compare(inserted).writes()).containsExactly("p 5");
    }

    @Test
    void referenceBehindManyThatGoIsFound() throws SQLException {
        database.run("""
                create table p (id int primary key);
                create table c (a int, b text collate "C", p int references p on delete cascade, primary key (a, b))
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit(
                "insert into p values (1), (2); insert into c select i, i, 1 + i % 2 from generate_series(1, 4000) i");
        assertThat(target(history).alsoInserts().compare(xid).findings()).isEmpty();
        database.run("insert into c values (7, 'later', 1)");
        assertThat(target(history).alsoInserts().compare(xid).findings())
                .containsExactly("p 1: c 7,later refers to it and is not in the plan");
    }

    @Test
    void referencesThatOurRoleCannotSeeAreRefused() throws SQLException {
        database.run("""
                create table p (id int primary key);
                create table c (id int primary key, p int references p);
                create table kid (id int primary key, c int references c on delete cascade);
                insert into p values (1)
                """);
        LiveHistory history = new LiveHistory(database);
        long inserted = history.commit("insert into c values (1, null)");
        history.commit("insert into c values (2, 1)");
        long deleted = history.commit("delete from c where id = 2");
        database.run("create role blind login; grant all on c to blind");
        Target blind = new Target(history, database.as("blind")).alsoInserts();
        assertThat(blind.compare(inserted).findings())
                .containsExactly("c 1: rows may refer to it of kid, of which our role may not read all rows");
        assertThat(blind.compare(deleted).findings())
                .containsExactly("c 2: it refers to p, of which our role may not read all rows");
    }

    @Test
    void valuesThatTheServerWouldNotTakeAreRefusedRowByRow() throws SQLException {
        database.run("""
                create type mood as enum ('sad', 'glad');
                create domain small as int;
                create table m (id int primary key, m mood, n int, s small, t text);
                create table plain (id int primary key, m mood);
                create table bounds (id int primary key) partition by range (id);
                create table b1 partition of bounds for values from (0) to (10);
                insert into m select i, case i when 2 then 'sad' else 'glad' end::mood, i, i, 't' from generate_series(1, 5) i;
                insert into m values (6, 'glad', null, null, 't');
                insert into plain values (1, 'sad'), (2, 'glad');
                insert into bounds values (1), (9)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from m; delete from plain; delete from bounds");
        database.run("""
                alter type mood rename value 'sad' to 'blue';
                alter table m add constraint few check (n <> 3 and t is distinct from 'a?b {fn}'), alter t set not null;
                alter table m add added int not null default 7;
                alter domain small add check (value < 5);
                alter table bounds detach partition b1;
                alter table bounds attach partition b1 for values from (0) to (5)
                """);
        assertThat(target(history).compare(xid).findings())
                .containsExactlyInAnyOrder(
                        "m 2: the server does not take its values: invalid input value for enum public.mood: \"sad\"",
                        "m 3: it would violate few there",
                        "m 5: the server does not take its values: value for domain public.small violates check constraint"
                                + " \"small_check\"",
                        "plain 1: the server does not take its values: invalid input value for enum public.mood: \"sad\"",
                        "b1 9: it would violate the bounds of its partition there");
        assertThat(target(history).compare(xid).writes())
                .as("a check that is neither true nor false holds")
                .containsExactlyInAnyOrder("m 1", "m 4", "m 6", "plain 2", "b1 1");
    }

    @Test
    void tablesAndColumnsAreFoundByNumberWhateverTheyAreCalledNow() throws SQLException {
        database.run("""
                create table u (id int primary key, a text, b text, c int, d text);
                create table gone (id int primary key);
                create table rekeyed (id int primary key, k int not null);
                insert into u values (1, 'a', 'b', 1, null), (2, 'a', null, null, 'd');
                insert into gone values (1);
                insert into rekeyed values (1, 1)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u; delete from gone; delete from rekeyed");
        database.run("""
                create schema s;
                alter table u rename to v;
                alter table v set schema s;
                alter table s.v rename a to "A new";
                alter table s.v alter c type bigint;
                alter table s.v drop d;
                drop table gone;
                alter table rekeyed drop constraint rekeyed_pkey, add primary key (k)
                """);
        Compared compared = target(history).compare(xid);
        assertThat(compared.findings())
                .containsExactlyInAnyOrder(
                        "s.v 1: column c has another type now; leave it out with --except-columns",
                        "s.v 2: column d no longer exists; leave it out with --except-columns",
                        "gone 1: its table does not exist in the target",
                        "rekeyed 1: its table has another key there");
        database.run("alter table s.v alter c type int, add d text");
        assertThat(target(history).compare(xid).findings())
                .contains("s.v 2: column d no longer exists; leave it out with --except-columns");
        assertThat(target(history).compare(xid).writes()).containsExactly("s.v 1");
    }

    @Test
    void whyALiveRowIsNotWhatTheHistoryHoldsIsToldAsFarAsItIsKnown() throws SQLException {
        String table = "create table u (id int primary key, plan text); insert into u values (1, 'pro')";
        database.run(table);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set plan = 'test'");
        Database copy = server.createDatabase("copy_" + database.name());
        copy.run(table);
        assertThat(new Target(history, copy).copy().compare(xid).differences())
                .singleElement()
                .asString()
                .endsWith(" in plan: the copy has gone its own way, or was made at another time");

        database.run("update u set plan = 'gold'");
        Lsn held = Lsn.parse(
                database.query("select pg_current_wal_insert_lsn() + 1000000").get(0));
        history.writer().append(new HistoryWriter.Batch(List.of(), List.of(), held));
        assertThat(target(history).compare(xid).differences())
                .singleElement()
                .asString()
                .endsWith(" in plan: it was changed without being captured");
        history.writer().uncovered(history.reader().tables().get(0).schema().id(), held);
        assertThat(target(history).compare(xid).differences())
                .singleElement()
                .asString()
                .endsWith(" in plan: what changed from LSN " + held
                        + " on is not known: it was dropped, not published, or rewritten");
    }

    @Test
    void typesAreFoundByNumberWhateverTheyAreCalledNow() throws SQLException {
        database.run("""
                create type mood as enum ('good', 'bad');
                create domain number as int;
                create table u (id number primary key, m mood, l mood[], a varchar(20), b interval, c bit(3)[]);
                insert into u values (1, 'good', '{good,bad}', 'a', '1 day', null), (2, 'good', null, null, null, null)
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set m = 'bad', l = null where id = 1; delete from u where id = 2");
        database.run("""
                create schema "s.t(";
                alter type mood rename to "my ""mood"" (1)";
                alter type "my ""mood"" (1)" set schema "s.t(";
                alter domain number set schema "s.t(";
                alter table u alter a type varchar(30), alter b type interval day to second, alter c type bit(4)[]
                """);
        Compared compared = target(history).compare(xid);
        assertThat(compared.findings()).isEmpty();
        assertThat(compared.writes()).containsExactly("u 1", "u 2");
        long worse = history.commit("delete from u where id = 1");
        database.run("""
                alter table u alter a type varchar(40), alter b type interval hour, alter c type bit(3)[] using '{111}';
                alter table u alter m type text
                """);
        assertThat(target(history).compare(worse).findings())
                .containsExactly(
                        "u 1: column m has another type now; leave it out with --except-columns",
                        "u 1: column a has another type now; leave it out with --except-columns",
                        "u 1: column b has another type now; leave it out with --except-columns");
    }

    @Test
    void anotherDatabaseIsRefusedUnlessItIsSaidToBeACopy() throws SQLException {
        database.run("""
                create table p (id int primary key);
                create table u (id int primary key, dropped int, p int references p, mail text unique);
                alter table u drop dropped;
                insert into p values (1);
                insert into u values (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c')
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u; delete from p");
        Database copy = server.createDatabase("copy_" + database.name());
        copy.run("""
                create table u (mail text unique, extra int, p int, id int primary key);
                create table p (id int primary key);
                alter table u add foreign key (p) references p;
                insert into p values (1);
                insert into u values ('c', 1, 1, 7)
                """);
        Target target = new Target(history, copy);
        assertThatThrownBy(() -> target.compare(xid))
                .hasMessageContaining("the history is of database " + database.name())
                .hasMessageContaining("the target is database copy_" + database.name());
        Compared compared = target.copy().compare(xid);
        assertThat(compared.findings()).containsExactly("u 3: what it would take in u_mail_key is held by u 7");
        assertThat(compared.writes()).containsExactly("u 1", "u 2");
    }
}
