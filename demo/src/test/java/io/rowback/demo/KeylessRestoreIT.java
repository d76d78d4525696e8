package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a captured table without a key come back in their number, and no restore does more the second time. */
class KeylessRestoreIT {
    @TempDir
    private Path folder;

    @Test
    void rowsWithoutAKeyComeBackInTheirNumber() throws Exception {
        try (PostgresServer server = PostgresServer.start(16)) {
            Database app = server.createDatabase("app");
            app.run("""
                    create table users (id int primary key, name text);
                    create table logins (who int references users, device json, place point, note text);
                    alter table logins replica identity full;
                    insert into users select g, 'user ' || g from generate_series(1, 5) g;
                    insert into logins select 1 + g % 2, '{"os" : 1}', '(1,2)', repeat('long ', 1000) from generate_series(1, 40) g
                    """);
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(2)) {
                app.run("insert into logins values (3, null, null, 'x'), (3, null, null, 'x'), (3, null, null, 'x')");
                List<String> before = rows(app);
                String bad = RunningDaemon.commit(
                        app,
                        "delete from logins where who = 1; update logins set place = '(9,9)' where who = 3;"
                                + " delete from users where id = 1");
                daemon.catchUp();
                Path bundle = folder.resolve("bundle");
                String sql = restored(daemon, "--tx", bad);
                assertThat(daemon.rowback("restore", "--tx", bad, "--bundle", bundle.toString())
                                .exitCode())
                        .isZero();
                List<String> damaged = rows(app);
                Output target = daemon.rowback("restore", "--tx", bad, "--target", "app", "--apply", "--yes", "24");
                assertThat(target.exitCode()).as(target.err()).isZero();
                assertThat(target.err()).contains("lock: public.logins: SHARE ROW EXCLUSIVE");
                assertThat(rows(app)).isEqualTo(before);
                app.run(sql);
                assertThat(rows(app)).isEqualTo(before);
                app.run(Files.readString(bundle.resolve("undo-restore.sql")));
                assertThat(rows(app)).isEqualTo(damaged);
                app.run(sql);

                daemon.catchUp();
                Output again = daemon.rowback("restore", "--tx", bad);
                assertThat(again.exitCode()).as(again.err()).isZero();
                assertThat(again.err()).contains("nothing to write");
                bad = RunningDaemon.commit(app, "truncate logins");
                daemon.catchUp();
                sql = restored(daemon, "--tx", bad);
                app.run("insert into logins values (3, null, null, 'x')");
                String late = sql;
                assertThatThrownBy(() -> app.run(late)).hasMessageContaining(" is there 1 times, and not 0");
                app.run("delete from logins");
                app.run(sql);
                assertThat(rows(app)).isEqualTo(before);
            }
        }
    }

    private static String restored(RunningDaemon daemon, String... scope) {
        Output restored = daemon.rowback("restore", scope[0], scope[1]);
        assertThat(restored.exitCode()).as(restored.err()).isZero();
        return restored.out();
    }

    private static List<String> rows(Database app) throws SQLException {
        return app.query(
                "select t::text, count(*) from logins t group by 1 union all select u::text, 1 from users u order by 1");
    }
}
