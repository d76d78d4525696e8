package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log does not carry is found in the history; what the history cannot know is told as unknown and never written. */
class UnknownValuesIT {
    @TempDir
    private Path folder;

    @Test
    void unchangedToastIsFoundInTheHistoryOrRefusedByName() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run(
                    "create table t (id int primary key, n int, big text); alter table t alter big set storage external;"
                            + "insert into t select g, 0, g || repeat('x', 9000) from generate_series(1, 3) g");
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(1);
                    Connection open = app.connect();
                    Statement statement = open.createStatement()) {
                app.run("update t set n = 1");
                String deleted = RunningDaemon.commit(app, "delete from t where id = 1");
                daemon.catchUp();
                app.run(daemon.rowback("restore", "--tx", deleted).out());
                assertThat(app.query("select n, big = '1' || repeat('x', 9000) from t where id = 1"))
                        .containsExactly("1|t");

                // The table's next baseline waits for this transaction.
                open.setAutoCommit(false);
                statement.execute("select pg_current_xact_id()");
                app.run("alter table t alter big type varchar; update t set n = 2");
                daemon.catchUp();
                assertThat(daemon.documents("show", "t", "2")
                                .get(0)
                                .at("/row/big/unknown")
                                .booleanValue())
                        .isTrue();
                assertThat(daemon.rowback("show", "t", "2").out())
                        .contains("n: '2'")
                        .contains("big: (unknown)");
                String lost = RunningDaemon.commit(app, "delete from t where id = 2");
                daemon.catchUp();
                Output refused = daemon.rowback("restore", "--tx", lost);
                assertThat(refused.exitCode()).isEqualTo(ErrorCode.REFUSED.exitCode());
                assertThat(refused.out()).isEmpty();
                assertThat(refused.err()).contains("column big: the history does not know what it held");

                open.rollback();
                daemon.covering(2).catchUp();
                assertThat(daemon.documents("show", "t", "3")
                                .get(0)
                                .at("/row/big")
                                .textValue())
                        .isEqualTo("3" + "x".repeat(9000));
            }
        }
    }
}
