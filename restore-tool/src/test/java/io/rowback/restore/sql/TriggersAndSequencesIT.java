package io.rowback.restore.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Operation;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
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

/** What the server does by itself when rows come back. */
final class TriggersAndSequencesIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    private Database database;

    @BeforeEach
    void createDatabase(TestInfo test) throws SQLException {
        database = server.createDatabase(test.getTestMethod().orElseThrow().getName());
    }

    private static String sql(LiveHistory history, ColumnChoice columns, long xid) throws IOException {
        Scope scope = new Scope(
                List.of(Scope.Window.of(
                        PointInTime.transaction(history.reader(), xid).commit())),
                false,
                List.of());
        RestorePlan plan = RestorePlanner.plan(
                history.reader(),
                new RestoreRequest(
                        scope,
                        null,
                        columns,
                        Set.of(Operation.DELETE, Operation.UPDATE),
                        ConflictMode.REFUSE,
                        false,
                        10_000));
        assertThat(plan.findings()).isEmpty();
        StringBuilder sql = new StringBuilder();
        SqlWriter.write(plan, sql);
        return sql.toString();
    }

    @Test
    void columnThatATriggerKeepsIsNoConflictOnceItIsLeftOutAndTheRestComesBack() throws SQLException, IOException {
        database.run("""
                create table t (id int primary key, v text, changed int);
                create sequence clock;
                create function f() returns trigger language plpgsql as
                  'begin new.changed := nextval(''public.clock''); return new; end';
                create trigger f before insert or update on t for each row execute function f();
                insert into t values (1, 'one'), (2, 'two');
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("update t set v = null");
        history.commit("update t set id = id where id = 2");
        ColumnChoice rest = new ColumnChoice(Set.of(), Set.of("changed"));
        String sql = sql(history, rest, xid);
        database.run(sql);
        database.run(sql);
        assertThat(database.query("select id, v from t order by id")).containsExactly("1|one", "2|two");
        assertThat(database.query("select max(changed) from t"))
                .as("the second time wrote nothing")
                .containsExactly("7");
        long again = history.commit("update t set v = 'x' where id = 1");
        assertThatThrownBy(() -> database.run(sql(history, ColumnChoice.ALL, again)))
                .hasMessageContaining("t 1");
    }

    @Test
    void sequenceThatGoesRoundMovesForwardOnlyAndOneThatNobodyOwnsIsLeftAlone() throws SQLException, IOException {
        database.run("""
                create sequence round maxvalue 10 cycle;
                create table r (id int primary key default nextval('round'));
                alter sequence round owned by r.id;
                create sequence free;
                create table f (id int primary key default nextval('free'));
                insert into r select from generate_series(1, 9);
                insert into f select from generate_series(1, 9);
                """);
        LiveHistory history = new LiveHistory(database);
        long xid = history.commit("delete from r where id in (2, 8, 9); delete from f where id = 9");
        database.run("alter sequence round restart with 4; alter sequence free restart with 4");
        String sql = sql(history, ColumnChoice.ALL, xid);
        database.run(sql);
        assertThat(database.query("select nextval('round'), nextval('free')")).containsExactly("10|4");
        database.run("alter sequence round restart with 10");
        assertThat(database.query("select nextval('round'), nextval('round')")).containsExactly("10|1");
        database.run("select setval('round', 10)");
        database.run(sql);
        assertThat(database.query("select last_value from round")).containsExactly("10");
    }
}
