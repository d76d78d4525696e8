package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.Verification;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rowback verify} beside a real daemon. */
class VerifyIT {
    private static final int CLIENTS = 3;
    private static final int ROUNDS = 3;

    @TempDir
    private Path folder;

    @Test
    void nothingIsWrongWithWhatARunningDaemonWrites() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run(VerifyTargetIT.TABLES + "; alter table users replica identity full");
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            AtomicBoolean ending = new AtomicBoolean();
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(4)) {
                List<Future<?>> loads = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    Random random = new Random(i);
                    loads.add(clients.submit(() -> write(app, random, ending)));
                }
                long changes = 0;
                for (int round = 0; round < ROUNDS || changes < 300; round++) {
                    try (RocksHistoryReader reader = open()) {
                        Verification whole = reader.verify((what, count) -> {});
                        assertThat(whole.findings()).isEmpty();
                        changes = whole.changes();
                        assertThat(reader.verify(50, round, (what, count) -> {}).findings())
                                .isEmpty();
                    }
                    Output compared = daemon.rowback("verify", "--target", "app");
                    assertThat(compared.exitCode())
                            .as(compared.out() + compared.err())
                            .isZero();
                    assertThat(compared.out()).contains("all the same");
                }
                ending.set(true);
                for (Future<?> load : loads) {
                    load.get();
                }
            } finally {
                ending.set(true);
                clients.shutdownNow();
            }
        }
    }

    /** Changes rows, those of other clients as well; returns how often since two waited for each other. */
    private static int write(Database app, Random random, AtomicBoolean ending) throws SQLException {
        try (Connection connection = app.connect();
                Statement statement = connection.createStatement()) {
            int i = 0;
            for (; !ending.get(); i++) {
                int id = 1 + random.nextInt(60);
                // So that what there is to verify does not grow faster than it is verified.
                statement.execute("select pg_sleep(0.01)");
                statement.execute(
                        switch (random.nextInt(8)) {
                            case 0 -> "delete from users where id = " + id;
                            case 1 -> "update codes set note = note || 'x' where code = 'c" + id + "'";
                            case 2 -> "update codes set n = n + 1 where code = 'c" + id + "'";
                            case 3 ->
                                "update users set plan = 'p" + i + "' where id between " + id + " and " + (id + 1);
                            case 4 -> "delete from logins where who = " + id;
                            case 5 -> "update logins set who = who + 1, place = null where who = " + id;
                            case 6 -> "insert into logins (who) select " + id + " from generate_series(1, 3)";
                            default -> "insert into users values (" + id + ", 'again', null) on conflict do nothing";
                        });
            }
            return i;
        } catch (SQLException e) {
            // Two clients may wait for each other.
            if (!"40P01".equals(e.getSQLState())) {
                throw e;
            }
            return write(app, random, ending);
        }
    }

    private RocksHistoryReader open() {
        return RocksHistoryReader.open(folder.resolve("store").resolve("app"));
    }
}
