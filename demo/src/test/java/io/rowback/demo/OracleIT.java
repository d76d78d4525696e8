package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Random lives in a real database, captured by the real daemon: at every commit each table as the history tells it is what
 * the table held, byte for byte; and restores of random scopes to random targets yield what the tables themselves say that
 * they should. The build plays the same lives each time, {@code -Drowback.seed=N} plays one other, and the nightly profile
 * plays two thousand that nobody has seen.
 */
class OracleIT {
    private static final int LIVES = 15;
    private static final int NIGHTLY_ROUNDS = 28;
    private static final int RESTORES = 3;
    private static final int TRANSACTIONS = 10;

    @TempDir
    private Path folder;

    private final Map<RandomRestore.Ending, Integer> endings = new EnumMap<>(RandomRestore.Ending.class);
    private int played;

    @ParameterizedTest(name = "Postgres {0}")
    @OnServers
    void everyCommitIsToldAndRestoredAsItWas(int postgres) throws Exception {
        Long replay = Long.getLong("rowback.seed");
        if (replay != null) {
            live(postgres, List.of(replay));
            return;
        }
        live(postgres, seeds(100L * postgres));
        if (Boolean.getBoolean("rowback.nightly")) {
            for (int round = 0; round < NIGHTLY_ROUNDS; round++) {
                live(postgres, seeds(new Random().nextInt()));
                tell(postgres);
            }
        }
        tell(postgres);
        assertThat(endings).containsKeys(RandomRestore.Ending.AS_OF_APPLIED, RandomRestore.Ending.UNDO_APPLIED);
    }

    /** So that a run that somebody stops has counted as well. */
    private void tell(int postgres) {
        System.out.println(played + " lives on Postgres " + postgres + ": " + endings);
    }

    private static List<Long> seeds(long first) {
        return LongStream.range(first, first + LIVES).boxed().toList();
    }

    private void live(int postgres, List<Long> seeds) throws Exception {
        Map<Long, RandomLife> lives = new TreeMap<>();
        Path home = Files.createDirectory(folder.resolve("lives" + seeds.get(0)));
        try (PostgresServer server = PostgresServer.start(postgres)) {
            Database database = server.createDatabase("app");
            int tables = 0;
            for (long seed : seeds) {
                RandomLife life = new RandomLife(seed, database, schema(seed));
                lives.put(seed, life);
                life.live(3);
                tables += life.tables().size();
            }
            try (RunningDaemon daemon = new RunningDaemon(database, home).covering(tables)) {
                for (int i = 0; i < RESTORES; i++) {
                    play(lives, daemon, home.resolve("store").resolve("app"), database);
                }
                played += lives.size();
            }
        } finally {
            for (RandomLife life : lives.values()) {
                life.close();
            }
        }
    }

    private static String schema(long seed) {
        return "life" + Long.toString(seed).replace('-', '_');
    }

    private void play(Map<Long, RandomLife> lives, RunningDaemon daemon, Path store, Database database)
            throws Exception {
        Map<Long, Integer> begin = new HashMap<>();
        for (Map.Entry<Long, RandomLife> each : lives.entrySet()) {
            begin.put(each.getKey(), each.getValue().moments().size());
            each.getValue().live(TRANSACTIONS);
            if (each.getKey() % 3 == 0) {
                each.getValue().alter();
                each.getValue().live(TRANSACTIONS / 2);
            }
        }
        daemon.catchUp();
        for (Map.Entry<Long, RandomLife> each : lives.entrySet()) {
            long seed = each.getKey();
            RandomLife life = each.getValue();
            int from = Objects.requireNonNull(begin.get(seed));
            try {
                List<RandomLife.Moment> moments = life.moments();
                compare(store, life, moments.subList(from, moments.size()));
                Random random = new Random(seed + moments.size());
                int since = Math.max(from, life.sinceAltered());
                if (since < moments.size()) {
                    int target = since + random.nextInt(moments.size() - since);
                    RandomRestore restore = new RandomRestore(store, life, database, random);
                    RandomRestore.Ending ending =
                            random.nextBoolean() ? restore.asOf(moments.get(target)) : restore.undo(target);
                    endings.merge(ending, 1, Integer::sum);
                }
            } catch (Throwable e) {
                throw new AssertionError("replay with -Drowback.seed=" + seed, e);
            }
        }
    }

    private static void compare(Path store, RandomLife life, List<RandomLife.Moment> moments) throws IOException {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            boolean altered = life.sinceAltered() > 0;
            for (TableInfo table : life.tables(reader)) {
                Set<RowKey> seen = new HashSet<>();
                for (RandomLife.Moment moment : moments) {
                    if (altered && table.coverage(Lsn.parse(moment.at())).isEmpty()) {
                        // Altered and truncated between two looks at the catalog, it may as well have been rewritten.
                        continue;
                    }
                    Map<List<String>, Map<String, String>> truth =
                            moment.rows(table.schema().name().name());
                    Map<List<String>, Map<String, String>> told = new HashMap<>();
                    Map<RowKey, RowImage> images = new HashMap<>();
                    try (Stream<RowImage> rows = new TableTimeline(reader, table).asOf(Lsn.parse(moment.at()))) {
                        rows.forEach(row -> images.put(row.key(), row));
                    }
                    images.values().forEach(row -> tell(row, told, truth, altered));
                    assertThat(told)
                            .as("%s at %s", table.schema().name(), moment.at())
                            .isEqualTo(truth);
                    seen.addAll(images.keySet());
                    for (RowKey key : seen) {
                        assertThat(new RowTimeline(reader, table)
                                        .asOf(key, Lsn.parse(moment.at()))
                                        .imageOrNull())
                                .as("%s %s at %s", table.schema().name(), key, moment.at())
                                .isEqualTo(images.get(key));
                    }
                }
            }
        }
    }

    /**
     * A row as the life tells it. What is generated is taken from the truth; and of a table that was altered, what the
     * history does not know: neither a new column's values nor a new name, until the row is written or the catalog looked at.
     */
    private static void tell(
            RowImage row,
            Map<List<String>, Map<String, String>> told,
            Map<List<String>, Map<String, String>> truth,
            boolean altered) {
        List<String> key = row.schema().key().stream()
                .map(column -> text(row.values().get(row.schema().indexOf(column))))
                .toList();
        Map<String, String> known = truth.getOrDefault(key, Map.of());
        Map<String, String> values = new TreeMap<>(altered ? known : Map.of());
        for (int i = 0; i < row.values().size(); i++) {
            Column column = row.schema().columns().get(i);
            String text = column.generated()
                    ? known.getOrDefault(column.name(), "")
                    : text(row.values().get(i));
            if (!altered || (known.containsKey(column.name()) && !text.equals("unknown"))) {
                values.put(column.name(), text);
            }
        }
        told.put(key, values);
    }

    private static String text(ColumnValue value) {
        return value.isNull() ? "null" : value.isUnknown() ? "unknown" : "=" + value;
    }
}
