package io.rowback.restore.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.live.Target.Compared;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Values that are equal to the server: written otherwise, or not there. */
final class EqualKeysIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @Test
    void rowUnderAnEqualKeyIsFoundAndNeverDoubledOrWrittenOver() throws SQLException {
        Database database = server.createDatabase("app");
        database.run("""
                create extension citext;
                create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                create table a (k text collate nocase primary key, v int);
                create table b (k numeric primary key, v int);
                create table c (k citext primary key, v int);
                insert into a values ('Ann', 1), ('Bob', 1);
                insert into b values (1.50, 1), (2.50, 1);
                insert into c values ('Ann', 1), ('Bob', 1);
                """);
        LiveHistory history = new LiveHistory(database);
        long deleted = history.commit(
                "delete from a where k = 'ann'; delete from b where k = 1.5; delete from c where k = 'ann'");
        long updated = history.commit("update a set v = 2; update b set v = 2; update c set v = 2");
        Target target = new Target(history, database);
        Compared planned = target.compare(deleted, updated);
        assertThat(planned.writes()).hasSize(6);

        database.run("update a set k = 'BOB'; update b set k = 2.5; update c set k = 'BOB';"
                + "insert into a values ('ANN', 7); insert into b values (1.5, 7); insert into c values ('ANN', 7)");

        Compared compared = target.compare(deleted, updated);
        assertThat(compared.plan().outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(compared.findings()).hasSize(3).allMatch(finding -> finding.matches("[abc] (Ann|1.50): .*"));
        assertThat(compared.writes()).containsExactlyInAnyOrder("a BOB", "b 2.5", "c BOB");
        assertThat(compared.differences()).hasSize(6);
        Restoration late = new Restoration(
                new Connections(ConnectionSettings.parse(database.url()), "rowback"), planned.plan(), written -> {});
        assertThatThrownBy(late::run).hasMessageMatching("(?s).*(Ann|1.50).*nothing was written.*");
        assertThat(database.query("select k::text, v from a union all select k::text, v from b"
                        + " union all select k::text, v from c order by 1, 2"))
                .containsExactly("1.5|7", "2.5|2", "ANN|7", "ANN|7", "BOB|2", "BOB|2");
    }

    @Test
    void nullIsOccupiedWhereAnIndexTakesOneAlone() throws SQLException {
        Database database = server.createDatabase("nulls");
        database.run("""
                create table one (id int primary key, v int unique nulls not distinct);
                create table many (id int primary key, v int unique);
                insert into one values (1, null); insert into many values (1, null);
                """);
        LiveHistory history = new LiveHistory(database);
        long deleted = history.commit("delete from one; delete from many");
        database.run("insert into one values (2, null); insert into many values (2, null)");
        Compared compared = new Target(history, database).compare(deleted);
        assertThat(compared.findings()).containsExactly("one 1: what it would take in one_v_key is held by one 2");
        assertThat(compared.writes()).containsExactly("many 1");
    }

    @Test
    void rowsOfThePlanReferToEachOtherByEqualValuesWrittenOtherwise() throws SQLException {
        Database database = server.createDatabase("references");
        database.run("""
                create table p (k numeric primary key);
                create table c (id int primary key, k numeric references p on delete cascade);
                insert into p values (1.5), (2.50); insert into c values (1, 1.50), (2, 2.5);
                """);
        LiveHistory history = new LiveHistory(database);
        long deleted = history.commit("delete from p");
        Compared compared = new Target(history, database).compare(deleted);
        assertThat(compared.findings()).isEmpty();
        assertThat(compared.writes()).containsExactly("p 1.5", "p 2.50", "c 1", "c 2");
    }

    @Test
    void periodAndForeignKeyThatIsNotEnforcedKeepNoRowBack() throws SQLException {
        Database database = server.createDatabase("periods");
        database.run("""
                create extension btree_gist;
                create table p (id int, during int4range, primary key (id, during without overlaps));
                create table c (id int primary key, p int, during int4range, foreign key (p, period during) references p (id, period during));
                create table loose (id int primary key, p int references c not enforced);
                insert into p values (1, '[1,10)'), (1, '[10,20)'), (2, '[1,9)');
                insert into c values (1, 1, '[2,12)'), (2, 2, '[3,4)'), (3, 1, '[2,3)'); insert into loose values (1, 99);
                """);
        LiveHistory history = new LiveHistory(database);
        long deleted = history.commit("delete from loose; delete from c; delete from p where id = 2");
        Compared compared = new Target(history, database).compare(deleted);
        assertThat(compared.findings()).isEmpty();
        new Restoration(
                        new Connections(ConnectionSettings.parse(database.url()), "rowback"),
                        compared.plan(),
                        written -> {})
                .run();
        assertThat(database.query("select id from c order by 1")).containsExactly("1", "2", "3");
        assertThat(database.query("select id from loose")).containsExactly("1");
    }
}
