package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Kills a real daemon in the middle of traffic, while it starts too. The build plays the same moments each time as far as
 * time can be played; {@code -Drowback.seed=N} plays others.
 */
class CrashIT {
    private static final int KILLS = Boolean.getBoolean("rowback.nightly") ? 40 : 5;
    private static final int START_MILLIS_MAX = 2_500;
    private static final int RUN_MILLIS_MAX = 1_500;

    @TempDir
    Path folder;

    @ParameterizedTest
    @OnServers
    void everyCommittedChangeIsThereOnceAndInCommitOrderHoweverOftenTheDaemonIsKilled(int major) throws Exception {
        long seed = Long.getLong("rowback.seed", major);
        try {
            killAgainAndAgain(major, seed);
        } catch (Throwable e) {
            throw new AssertionError("replay with -Drowback.seed=" + seed, e);
        }
    }

    private void killAgainAndAgain(int major, long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id bigint primary key, n int)");
            try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                daemon.awaitLine("capturing app from");
                daemon.kill();
            }
            CapturedLedger captured = new CapturedLedger(app, folder);
            try (Ledger ledger = new Ledger(app, seed, 3)) {
                for (int kill = 1; kill <= KILLS; kill++) {
                    killOnce(app, random);
                    captured.acknowledgedIsDurable();
                }
                ledger.end();
                assertThat(ledger.committed()).as("a workload worth the name").hasSizeGreaterThan(50 * KILLS);
                try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
                    captured.catchUp();
                    assertThat(daemon.signal("TERM")).isZero();
                }
                captured.equalsWhatWasCommitted(ledger);
                System.out.printf(
                        "version %d: %d kills survived with %d transactions, seed %d%n",
                        major, KILLS + 1, ledger.committed().size(), seed);
            }
        }
    }

    private void killOnce(Database app, SplittableRandom random) throws InterruptedException {
        try (DaemonProcess daemon = new DaemonProcess(app, folder, "")) {
            boolean whileItStarts = random.nextInt(3) == 0;
            if (!whileItStarts) {
                daemon.awaitLine("capturing app from");
            }
            int millis = random.nextInt(whileItStarts ? START_MILLIS_MAX : RUN_MILLIS_MAX);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
            daemon.kill();
        }
    }
}
