package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.TableInfo;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.Wire;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Definitions of tables that change, of which the log tells nothing: while the daemon runs, while it is down, and while it
 * runs but cannot reach the server. Every table has row 1 in its baseline, gets row 2 just before it is altered and row 3
 * after. What the history tells of it is what the table held, or unknown.
 */
@ParameterizedClass(name = "Postgres {0}, daemon {1}")
@MethodSource("lives")
class AlteredTablesIT {
    private static final String TABLES = """
            create table added (id int primary key, a text);
            create table computed (id int primary key, a text);
            create table retyped (id int primary key, n int); alter table retyped replica identity full;
            create table readded (id int primary key, a text);
            create table lessened (id int primary key, a text, b text);
            create table called (id int primary key, a text);
            create table moved (id int primary key, a text); create schema other;
            create table gone (id int primary key, a text);
            create table anew (id int primary key, a text);
            create table unkeyed (id int primary key, a text);
            create table unkeyed_full (id int primary key, a text); alter table unkeyed_full replica identity full;
            create table rekeyed (id int primary key, k int not null);
            create table widened (id int primary key, a text);
            create table key_called (id int primary key, a text);
            create table inside (id int primary key, a text);
            create table called_inside (id int primary key, a text);
            create table anew_inside (id int primary key, a text);
            create table recomputed (id int primary key, a text);
            create table twice (id int primary key, a text, b text);
            create table called_back (id int primary key, a text, b text);
            create table succeeded (id int primary key, a text, b text);
            create table vacuumed (id int primary key, a text);
            create type mood as enum ('x', 'y', 'z'); create domain moods as mood[];
            create table labelled (id int primary key, a moods);
            create type grade as enum ('x', 'y', 'z'); create table graded (id int primary key, a grade);
            create type pair as (x int, g grade); create table composed (id int primary key, p pair);
            """;
    private static final int COUNT = 25;
    private static final List<String> READ_AGAIN = List.of(
            "added",
            "computed",
            "retyped",
            "readded",
            "anew",
            "rekeyed",
            "widened",
            "inside",
            "born",
            "anew_inside",
            "unkeyed_full",
            "recomputed",
            "twice",
            "succeeded",
            "labelled",
            "composed");

    private static final String ALTERATIONS = """
            alter table added add c int default 5;
            alter table computed add c text default md5(random()::text);
            alter table retyped alter n type text using 'n' || n;
            alter table readded drop a; alter table readded add a text default 'new';
            alter table lessened drop b;
            alter table called rename to named; alter table named rename a to b;
            alter table moved set schema other;
            drop table gone;
            drop table anew; create table anew (b text, id bigint primary key); insert into anew values ('again', 1);
            alter table unkeyed drop constraint unkeyed_pkey;
            alter table unkeyed_full drop constraint unkeyed_full_pkey;
            alter table rekeyed drop constraint rekeyed_pkey; alter table rekeyed add primary key (k);
            alter table widened alter id type bigint;
            alter table key_called rename id to no;
            alter table recomputed alter a type text using upper(a);
            vacuum full vacuumed;
            alter type mood rename value 'x' to 'ex'; alter type grade add value 'w' before 'x';
            alter type pair add attribute more text;
            begin; insert into inside values (3, 'z'); alter table inside add c int default 7;
              insert into inside values (4, 'later', 8); update inside set a = 'changed' where id = 1; commit;
            begin; insert into called_inside values (3, 'z'); alter table called_inside rename to named_inside;
              alter table named_inside rename a to b; insert into named_inside values (4, 'later');
              update named_inside set b = 'changed' where id = 1; commit;
            begin; insert into anew_inside values (3, 'z'); drop table anew_inside;
              create table anew_inside (b text, id int primary key); insert into anew_inside values ('again', 1); commit;
            begin; update twice set b = 'first' where id = 1; alter table twice drop a; alter table twice add a text;
              update twice set b = 'second' where id = 1; alter table twice drop a; alter table twice add a text default 'new';
              commit;
            begin; alter table called_back rename a to c; alter table called_back rename b to a;
              alter table called_back rename c to b; update called_back set a = 'B', b = 'A' where id = 1;
              alter table called_back rename b to c; alter table called_back rename a to b;
              alter table called_back rename c to a; commit;
            begin; alter table succeeded drop a; alter table succeeded rename b to a; alter table succeeded add b text;
              update succeeded set b = 'B' where id = 1; commit;
            begin; create table born (id int primary key, a text); insert into born values (1, 'x');
              alter table born add c int default 9; insert into born values (2, 'y'); commit;
            begin; create table brief (id int primary key); insert into brief values (1); drop table brief; commit;
            """;
    private static final String LATER = """
            insert into added values (3, 'z', 6); insert into computed values (3, 'z', 'c');
            insert into retyped values (3, 'z'); insert into readded values (3, 'z'); insert into lessened values (3, 'z');
            insert into named values (3, 'z'); insert into other.moved values (3, 'z'); insert into anew values ('z', 3);
            insert into unkeyed values (3, 'z'); insert into unkeyed_full values (3, 'z');
            insert into rekeyed values (3, 30); insert into widened values (3, 'z'); insert into key_called values (3, 'z');
            """;

    @TempDir
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // started before the first test
    private static PostgresServer server;

    @SuppressWarnings("NullAway.Init") // started before the first test
    private static Database app;

    @SuppressWarnings("NullAway.Init") // started before the first test
    private static Wire wire;

    @SuppressWarnings("NullAway.Init") // started before the first test
    private static RunningCapture capture;

    /** Ends of the log: before the tables were altered, after, after they were written to again. */
    private static Lsn before = Lsn.ZERO;

    private static Lsn altered = Lsn.ZERO;
    private static Lsn written = Lsn.ZERO;
    private static Lsn readAgain = Lsn.ZERO;

    @Parameter(0)
    int major;

    @Parameter(1)
    String daemon;

    @SuppressWarnings("NullAway.Init") // JUnit sets the parameters
    AlteredTablesIT() {}

    static Stream<Arguments> lives() {
        return Boolean.getBoolean("rowback.nightly")
                ? IntStream.rangeClosed(14, 18).boxed().flatMap(major -> Stream.of("running", "down", "cut off")
                        .map(daemon -> Arguments.of(major, daemon)))
                : Stream.of(Arguments.of(14, "down"), Arguments.of(18, "running"), Arguments.of(18, "cut off"));
    }

    /** A look at the catalog amid the alterations makes other stretches than are told below: then all is played again. */
    @BeforeParameterizedClassInvocation
    static void live(int major, String daemon) throws Exception {
        int lives = 1;
        while (!live(major, daemon, folder.resolve(major + daemon + lives))) {
            assertThat(++lives).isLessThan(4);
            stopServer();
        }
    }

    /** Whether no look fell between. */
    private static boolean live(int major, String daemon, Path store) throws Exception {
        server = PostgresServer.start(major);
        app = server.createDatabase("app");
        app.run(TABLES + rows(1, "'x'"));
        wire = new Wire(app.port());
        capture = new RunningCapture(app, app.at(wire.port()), store, Map.of()).covering(COUNT);
        if (daemon.equals("down")) {
            capture.close();
        } else if (daemon.equals("cut off")) {
            wire.cut();
        }
        app.run(rows(2, "'y'"));
        before = end();
        app.run(ALTERATIONS);
        altered = end();
        app.run(LATER);
        written = end();
        if (daemon.equals("down")) {
            capture = new RunningCapture(app, store);
        } else if (daemon.equals("cut off")) {
            wire.mend();
        }
        capture.catchUp();
        for (String table : READ_AGAIN) {
            RunningCapture.await(
                    table + " is read again", () -> begins(table).anyMatch(written::isBefore) || wasLookedAt(table));
        }
        if (READ_AGAIN.stream().anyMatch(AlteredTablesIT::wasLookedAt)) {
            capture.close();
            return false;
        }
        for (String table : List.of("gone", "unkeyed", "anew", "anew_inside")) {
            RunningCapture.await(table + " is not covered", () -> !isOpen(capture.table(table)));
        }
        readAgain = end();
        capture.catchUp().close();
        return true;
    }

    /** Whether a table that is not one of the new ones was read again before all was altered and written. */
    private static boolean wasLookedAt(String table) {
        return !List.of("anew", "anew_inside", "born").contains(table)
                && begins(table).anyMatch(from -> before.isBefore(from) && !written.isBefore(from));
    }

    /** Where the coverage of a table begins, each time. */
    private static Stream<Lsn> begins(String table) {
        return capture.read(reader -> reader.tables().stream()
                .filter(info -> info.schema().name().toString().equals(table))
                .flatMap(info -> info.coverage().stream())
                .map(Coverage::from)
                .toList()
                .stream());
    }

    private static String rows(int id, String value) {
        StringBuilder sql = new StringBuilder();
        for (String table : List.of(
                "added",
                "computed",
                "readded",
                "lessened",
                "called",
                "moved",
                "gone",
                "anew",
                "unkeyed",
                "unkeyed_full",
                "widened",
                "key_called",
                "inside",
                "called_inside",
                "anew_inside",
                "recomputed",
                "twice",
                "called_back",
                "succeeded",
                "vacuumed")) {
            sql.append("insert into %s values (%d, %s);".formatted(table, id, value));
        }
        return sql
                + ("insert into labelled values (%d, array[%s]::moods); insert into graded values (%d, %s);"
                                + "insert into composed values (%d, (%d, %s));")
                        .formatted(id, value, id, value, id, id, value)
                + "insert into retyped values (%d, %d); insert into rekeyed values (%d, %d);"
                        .formatted(id, id, id, 10 * id);
    }

    private static Lsn end() throws SQLException {
        return Lsn.parse(app.query("select pg_current_wal_insert_lsn()").get(0));
    }

    @AfterParameterizedClassInvocation
    static void stopServer() throws Exception {
        server.close();
        wire.close();
    }

    @Test
    void aColumnWithADefaultIsUnknownUntilTheTableIsReadAgain() throws SQLException {
        for (String table : List.of("added", "computed")) {
            assertThat(rows(table, baseline(table))).containsExactly("id=1 a=x");
            assertThat(rows(table, written).subList(0, 2)).containsExactly("id=1 a=x c=UNKNOWN", "id=2 a=y c=UNKNOWN");
        }
        assertThat(rows("added", written)).hasSize(3).contains("id=3 a=z c=6");
        assertThat(rows("added", readAgain)).containsExactly("id=1 a=x c=5", "id=2 a=y c=5", "id=3 a=z c=6");
        assertThat(rows("computed", readAgain))
                .isEqualTo(app.query("select format('id=%s a=%s c=%s', id, a, c) from computed order by id"));
    }

    @Test
    void aColumnOfAnotherTypeIsUnknownUntilTheTableIsReadAgain() {
        assertThat(rows("retyped", baseline("retyped"))).containsExactly("id=1 n=1");
        assertThat(rows("retyped", altered)).containsExactly("id=1 n=UNKNOWN", "id=2 n=UNKNOWN");
        assertThat(rows("retyped", written)).containsExactly("id=1 n=UNKNOWN", "id=2 n=UNKNOWN", "id=3 n=z");
        assertThat(rows("retyped", readAgain)).containsExactly("id=1 n=n1", "id=2 n=n2", "id=3 n=z");
    }

    @Test
    void aColumnThatWasDroppedAndAddedAgainHasNothingOfTheOldOne() {
        assertThat(rows("readded", baseline("readded"))).containsExactly("id=1 a=x");
        assertThat(rows("readded", altered)).containsExactly("id=1 a=UNKNOWN", "id=2 a=UNKNOWN");
        // The stream shows no difference between a row of the old column and one of the new before it has come up.
        assertThat(rows("readded", written).subList(0, 2)).containsExactly("id=1 a=UNKNOWN", "id=2 a=UNKNOWN");
        assertThat(rows("readded", written).get(2)).isIn("id=3 a=UNKNOWN", "id=3 a=z");
        assertThat(rows("readded", readAgain)).containsExactly("id=1 a=new", "id=2 a=new", "id=3 a=z");
    }

    @Test
    void aColumnThatATransactionAddsTwiceIsNotTakenForTheLast() {
        assertThat(rows("twice", altered)).containsExactly("id=1 b=second a=UNKNOWN", "id=2 b=NULL a=UNKNOWN");
        assertThat(rows("twice", readAgain)).containsExactly("id=1 b=second a=new", "id=2 b=NULL a=new");
    }

    @Test
    void columnsThatExchangeTheirNamesForAWhileAreTheSame() {
        // The stream shows them as they were called in between.
        assertThat(rows("called_back", altered))
                .containsExactly("id=1 b=UNKNOWN a=UNKNOWN", "id=2 b=UNKNOWN a=UNKNOWN");
        assertThat(rows("called_back", readAgain)).containsExactly("id=1 a=A b=B", "id=2 a=y b=NULL");
        assertThat(capture.table("called_back").coverage()).hasSize(1);
    }

    @Test
    void aColumnThatTakesTheNameOfADroppedOneIsNotTakenForIt() {
        assertThat(rows("succeeded", altered))
                .hasSize(2)
                .allMatch(row -> row.matches("id=\\d a=UNKNOWN b=(UNKNOWN|B)"));
        assertThat(rows("succeeded", readAgain)).containsExactly("id=1 a=NULL b=B", "id=2 a=NULL b=NULL");
    }

    @Test
    void valuesThatWereComputedAnewWithoutAnEventAreNotToldAsTheyWere() {
        assertThat(rows("recomputed", baseline("recomputed"))).containsExactly("id=1 a=x");
        assertThat(capture.rows("recomputed", altered)).isEmpty();
        assertThat(rows("recomputed", readAgain)).containsExactly("id=1 a=X", "id=2 a=Y");
    }

    @Test
    void valuesThatATypePrintsOtherwiseAreNotToldAsTheyWere() {
        assertThat(rows("labelled", baseline("labelled"))).containsExactly("id=1 a={x}");
        assertThat(rows("composed", baseline("composed"))).containsExactly("id=1 p=(1,x)");
        for (String table : List.of("labelled", "composed")) {
            assertThat(capture.rows(table, altered)).as(table).isEmpty();
        }
        assertThat(rows("labelled", readAgain)).containsExactly("id=1 a={ex}", "id=2 a={y}");
        assertThat(rows("composed", readAgain)).containsExactly("id=1 p=(1,x,)", "id=2 p=(2,y,)");
        assertThat(rows("graded", altered)).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(capture.table("graded").coverage()).as("a label more").hasSize(1);
    }

    @Test
    void aTableThatWasOnlyMovedToAnotherFileStaysCovered() {
        assertThat(rows("vacuumed", altered)).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(capture.table("vacuumed").coverage()).hasSize(1);
    }

    @Test
    void aDroppedColumnIsToldAsOfBefore() {
        assertThat(rows("lessened", baseline("lessened"))).containsExactly("id=1 a=x b=NULL");
        assertThat(rows("lessened", written)).containsExactly("id=1 a=x", "id=2 a=y", "id=3 a=z");
        assertThat(capture.table("lessened").coverage()).hasSize(1);
    }

    @Test
    void whatWasRenamedOrMovedIsTheSameTableWithTheSameColumns() {
        assertThat(rows("named", baseline("named"))).containsExactly("id=1 a=x");
        assertThat(rows("named", written)).containsExactly("id=1 b=x", "id=2 b=y", "id=3 b=z");
        assertThat(rows("other.moved", written)).containsExactly("id=1 a=x", "id=2 a=y", "id=3 a=z");
        assertThat(rows("key_called", written)).containsExactly("no=1 a=x", "no=2 a=y", "no=3 a=z");
        for (String table : List.of("named", "other.moved", "key_called")) {
            assertThat(capture.table(table).coverage()).as(table).hasSize(1);
        }
    }

    @Test
    void aDroppedTableIsCoveredUpToItsLastRow() {
        assertThat(rows("gone", behindLastChange("gone"))).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(capture.rows("gone", altered)).isEmpty();
    }

    @Test
    void aTableMadeAnewIsAnotherOneOfTheSameName() {
        assertIsAnotherTable("anew", List.of("id=1 a=x", "id=2 a=y"), List.of("b=again id=1", "b=z id=3"));
        // What the transaction wrote before it dropped the table is held.
        assertIsAnotherTable("anew_inside", List.of("id=1 a=x", "id=2 a=y", "id=3 a=z"), List.of("b=again id=1"));
    }

    private static void assertIsAnotherTable(String name, List<String> last, List<String> rows) {
        List<TableInfo> tables = capture.read(reader -> reader.tables().stream()
                .filter(table -> table.schema().name().name().equals(name))
                .toList());

        assertThat(tables).hasSize(2);
        assertThat(tables.get(0).coverage(readAgain)).isEmpty();
        assertThat(tables.get(0).coverage()).hasSize(1);
        assertThat(rowsOf(tables.get(0), tables.get(0).coverage().get(0).to())).isEqualTo(last);
        assertThat(rowsOf(tables.get(1), readAgain)).isEqualTo(rows);
        assertThat(tables.get(1).coverage(before)).isEmpty();
    }

    @Test
    void rowsWrittenBeforeTheKeyWasDroppedAreCovered() {
        assertThat(rows("unkeyed", behindLastChange("unkeyed"))).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(capture.rows("unkeyed", written)).isEmpty();
        // Under FULL the stream does not tell whether a row came before or after the key was dropped, and goes on
        // without.
        assertThat(rows("unkeyed_full", baseline("unkeyed_full"))).containsExactly("id=1 a=x");
        assertThat(capture.rows("unkeyed_full", written)).isEmpty();
        assertThat(rows("unkeyed_full", readAgain)).containsExactlyInAnyOrder("id=1 a=x", "id=2 a=y", "id=3 a=z");
    }

    @Test
    void otherKeysBeginAnotherCoverage() {
        assertThat(rows("rekeyed", baseline("rekeyed"))).containsExactly("id=1 k=10");
        assertThat(capture.rows("rekeyed", altered)).isEmpty();
        assertThat(rows("rekeyed", readAgain)).containsExactly("id=1 k=10", "id=2 k=20", "id=3 k=30");
        assertThat(rows("widened", baseline("widened"))).containsExactly("id=1 a=x");
        assertThat(capture.rows("widened", altered)).isEmpty();
        assertThat(rows("widened", readAgain)).containsExactly("id=1 a=x", "id=2 a=y", "id=3 a=z");
    }

    @Test
    void aTransactionThatAltersWhatItWritesToIsToldInBothShapes() {
        assertThat(rows("inside", before)).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(rows("inside", altered))
                .containsExactly("id=1 a=changed c=7", "id=2 a=y c=UNKNOWN", "id=3 a=z c=UNKNOWN", "id=4 a=later c=8");
        assertThat(rows("inside", readAgain))
                .containsExactly("id=1 a=changed c=7", "id=2 a=y c=7", "id=3 a=z c=7", "id=4 a=later c=8");
    }

    @Test
    void whatIsRenamedInsideATransactionIsToldUnderTheNameThatItHasBehindIt() {
        assertThat(rows("named_inside", before)).containsExactly("id=1 a=x", "id=2 a=y");
        assertThat(rows("named_inside", altered))
                .containsExactly("id=1 b=changed", "id=2 b=y", "id=3 b=z", "id=4 b=later");
        assertThat(capture.table("named_inside").coverage()).hasSize(1);
    }

    @Test
    void aTableIsCoveredFromItsOwnBaselineOn() {
        assertThat(capture.rows("born", altered)).isEmpty();
        assertThat(rows("born", readAgain)).containsExactly("id=1 a=x c=9", "id=2 a=y c=9");
        assertThat(capture.<List<TableInfo>>read(reader -> reader.tables()))
                .extracting(table -> table.schema().name().name())
                .doesNotContain("brief");
    }

    private static List<String> rows(String table, Lsn at) {
        return capture.rows(table, at).orElseThrow();
    }

    private static List<String> rowsOf(TableInfo table, Lsn at) {
        return capture.read(reader -> RunningCapture.rows(reader, table, at)).orElseThrow();
    }

    private static Lsn baseline(String table) {
        return capture.table(table).coverage().get(0).from();
    }

    private static Lsn behindLastChange(String table) {
        TableInfo info = capture.table(table);
        return capture.read(reader -> {
            try (Stream<Change> changes = reader.changes(info.schema().id(), Lsn.ZERO, Lsn.MAX)) {
                return changes.map(change -> change.position().commit())
                        .reduce((older, newer) -> newer)
                        .orElseThrow()
                        .next();
            }
        });
    }

    private static boolean isOpen(TableInfo table) {
        Optional<Coverage> newest = table.coverage().stream().reduce((older, newer) -> newer);
        return newest.isPresent() && newest.get().to().equals(Lsn.MAX);
    }
}
