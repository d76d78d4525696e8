package io.rowback.restore.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.sql.ScriptStatement.Phase;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Applies the SQL that we write to real servers. */
@ParameterizedClass
@MethodSource("runs")
final class RestoreSqlIT {
    private static final Set<Operation> DEFAULT = Set.of(Operation.DELETE, Operation.UPDATE);

    @SuppressWarnings("NullAway.Init") // started before the first test
    private static PostgresServer server;

    @Parameter(0)
    int major;

    /** How many rows of a kind are spelled out; with 0 all are written by statements about many. */
    @Parameter(1)
    int few;

    private Database database;

    static Stream<Arguments> runs() {
        return Boolean.getBoolean("rowback.nightly")
                ? IntStream.rangeClosed(14, 18)
                        .boxed()
                        .flatMap(major -> Stream.of(Arguments.of(major, 0), Arguments.of(major, 20)))
                : Stream.of(Arguments.of(14, 0), Arguments.of(18, 20));
    }

    @BeforeParameterizedClassInvocation
    static void startServer(int major, int few) {
        server = PostgresServer.start(major);
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase("a \"hostile\" " + test.getDisplayName());
    }

    @Test
    void hostileNamesAndValuesAreWrittenBack() throws SQLException, IOException {
        database.run("""
                create schema "sch.e""ma";
                create table "sch.e""ma"."t" ("t" int primary key, "select" text, "found" boolean, "a
                b" text, "$rowback$" text, "Ünï" text, "x"";drop" text);
                insert into "sch.e""ma"."t" values
                  (-1, '$$ $rowback$ $rowback2$ '' ; drop table x; -- ', true, E'\\\\ \\r\\n \\t \\b \\x1b ', ':x :''y'' {fn now()} ?', E'\\u202e😀', null),
                  (2, '', false, E'\\\\', '%', '%s %L', E'line\\n-- x\\n$rowback$');
                """);
        restoresExactly("""
                delete from "sch.e""ma"."t" where t = -1;
                update "sch.e""ma"."t" set "select" = 'x', "found" = null, "$rowback$" = E'a\\nb', "x"";drop" = '' where t = 2
                """);
    }

    @Test
    void valuesOfAllKindsAreWrittenBackExactly() throws SQLException, IOException {
        database.run("""
                create type mood as enum ('sad', 'it''s');
                create type pair as (a int, b text);
                create domain flag as boolean;
                create domain code as char(5);
                create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                create table v (id int primary key, j json, jb jsonb, x xml, p point, a text[], bo boolean[], by bytea,
                  n numeric, n2 numeric(10,2), f float8, r real, c char(5), bp bpchar, ci text collate nocase, i inet,
                  iv interval, tz timetz, ts timestamptz, m mood, pr pair, fl flag, co code, rg int4range, mo money,
                  bi bit(3), vb varbit, q "char", na name, ts2 tsvector, u uuid, d date, em text);
                insert into v values (1, '{"a" : 1.0, "a":2}', '{"b": 1.50}', '<a  b="1"/>', '(1,2)', '{a,"b\\"",NULL,""}',
                  '{t,f}', '\\x00ff', '1.50', '1.5', '-0', '0.1', 'ab', 'ab ', 'Ann', '10.0.0.1', '1 mon 25:00', '10:00+02',
                  'infinity', 'it''s', '(1,"x,y")', 't', 'ab', '[1,5)', '$1.50', '101', '1', 'z', 'nm', 'a b',
                  '00000000-0000-0000-0000-0000000000ab', '0044-03-15 BC', '');
                insert into v (id) values (2);
                insert into v select 3, j, jb, x, p, a, bo, by, n, n2, f, r, c, bp, ci, i, iv, tz, ts, m, pr, fl, co, rg,
                  mo, bi, vb, q, na, ts2, u, d, repeat('long \\ ''', 1000) from v where id = 1;
                """);
        restoresExactly("""
                update v set j = null, jb = '{"b": 1.5}', x = null, p = '(3,4)', a = '{}', bo = '{f}', by = '', n = '1.5',
                  n2 = null, f = '0', r = '1', c = 'x', bp = 'ab', ci = 'ANN', i = '::1', iv = '2 days', tz = null,
                  ts = now(), m = 'sad', pr = null, fl = null, co = 'y', rg = 'empty', mo = '2', bi = null, vb = '0',
                  q = 'y', na = '', ts2 = '', u = null, d = now(), em = null where id = 1;
                delete from v where id in (2, 3)
                """);
    }

    @Test
    void laterEditThatEqualityDoesNotSeeIsNotOverwritten() throws SQLException, IOException {
        database.run("""
                create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                create type pair as (a int, b text);
                create table v (id int primary key, n numeric, ci text collate nocase, p pair);
                insert into v values (1, 1, 'x', '(1,)'), (2, 2, 'y', null);
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update v set n = 1.5, ci = 'ann', p = null");
        String sql = sql(plan(history.reader(), DEFAULT, xid));
        database.run("update v set n = 1.50 where id = 1");
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("v 1 holds neither");
        database.run("update v set n = 1.5, p = '(,)' where id = 1");
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("v 1 holds neither");
        database.run("update v set p = null where id = 1; update v set ci = 'ANN' where id = 2");
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("v 2 holds neither");
    }

    @Test
    void identitiesGeneratedColumnsAndSequencesAreRespected() throws SQLException, IOException {
        database.run("""
                create table s (id bigint generated always as identity primary key, a int, b int generated always as (a * 2) stored);
                create table "Serial" (id serial primary key, a int);
                insert into s (a) values (1), (2), (3);
                insert into "Serial" (a) values (1), (2), (3);
                """);
        restoresExactly("""
                delete from s where id > 1; delete from "Serial" where id > 1;
                select setval('s_id_seq', 1), setval('"Serial_id_seq"', 3, false)
                """);
        assertThat(database.query("insert into s (a) values (9) returning id")).containsExactly("4");
        assertThat(database.query("insert into \"Serial\" (a) values (9) returning id"))
                .containsExactly("4");
    }

    @Test
    void sequencesAreNeverMovedBackwards() throws SQLException, IOException {
        database.run(
                "create table s (id bigint generated by default as identity primary key); insert into s select from generate_series(1, 9)");
        restoresExactly("delete from s where id = 3");
        assertThat(database.query("select last_value from s_id_seq")).containsExactly("9");
    }

    @Test
    void parentsComeBeforeChildrenAndTreesBackFromTheRoot() throws SQLException, IOException {
        database.run("""
                create table a_child (n int, p int not null, primary key (n, p));
                create table z_parent (id int primary key, up int references z_parent on delete cascade);
                alter table a_child add foreign key (p) references z_parent on delete cascade;
                create table tags (id int primary key, p int references z_parent on delete set null);
                insert into z_parent values (3, null), (1, 3), (2, 1);
                insert into a_child values (1, 1), (1, 2), (2, 2);
                insert into tags values (1, 2);
                """);
        restoresExactly("delete from z_parent where id = 3");
    }

    @Test
    void rowsThatReferToEachOtherComeBackInOneStatement() throws SQLException, IOException {
        database.run("""
                create table team (id int primary key, lead int not null);
                create table member (id int primary key, team int not null references team, buddy int not null references member);
                alter table team add foreign key (lead) references member deferrable initially deferred;
                begin;
                insert into team values (1, 10), (2, 20);
                insert into member values (10, 1, 11), (11, 1, 10), (20, 2, 20);
                commit;
                alter table team alter constraint team_lead_fkey not deferrable;
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        database.run("alter table team alter constraint team_lead_fkey deferrable initially deferred;"
                + "alter table member add foreign key (team) references team deferrable initially deferred;"
                + "alter table member drop constraint member_team_fkey");
        long xid = history.commit("delete from member; delete from team");
        database.run("alter table team alter constraint team_lead_fkey not deferrable");
        appliesTwice(sql(plan(history.reader(), DEFAULT, xid)));
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void rowsThatReferToPartitionsComeBackWithThem() throws SQLException, IOException {
        database.run("""
                create table p (id int, k int, primary key (id, k)) partition by range (k);
                create table p1 partition of p for values from (0) to (10);
                create table p2 partition of p for values from (10) to (20);
                create table c (id int primary key, p int, k int, foreign key (p, k) references p on delete cascade);
                insert into p values (1, 1), (2, 12), (3, 13);
                insert into c values (1, 1, 1), (2, 2, 12), (3, 3, 13);
                """);
        restoresExactly("delete from p where id < 3; delete from c");
    }

    @Test
    void changedKeysAreSetBack() throws SQLException, IOException {
        database.run("""
                create table p (id int primary key, v text);
                create table c (p int references p on update cascade, n int, v text, primary key (p, n));
                insert into p values (1, 'a'), (2, 'b');
                insert into c values (1, 1, 'x'), (2, 1, 'y');
                """);
        LiveHistory history = new LiveHistory(database);
        // What the fixture sees as a deletion and an insertion is undone as one.
        List<String> before = history.lines();
        long xid = history.commit("update p set id = 9 where id = 1");
        Set<Operation> all = Set.of(Operation.DELETE, Operation.UPDATE, Operation.INSERT);
        appliesTwice(sql(plan(history.reader(), all, xid)));
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void uniqueValueIsTakenAfterItWasGivenUp() throws SQLException, IOException {
        database.run("create table u (id int primary key, mail text unique); insert into u values (1, 'a'), (2, 'b')");
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit(
                "delete from u where id = 1; update u set mail = 'a' where id = 2;" + " insert into u values (3, 'b')");
        appliesTwice(sql(plan(history.reader(), Set.of(Operation.values()), xid)));
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void rowEditedAfterPlanningFailsByNameAndNothingIsWritten() throws SQLException, IOException {
        database.run("create table u (\"it's\nkey\" text primary key, v text, w text);"
                + " insert into u values ('a', '1', '1'), ('b', '1', '1'), (E'c\\n''', '1', '1')");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set v = '2' where v = '1'; delete from u where \"it's\nkey\" like 'c%'");
        String sql = sql(plan(history.reader(), DEFAULT, xid));
        database.run("update u set v = '3' where \"it's\nkey\" = 'b'; update u set w = '9' where \"it's\nkey\" = 'a'");
        List<String> edited = history.lines();
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("u b holds neither");
        assertThat(history.lines()).isEqualTo(edited);
        database.run("update u set v = '2' where \"it's\nkey\" = 'b'; insert into u values (E'c\\n''', '1', 'other')");
        assertThatThrownBy(() -> database.run(sql))
                .hasMessageMatching("(?s).*u c(\\\\n|\\?)' is not there with the values.*");
    }

    /** A path that names pg_catalog late, in which each of our own operators and functions has a rival of a better type. */
    @Test
    void functionsOfTheApplicationFindWhatTheyNameAndNothingOfItsPathStandsInForOurs()
            throws SQLException, IOException {
        database.run("""
                create schema app;
                set search_path = app, public, pg_catalog;
                create table audit (what text);
                create function half(i int) returns int immutable language plpgsql as $$ begin return twice(i) / 4; end $$;
                create function twice(i int) returns int immutable language sql as $$ select i * 2 $$;
                create domain small as int check (half(value) < 100);
                create table u (id varchar(9) primary key, v varchar, n cidr, l text, c regclass, y regtype, a regclass[], s small,
                  g int generated always as (half(4)) stored, check (half(length(v)) < 100));
                create table d (id int primary key);
                create function note() returns trigger language plpgsql as $$
                  begin insert into audit values (tg_op); return new; end $$;
                create trigger note before insert or update on u for each row execute function note();
                create constraint trigger note after insert on d deferrable initially deferred
                  for each row execute function note();
                insert into u values ('a', 'x', '10.0.0.0/8', 'l', 'u', 'small', '{u,pg_class,NULL}', 1),
                  ('b', 'y', '10.0.0.0/8', repeat('long', 100), 'audit', 'int', '{}', 2), ('c', 'z', null, null, null, null, null, null);
                insert into d values (1);
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = rowsBut("app.audit", history);
        long xid = history.commit("""
                set local search_path = app, public, pg_catalog;
                update u set v = 'w', n = '11.0.0.0/8', l = repeat('other', 100), c = 'd', y = 'u', a = '{d}', s = 3 where id = 'a';
                delete from u where id > 'a'; delete from d""");
        database.run("""
                create function app.trap(varchar, varchar) returns boolean language plpgsql as $$ begin raise 'trapped'; end $$;
                create function app.trap(cidr, cidr) returns boolean language plpgsql as $$ begin raise 'trapped'; end $$;
                create function app.trap(regclass, regclass) returns boolean language plpgsql as $$ begin raise 'trapped'; end $$;
                create function app.trap(int, int) returns boolean language plpgsql as $$ begin raise 'trapped'; end $$;
                create operator app.= (leftarg = varchar, rightarg = varchar, function = app.trap);
                create operator app.= (leftarg = cidr, rightarg = cidr, function = app.trap);
                create operator app.= (leftarg = regclass, rightarg = regclass, function = app.trap);
                create operator app.= (leftarg = int, rightarg = int, function = app.trap);
                create function app.convert_to(text, text) returns bytea language plpgsql as $$ begin raise 'trapped'; end $$;
                create function app.format(text, regclass) returns text language plpgsql as $$ begin raise 'trapped'; end $$;
                alter database %s set search_path = app, public, pg_catalog
                """.formatted(
                        database.query("select quote_ident(current_database())").get(0)));
        String sql = sql(plan(history.reader(), DEFAULT, xid));
        database.run(sql);
        assertThat(rowsBut("app.audit", history)).isEqualTo(before);
        assertThat(database.query("select count(*) from app.audit")).containsExactly("9");
        database.run(sql);
        assertThat(rowsBut("app.audit", history)).isEqualTo(before);
    }

    private static List<String> rowsBut(String table, LiveHistory history) throws SQLException {
        return history.lines().stream()
                .filter(row -> !row.startsWith(table + " "))
                .toList();
    }

    @Test
    void triggerThatRewritesWhatIsPutBackFailsLoudly() throws SQLException, IOException {
        database.run("""
                create table u (id int primary key, v text, touched int not null default 0);
                create function touch() returns trigger language plpgsql as $$ begin new.touched := old.touched + 1; return new; end $$;
                create trigger touch before update on u for each row execute function touch();
                insert into u values (1, 'a');
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set v = 'b'");
        RestorePlan plan = plan(history.reader(), DEFAULT, xid);
        assertThat(sql(plan))
                .contains("-- Triggers")
                .contains("CREATE TRIGGER touch")
                .contains("--except-columns");
        assertThatThrownBy(() -> database.run(sql(plan))).hasMessageContaining("u 1 holds neither");
        String without = sql(plan(
                history.reader(), DEFAULT, new ColumnChoice(Set.of(), Set.of("touched")), ConflictMode.REFUSE, xid));
        appliesTwice(without);
        assertThat(database.query("select v from u")).containsExactly("a");
    }

    @Test
    void deferredTriggerThatRewritesWhatIsPutBackFailsLoudly() throws SQLException, IOException {
        database.run("""
                create table u (id int primary key, v int);
                insert into u values (1, 100);
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u");
        database.run("""
                create function more() returns trigger language plpgsql as $$ begin update public.u set v = v + 1 where v = 100; return null; end $$;
                create constraint trigger more after insert on u deferrable initially deferred for each row execute function more();
                """);
        String sql = sql(plan(history.reader(), DEFAULT, xid));
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("u 1 is not there with the values");
        assertThat(history.lines()).isEmpty();
    }

    @Test
    void disabledTriggersDoNotFireAndAreLeftAsTheyWere() throws SQLException, IOException {
        database.run("""
                create table up (id int primary key);
                create table u (id int primary key, v text, up int references up deferrable initially deferred);
                create function fail() returns trigger language plpgsql as $$ begin
                  if current_setting('test.quiet', true) = 'on' then return new; end if; raise 'fired'; end $$;
                create trigger ordinary before insert or update on u for each row execute function fail();
                create trigger "always Ä" after insert or update on u execute function fail();
                create trigger asleep after insert or update on u execute function fail();
                create trigger replica after insert or update on u execute function fail();
                alter table u disable trigger asleep, enable always trigger "always Ä", enable replica trigger replica;
                set test.quiet = 'on';
                insert into up values (1);
                insert into u values (1, 'a', 1), (2, 'b', 1);
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit(
                "set local test.quiet = 'on'; update u set v = 'c' where id = 1; delete from u where id = 2");
        String states =
                "select string_agg(tgname || tgenabled::text, ',' order by tgname) from pg_trigger where not tgisinternal";
        List<String> before = database.query(states);
        RestorePlan kept = plan(history.reader(), DEFAULT, xid);
        assertThatThrownBy(() -> database.run(sql(kept))).hasMessageContaining("fired");
        RestoreRequest asked = kept.request();
        appliesTwice(sql(RestorePlanner.plan(
                history.reader(),
                new RestoreRequest(
                        asked.scope(),
                        asked.at(),
                        asked.columns(),
                        asked.operations(),
                        asked.onConflict(),
                        asked.allowIncomplete(),
                        asked.maxRows(),
                        RestoreRequest.TriggerMode.DISABLE))));
        assertThat(database.query("select * from u order by id")).containsExactly("1|a|1", "2|b|1");
        assertThat(database.query(states)).isEqualTo(before);
    }

    @Test
    void triggerOfALaterStatementThatRewritesAnEarlierRowFailsLoudly() throws SQLException, IOException {
        database.run("""
                create table u (id int primary key, v int);
                create table w (id int primary key, u int references u);
                create function tally() returns trigger language plpgsql as $$ begin update public.u set v = v + 1 where id = new.u; return null; end $$;
                create trigger tally after insert on w for each row execute function tally();
                insert into u values (1, 0), (2, 0);
                insert into w values (7, 2);
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from w; delete from u");
        String sql = sql(plan(history.reader(), DEFAULT, xid));
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("u 2 is not there with the values");
        assertThat(history.lines()).isEmpty();
    }

    @Test
    void rowsOfATableThatTheServerBelievesEmptyAreFoundByTheirKeys() throws SQLException, IOException {
        database.run(
                "create table u (id int primary key, v text); insert into u select i, i from generate_series(1, 2000) i");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from u where id > 1");
        database.run("vacuum analyze u");
        List<String> plan = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement session = connection.createStatement()) {
            ScriptSink<SQLException> explained = statement -> {
                if (statement.phase() == Phase.WRITE && statement.rows() > 1) {
                    try (ResultSet lines = session.executeQuery("explain " + statement.sql())) {
                        while (lines.next()) {
                            plan.add(lines.getString(1));
                        }
                    }
                } else if (statement.phase().compareTo(Phase.WRITE) < 0) {
                    session.execute(statement.sql());
                }
            };
            new RestoreScript(plan(history.reader(), DEFAULT, xid), few).statements(explained);
        }
        assertThat(plan).anyMatch(line -> line.contains("u_pkey")).noneMatch(line -> line.contains("Seq Scan on u t"));
    }

    @Test
    void rowsAreLockedInTheOrderOfTheirKeysBeforeAnythingIsWritten() throws SQLException, IOException {
        database.run("create table u (id int primary key, v text); insert into u values (10, 'a'), (9, 'a')");
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update u set v = 'b'");
        List<ScriptStatement> statements = new ArrayList<>();
        new RestoreScript(plan(history.reader(), DEFAULT, xid), few).<RuntimeException>statements(statements::add);
        try (Connection other = database.connect();
                Statement session = other.createStatement()) {
            other.setAutoCommit(false);
            session.execute("select from u where id = 10 for update");
            String script = statements.stream()
                    .filter(statement -> statement.phase() != Phase.COMMIT)
                    .map(ScriptStatement::sql)
                    .collect(Collectors.joining(";"))
                    .replace("'5s'", "'50ms'");
            assertThatThrownBy(() -> database.run(script)).hasMessageContaining("lock timeout");
        }
        assertThat(statements.stream().map(ScriptStatement::phase).distinct())
                .containsSubsequence(Phase.SETTINGS, Phase.MARK, Phase.LOCK, Phase.WRITE, Phase.VERIFY, Phase.COMMIT);
        assertThat(statements.stream().filter(statement -> statement.phase() == Phase.LOCK))
                .singleElement()
                .satisfies(lock -> assertThat(lock.sql()).containsPattern("(?s)ORDER BY (id FOR|1\\).* FOR) UPDATE"));
    }

    @Test
    void rowsOfTablesThatInheritAreOthersRows() throws SQLException, IOException {
        database.run("""
                create table orders (id int primary key, what text);
                create table orders_archive (primary key (id)) inherits (orders);
                insert into orders values (1, 'a'), (2, 'b'), (7, 'good'), (8, 'x');
                insert into orders_archive values (7, 'bad'), (8, 'x');
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit("""
                with moved as (delete from only orders where id < 3 returning *) insert into orders_archive select * from moved;
                update only orders set what = 'bad' where id = 7;
                insert into orders values (9, 'new');
                insert into orders_archive values (10, 'y')
                """);
        database.run("insert into orders_archive values (9, 'new')");
        appliesTwice(sql(plan(history.reader(), Set.of(Operation.values()), xid)));
        database.run("delete from only orders_archive where id = 9");
        assertThat(history.lines()).isEqualTo(before);
    }

    @Test
    void rowThatCameToReferToOneThatGoesFailsTheScriptBeforeItWrites() throws SQLException, IOException {
        database.run("""
                create table p (id int, k int, code text, primary key (id, k), unique (k, code)) partition by range (k);
                create table p1 partition of p for values from (0) to (10);
                create table c (id int primary key, p int, k int, note text,
                  foreign key (p, k) references p on delete cascade on update cascade);
                insert into p values (1, 1, 'a');
                insert into c values (9, null, null, 'good')
                """);
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long inserted = history.commit("insert into p values (2, 1, 'b'); insert into c values (8, 2, 1, 'goes');"
                + " update c set note = 'bad' where id = 9");
        String sql = sql(plan(history.reader(), Set.of(Operation.values()), inserted));
        long updated = history.commit("update p set code = 'z' where id = 1");
        String update = sql(plan(history.reader(), DEFAULT, updated));
        database.run("update c set p = 2, k = 1 where id = 9");
        assertThatThrownBy(() -> database.run(sql)).hasMessageContaining("a row refers to it of public.c");
        database.run("""
                update c set p = null where id = 9;
                create table later (id int primary key, k int, code text,
                  foreign key (k, code) references p (k, code) on delete set null on update set null);
                insert into later values (1, 1, 'b'), (2, 1, 'z')
                """);
        assertThatThrownBy(() -> database.run(sql))
                .hasMessageContaining("public.p1 1,b goes or is changed, but a row refers to it of public.later");
        assertThatThrownBy(() -> database.run(update)).hasMessageContaining("public.p1 1,z goes");
        assertThat(database.query("select code from later order by id")).containsExactly("b", "z");
        database.run("drop table later; update c set k = null where id = 9");
        appliesTwice(sql);
        appliesTwice(update);
        assertThat(history.lines()).isEqualTo(before);
    }

    /** Undoes a transaction that runs this script and expects every row back as it was, also when run twice. */
    private void restoresExactly(String incident) throws SQLException, IOException {
        LiveHistory history = new LiveHistory(database);
        List<String> before = history.lines();
        long xid = history.commit(incident);
        assertThat(history.lines()).isNotEqualTo(before);
        RestorePlan plan = plan(history.reader(), DEFAULT, xid);
        assertThat(plan.findings()).isEmpty();
        appliesTwice(sql(plan));
        assertThat(history.lines()).isEqualTo(before);
    }

    private void appliesTwice(String sql) throws SQLException {
        database.run(sql);
        List<String> versions = versions();
        database.run(sql);
        assertThat(versions()).isEqualTo(versions);
    }

    /** Each row's version, which changes with every write. */
    private List<String> versions() throws SQLException {
        return database.query("""
                select string_agg(query_to_xml(format('select xmin, ctid from %s order by ctid', oid::regclass), true, true, '')::text, ' ')
                  from pg_class where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information)'""");
    }

    private static RestorePlan plan(HistoryReader reader, Set<Operation> operations, long... xids) {
        return plan(reader, operations, ColumnChoice.ALL, ConflictMode.REFUSE, xids);
    }

    private static RestorePlan plan(
            HistoryReader reader, Set<Operation> operations, ColumnChoice columns, ConflictMode mode, long... xids) {
        List<Scope.Window> windows = Arrays.stream(xids)
                .mapToObj(xid ->
                        Scope.Window.of(PointInTime.transaction(reader, xid).commit()))
                .toList();
        return RestorePlanner.plan(
                reader,
                new RestoreRequest(
                        new Scope(windows, false, List.of()), null, columns, operations, mode, false, 10_000));
    }

    private String sql(RestorePlan plan) throws IOException {
        assertThat(plan.outcome()).isNotEqualTo(RestorePlan.Outcome.REFUSED);
        StringBuilder sql = new StringBuilder();
        SqlWriter.write(new RestoreScript(plan, few), sql);
        return sql.toString();
    }
}
