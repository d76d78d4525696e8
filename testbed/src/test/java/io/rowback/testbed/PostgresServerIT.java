package io.rowback.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerIT {
    @ParameterizedTest
    @ValueSource(ints = {14, 15, 16, 17, 18})
    void everyMajorVersionRunsInOneJvm(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major)) {
            assertThat(server.database().query("show server_version").get(0)).startsWith(major + ".");
            assertThat(server.database().query("show wal_level")).containsExactly("logical");
        }
    }

    @Test
    void restartsKeepPortSettingsAndData() throws SQLException {
        try (PostgresServer server =
                PostgresServer.version(18).setting("work_mem", "7MB").start()) {
            Database database = server.createDatabase("an \"app\"");
            database.run("create table t (n int); insert into t values (1)");

            server.stop(PostgresServer.Shutdown.FAST);
            server.start();
            assertThat(database.query("select n, null, current_setting('work_mem') from t"))
                    .containsExactly("1||7MB");

            server.stop(PostgresServer.Shutdown.IMMEDIATE);
            server.start();
            database.run("insert into t values (2)");

            server.kill();
            assertThatThrownBy(database::connect).hasRootCauseInstanceOf(ConnectException.class);
            server.start();
            assertThat(database.query("select n from t order by n")).containsExactly("1", "2");
        }
    }

    @Test
    void eachStatementOfAScriptIsATransactionAndTheFirstErrorEndsIt() throws SQLException {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database database = server.database();
            assertThatThrownBy(() -> database.run("""
                    create table kept (n int, xid xid8 default pg_current_xact_id());
                    insert into kept (n) values (1);
                    insert into kept (n) values (2);
                    begin;
                    insert into kept (n) values (3);
                    select 1 / 0;
                    insert into kept (n) values (4);
                    commit;
                    """))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("division by zero");

            assertThat(database.query("select count(*), count(distinct xid) from kept"))
                    .containsExactly("2|2");
        }
    }

    @Test
    void closedServerLeavesNothingRunning() throws SQLException {
        PostgresServer server = PostgresServer.start(18);
        Database database = server.database();
        server.close();
        server.close();
        assertThatThrownBy(database::connect).hasRootCauseInstanceOf(ConnectException.class);
    }
}
