package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Transaction;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** Two-phase commit: what a prepared transaction did happens when it is committed, if it is. */
final class PreparedTransactionsIT {
    @TempDir
    Path folder;

    @ParameterizedTest
    @OnServers
    void preparedTransactionIsHeldFromItsCommitOnAndNotIfItIsRolledBack(int major) throws Exception {
        try (PostgresServer server = PostgresServer.version(major)
                .setting("max_prepared_transactions", "5")
                .start()) {
            Database app = server.createDatabase("prepared");
            app.run("create table t (id int primary key, a text); alter table t replica identity full;"
                    + " insert into t values (1, 'x'), (2, 'x'), (3, 'x')");
            try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
                app.run("begin; update t set a = 'kept' where id = 1; prepare transaction 'kept'");
                app.run("begin; delete from t where id = 2; prepare transaction 'undone'");
                app.run("update t set a = 'between' where id = 3");
                capture.catchUp();
                assertThat(capture.changes("t")).containsExactly("UPDATE 3|x -> 3|between");
            }
            // Whoever starts anew in between sees what was prepared before, once it is committed.
            try (RunningCapture capture = new RunningCapture(app, folder).covering(1)) {
                app.run("update t set a = 'later' where id = 3");
                String xid = app.query("select transaction from pg_prepared_xacts where gid = 'kept'")
                        .get(0);
                app.run("commit prepared 'kept'");
                app.run("rollback prepared 'undone'");
                capture.catchUp();
                assertThat(capture.changes("t"))
                        .containsExactly(
                                "UPDATE 3|x -> 3|between", "UPDATE 3|between -> 3|later", "UPDATE 1|x -> 1|kept");
                assertThat(capture.transactions())
                        .last()
                        .extracting(Transaction::id)
                        .hasToString(xid);
            }
        }
    }
}
