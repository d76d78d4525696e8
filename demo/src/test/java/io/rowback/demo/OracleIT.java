package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.sql.SqlWriter;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random lives of a real database, captured by the real daemon: at every commit each table as the history tells it is what
 * the table held, byte for byte; and a restore to a random commit brings the whole database back to what it was. The
 * build plays the same lives each time; {@code -Drowback.seed=N} plays another.
 */
class OracleIT {
    private static final Path HOME = Path.of(System.getProperty("rowback.home"));
    private static final long CATCH_UP_SECONDS = 60;
    private static final int RESTORES = 6;
    private static final int TRANSACTIONS = 12;
    private static final Comparator<List<String>> BY_TEXT = Comparator.comparing(List::toString);

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "Postgres {0}, {1} lives")
    @CsvSource({"14, 3", "18, 3"})
    void everyCommitIsToldAndRestoredAsItWas(int postgres, int lives) throws Exception {
        Long replay = Long.getLong("rowback.seed");
        int restored = 0;
        try (PostgresServer server = PostgresServer.start(postgres)) {
            for (int i = 0; i < lives; i++) {
                long seed = replay != null ? replay : 100L * postgres + i;
                try {
                    restored += live(seed, server.createDatabase("life" + i), "life" + i);
                } catch (Throwable e) {
                    throw new AssertionError("replay with -Drowback.seed=" + seed, e);
                }
            }
        }
        assertThat(restored).as("restores that were not refused").isPositive();
    }

    /** One life; returns how many of its restores were not refused. */
    private int live(long seed, Database database, String name) throws Exception {
        Random random = new Random(seed);
        Path home = Files.createDirectory(folder.resolve(name));
        Installation installation = new Installation(HOME, home);
        Files.writeString(installation.config(), """
                [databases.%s]
                url = "%s"
                [store]
                dir = "%s"
                [http]
                listen = ""
                """.formatted(name, database.url(), home.resolve("store")));
        Path store = home.resolve("store").resolve(name);
        int restored = 0;
        try (RandomLife life = new RandomLife(seed, database)) {
            life.live(5);
            Process daemon = installation.startDaemon();
            try {
                awaitCoverage(store, installation);
                int captured = life.moments().size();
                for (int i = 0; i < RESTORES; i++) {
                    life.live(TRANSACTIONS);
                    compare(
                            store,
                            installation,
                            life.moments().subList(captured, life.moments().size()));
                    List<RandomLife.Moment> moments = life.moments();
                    RandomLife.Moment moment = moments.get(captured + random.nextInt(moments.size() - captured));
                    restored += restore(store, moment, database, life) ? 1 : 0;
                }
            } finally {
                daemon.destroy();
                assertThat(daemon.waitFor(CATCH_UP_SECONDS, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(daemon.exitValue())
                    .as(Files.readString(installation.daemonLog()))
                    .isZero();
        }
        return restored;
    }

    private static void awaitCoverage(Path store, Installation installation) throws IOException {
        await(
                store,
                installation,
                reader -> reader.tables().stream()
                                .filter(table -> !table.coverage().isEmpty())
                                .count()
                        == RandomLife.TABLES.size());
    }

    private static void await(Path store, Installation installation, Predicate<RocksHistoryReader> reached)
            throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS);
        while (true) {
            try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
                if (reached.test(reader)) {
                    return;
                }
            } catch (RowbackException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.NO_STORE);
            }
            assertThat(System.nanoTime())
                    .as(Files.readString(installation.daemonLog()))
                    .isLessThan(deadline);
        }
    }

    private static void compare(Path store, Installation installation, List<RandomLife.Moment> moments)
            throws IOException {
        Lsn last = Lsn.parse(moments.get(moments.size() - 1).at());
        await(store, installation, reader -> !reader.info().durable().isBefore(last));
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            for (RandomLife.Moment moment : moments) {
                for (TableInfo table : reader.tables()) {
                    try (Stream<RowImage> rows = new TableTimeline(reader, table).asOf(Lsn.parse(moment.at()))) {
                        assertThat(rows.map(OracleIT::texts).sorted(BY_TEXT))
                                .as("%s at %s", table.schema().name(), moment.at())
                                .containsExactlyElementsOf(moment.tables()
                                        .get(table.schema().name().name()));
                    }
                }
            }
        }
    }

    private static List<String> texts(RowImage row) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < row.values().size(); i++) {
            ColumnValue value = row.values().get(i);
            boolean generated = row.schema().columns().get(i).generated();
            texts.add(generated ? "(generated)" : value.isNull() ? "null" : value.toString());
        }
        return texts;
    }

    /**
     * Everything back to that moment; a second run of the same script changes nothing. False if it was refused: rows that
     * took over each other's keys or exchanged unique values are.
     */
    private static boolean restore(Path store, RandomLife.Moment moment, Database database, RandomLife life)
            throws IOException, SQLException {
        StringBuilder script = new StringBuilder();
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            Lsn at = Lsn.parse(moment.at());
            RestorePlan plan = RestorePlanner.plan(
                    reader,
                    new RestoreRequest(
                            new Scope(List.of(new Scope.Window(at, reader.info().durable())), true, List.of()),
                            at,
                            RestoreRequest.ColumnChoice.ALL,
                            Set.of(Operation.INSERT, Operation.UPDATE, Operation.DELETE),
                            RestoreRequest.ConflictMode.OVERWRITE,
                            false,
                            10_000));
            if (!plan.refusals().isEmpty()) {
                assertThat(plan.refusals().toString()).containsAnyOf("its key was changed", "it takes a unique value");
                assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.REFUSED);
                return false;
            }
            SqlWriter.write(plan, script);
        }
        for (int run = 1; run <= 2; run++) {
            database.run(script.toString());
            assertThat(life.look().tables())
                    .as("run %s, restored to %s", run, moment.at())
                    .isEqualTo(moment.tables());
        }
        return true;
    }
}
