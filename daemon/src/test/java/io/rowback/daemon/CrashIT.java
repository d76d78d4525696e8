package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.Transaction;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kills a real daemon in the middle of traffic. {@code -Dseed=} replays one run, {@code -Drounds=} makes it longer. */
class CrashIT {
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final int KILL_MILLIS_MAX = 1_500;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {14, 18})
    void everyCommittedChangeIsThereOnceAndInCommitOrderHoweverOftenTheDaemonIsKilled(int major) throws Exception {
        System.out.println("seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id bigint primary key, n int)");
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                daemon.awaitLine("capturing app from");
                daemon.kill();
            }
            try (Ledger ledger = new Ledger(app, SEED, 3)) {
                for (int round = 0; round < ROUNDS; round++) {
                    try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                        daemon.awaitLine("capturing app from");
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(KILL_MILLIS_MAX)));
                        daemon.kill();
                    }
                    assertAcknowledgedIsDurable(app);
                }
                ledger.end();
                drain(app);
                compare(ledger, app);
            }
        }
    }

    private void assertAcknowledgedIsDurable(Database app) throws SQLException {
        Lsn acknowledged = Lsn.parse(
                app.query("select confirmed_flush_lsn from pg_replication_slots where slot_name = 'rowback_app'")
                        .get(0));
        try (RocksHistoryReader reader = open()) {
            assertThat(acknowledged).isLessThanOrEqualTo(reader.info().durable());
        }
    }

    private void drain(Database app) throws Exception {
        Lsn target = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            daemon.awaitLine("capturing app from");
            RunningCapture.await("all is durable up to " + target, () -> {
                try (RocksHistoryReader reader = open()) {
                    return !reader.info().durable().isBefore(target);
                }
            });
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    private void compare(Ledger ledger, Database app) throws SQLException {
        Map<String, List<String>> stored = new HashMap<>();
        List<String> order = new ArrayList<>();
        try (RocksHistoryReader reader = open();
                Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
            Lsn last = Lsn.ZERO;
            for (Transaction transaction : (Iterable<Transaction>) transactions::iterator) {
                assertThat(transaction.commit()).isGreaterThan(last);
                last = transaction.commit();
                order.add(transaction.id().toString());
                List<String> before = stored.put(transaction.id().toString(), changes(reader, transaction.commit()));
                assertThat(before)
                        .as("transaction %s stored twice", transaction.id())
                        .isNull();
            }
            assertThat(ledger.committed()).as("a workload worth the name").hasSizeGreaterThan(500);
            assertThat(stored.keySet()).isEqualTo(ledger.committed().keySet());
            assertThat(stored).isEqualTo(ledger.committed());
            for (List<String> client : ledger.orders()) {
                assertThat(order).containsSubsequence(client);
            }
            assertThat(Replay.rows(reader, "t")).isEqualTo(app.query("select id || '|' || n from t order by id"));
            assertThat(reader.info().gaps().size()).isZero();
        }
    }

    private static List<String> changes(RocksHistoryReader reader, Lsn commit) {
        try (Stream<Change> changes = reader.changes(commit, commit.next())) {
            return changes.map(change -> change.operation() + " " + Objects.requireNonNull(change.key()))
                    .toList();
        }
    }

    private RocksHistoryReader open() {
        return RocksHistoryReader.open(folder.resolve("store").resolve("app"));
    }
}
