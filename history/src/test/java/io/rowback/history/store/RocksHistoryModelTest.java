package io.rowback.history.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.ForeignKey;
import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import io.rowback.history.store.RandomDatabase.Committed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays random histories into the store and into the in-memory oracle, with redelivery, crashes and transactions in
 * parts, and compares every answer; the states told of any row are compared with what the database really held. One
 * history alone runs with {@code -Drowback.seed=N}.
 */
class RocksHistoryModelTest {
    private static final int HISTORIES = Boolean.getBoolean("rowback.nightly") ? 700 : 40;
    private static final int STEPS = 40;
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    @TempDir
    private Path directory;

    @Test
    void everyAnswerIsTheOraclesAndEveryRowStandsAsItStood() throws IOException {
        Long seed = Long.getLong("rowback.seed");
        long[] seeds = seed == null ? LongStream.range(0, HISTORIES).toArray() : new long[] {seed};
        for (long each : seeds) {
            try {
                new Play(each, directory.resolve("seed-" + each)).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("replay with -Drowback.seed=" + each, e);
            }
        }
    }

    /** One history. */
    private static final class Play {
        private final Random random;
        private final RandomDatabase database;
        private final MemoryHistory oracle = new MemoryHistory();
        private final List<Committed> waiting = new ArrayList<>();
        private final Path base;
        private final int epochBytes;
        private HistoryWriter store;
        private Path directory;
        private int copies;

        Play(long seed, Path base) {
            // Neighbouring seeds would begin with the same numbers.
            this.random = new Random(seed * SPREAD);
            this.database = new RandomDatabase(random);
            this.base = base;
            this.epochBytes = 50 << random.nextInt(6);
            this.directory = base.resolve("0");
            this.store = RocksHistoryWriter.open(directory, epochBytes);
        }

        void run() throws IOException {
            Lsn start = database.here();
            both(writer -> writer.create("7", "app", start));
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            deliver(waiting.size());
            compare();
            store.close();
        }

        private void step() throws IOException {
            int dice = random.nextInt(40);
            if (dice < 25) {
                waiting.add(database.commit(random.nextInt(random.nextInt(8) == 0 ? 40 : 5)));
            } else if (dice < 33) {
                deliver(random.nextInt(waiting.size() + 1));
            } else if (dice < 36) {
                cover(database.tables().get(random.nextInt(4)));
            } else if (dice < 38) {
                crash();
            } else if (dice == 38) {
                endCoverage();
            } else if (random.nextInt(4) == 0) {
                compare();
            }
            if (random.nextInt(8) == 0) {
                forget();
            }
        }

        /** The store can be cut where an epoch begins; there the oracle is cut as well. */
        private void forget() {
            if (store.forget(random.nextBoolean() ? window() : Lsn.MAX)) {
                Lsn horizon = Objects.requireNonNull(store.info().horizon()).at();
                assertThat(oracle.forget(horizon)).isTrue();
                compare();
            }
        }

        private void both(Consumer<HistoryWriter> action) {
            action.accept(oracle);
            action.accept(store);
        }

        /** Delivers some transactions, in batches cut anywhere; now and then the last ones come twice. */
        private void deliver(int count) {
            List<Committed> delivered = List.copyOf(waiting.subList(0, count));
            send(delivered, count);
            if (random.nextInt(3) == 0) {
                send(delivered.subList(count / 2, count), count);
            }
            waiting.subList(0, count).clear();
        }

        private void send(List<Committed> committed, int upTo) {
            List<Change> changes = new ArrayList<>();
            List<Transaction> transactions = new ArrayList<>();
            for (Committed each : committed.subList(0, Math.min(upTo, committed.size()))) {
                for (Change change : each.changes()) {
                    changes.add(change);
                    if (random.nextInt(15) == 0) {
                        append(changes, transactions, null);
                    }
                }
                transactions.add(each.transaction());
                if (random.nextInt(3) == 0) {
                    append(changes, transactions, each.transaction().end());
                }
            }
            if (!committed.isEmpty()) {
                append(
                        changes,
                        transactions,
                        committed.get(committed.size() - 1).transaction().end());
            }
        }

        private void append(List<Change> changes, List<Transaction> transactions, @Nullable Lsn durable) {
            Batch batch = new Batch(changes, transactions, durable);
            both(writer -> writer.append(batch));
            changes.clear();
            transactions.clear();
        }

        /** Baselines are taken of what the database holds, which may be ahead of the stream. Some are interrupted. */
        private void cover(TableSchema table) {
            database.pass();
            Lsn at = database.here();
            List<RowImage> rows = database.rows(table).stream()
                    .map(row -> new RowImage(table, row.values()))
                    .toList();
            both(writer -> writer.baseline(at, rows));
            if (random.nextInt(5) > 0) {
                both(writer -> writer.covered(table, at, database.now(), rows.size()));
            }
        }

        private void endCoverage() {
            Lsn at = oracle.info().durable();
            if (random.nextBoolean()) {
                Gap gap = new Gap(
                        at,
                        new Lsn(at.value() + random.nextInt(200)),
                        oracle.info().completeUntil(),
                        database.now(),
                        "lost");
                both(writer -> writer.gap(gap));
            } else {
                TableId table = database.tables().get(random.nextInt(4)).id();
                both(writer -> writer.uncovered(table, at));
            }
        }

        /** A part of the next transaction is stored; then the process is gone, or only stops. */
        private void crash() throws IOException {
            if (!waiting.isEmpty()) {
                List<Change> part = waiting.get(0).changes();
                Batch half = new Batch(part.subList(0, random.nextInt(part.size() + 1)), List.of(), null);
                both(writer -> writer.append(half));
            }
            if (random.nextBoolean()) {
                Path copy = copyOf(directory);
                store.close();
                directory = copy;
            } else {
                store.close();
            }
            store = RocksHistoryWriter.open(directory, epochBytes);
            oracle.restart();
        }

        /** What a process that is gone leaves: the files as they are at one moment, while none is written or dropped. */
        private Path copyOf(Path live) throws IOException {
            while (true) {
                Path copy = base.resolve(Integer.toString(++copies));
                Files.createDirectories(copy);
                Map<Path, Long> before = sizes(live);
                try {
                    for (Path file : before.keySet()) {
                        Files.copy(file, copy.resolve(file.getFileName()));
                    }
                } catch (NoSuchFileException dropped) {
                    continue;
                }
                if (sizes(live).equals(before)) {
                    return copy;
                }
            }
        }

        private static Map<Path, Long> sizes(Path directory) throws IOException {
            Map<Path, Long> sizes = new TreeMap<>();
            try (Stream<Path> files = Files.list(directory)) {
                files.forEach(file -> sizes.put(file, file.toFile().length()));
            }
            return sizes;
        }

        private void compare() {
            both(writer -> writer.completeUntil(database.now().plusSeconds(1)));
            try (RocksHistoryReader reader = RocksHistoryReader.open(
                            directory, random.nextBoolean() ? Questions.ALL : Questions.FEW_ROWS);
                    RocksHistoryReader byLsn = RocksHistoryReader.open(directory, Questions.FEW_ROWS_BY_LSN)) {
                assertThat(reader.info()).isEqualTo(oracle.info());
                assertThat(store.info()).isEqualTo(oracle.info());
                assertThat(reader.tables()).isEqualTo(oracle.tables());
                assertThat(store.tables()).isEqualTo(oracle.tables());
                Lsn from = window();
                Lsn to = window();
                same(reader, history -> history.changes(from, to));
                same(reader, history -> history.transactions(from, to));
                compareTransactions(reader);
                for (TableInfo table : oracle.tables()) {
                    compareTable(reader, table, from, to);
                    compareRows(byLsn, table, from, to);
                    compareTruth(reader, byLsn, table);
                }
                Verification verification = reader.verify((family, entries) -> {});
                assertThat(verification.findings()).isEmpty();
                assertThat(verification.changes()).isEqualTo(count(oracle.changes(Lsn.ZERO, Lsn.MAX)));
            }
        }

        private void compareTransactions(HistoryReader reader) {
            for (Transaction transaction :
                    oracle.transactions(Lsn.ZERO, Lsn.MAX).toList()) {
                assertThat(reader.transaction(transaction.commit())).contains(transaction);
                long xid = transaction.id().value();
                assertThat(reader.transactionsOf(xid)).isEqualTo(oracle.transactionsOf(xid));
                long low = transaction.id().xid();
                assertThat(reader.transactionsOf(low)).isEqualTo(oracle.transactionsOf(low));
                for (long shift : new long[] {-1, 0, 1, 500_000}) {
                    var time = transaction.time().plusNanos(shift * 1000);
                    assertThat(reader.positionAt(time)).isEqualTo(oracle.positionAt(time));
                }
            }
        }

        private static Map<Position, Change> everySecond(HistoryReader reader, TableId table) {
            try (Stream<Change> changes = reader.changes(table, Lsn.ZERO, Lsn.MAX)) {
                return changes.filter(change -> change.position().ordinal() % 2 == 1)
                        .collect(Collectors.toMap(Change::position, Function.identity()));
            }
        }

        private void compareTable(HistoryReader reader, TableInfo table, Lsn from, Lsn to) {
            TableSchema schema = table.schema();
            same(reader, history -> history.changes(schema.id(), from, to));
            same(reader, history -> history.lastChanges(schema.id(), from, to));
            same(reader, history -> history.baseline(schema.id(), from));
            List<RowKey> keys = database.possibleKeys(schema);
            assertThat(reader.changes(schema.id(), keys, from, to, everySecond(reader, schema.id())))
                    .isEqualTo(oracle.changes(schema.id(), keys, from, to, Map.of()));
            for (RowKey key : database.possibleKeys(schema)) {
                String low = key.values().get(0);
                same(reader, history -> history.changedKeys(schema.id(), low, "5", from, to));
                same(reader, history -> history.changedKeys(schema.id(), "2", low, from, to));
            }
            compareRows(reader, table, from, to);
            ForeignKey foreignKey = database.foreignKeys().get(schema.id());
            if (foreignKey != null) {
                for (String value : RandomDatabase.possibleReferences()) {
                    List<String> values = List.of(value);
                    assertThat(list(reader.referring(schema.id(), foreignKey, values)))
                            .containsExactlyInAnyOrderElementsOf(oracle.referring(schema.id(), foreignKey, values)
                                    .toList());
                }
            }
        }

        private void compareRows(HistoryReader reader, TableInfo table, Lsn from, Lsn to) {
            TableId id = table.schema().id();
            for (RowKey key : database.possibleKeys(table.schema())) {
                same(reader, history -> history.changes(id, key, from, to));
                assertThat(reader.baseline(id, key, from)).isEqualTo(oracle.baseline(id, key, from));
                assertThat(reader.baselineCount(id, key, from)).isEqualTo(oracle.baselineCount(id, key, from));
            }
        }

        /** Whatever is told of a row that is covered is what the database held, or unknown. */
        private void compareTruth(HistoryReader reader, HistoryReader byLsn, TableInfo table) {
            Lsn at = window();
            TableId id = table.schema().id();
            if (table.coverage(at).isEmpty() || reader.info().durable().isBefore(at)) {
                return;
            }
            Map<RowKey, RowImage> truth = database.rowsAsOf(id, at);
            List<RowImage> told = list(new TableTimeline(reader, table).asOf(at));
            if (!table.schema().hasKey()) {
                compareCounted(reader, table, at, told);
                return;
            }
            assertThat(told).extracting(RowImage::key).containsExactlyElementsOf(truth.keySet());
            RowTimeline rows = new RowTimeline(byLsn, table);
            for (RowImage row : told) {
                RowKey key = Objects.requireNonNull(row.key());
                RowImage held = Objects.requireNonNull(truth.get(key));
                assertThat(RandomDatabase.agrees(row, held))
                        .as("%s was %s", row, held)
                        .isTrue();
                assertThat(rows.asOf(key, at).imageOrNull()).isEqualTo(row);
            }
        }

        /** In a table without a key as many equal rows are told as there were. */
        private void compareCounted(HistoryReader reader, TableInfo table, Lsn at, List<RowImage> told) {
            assertThat(told)
                    .containsExactlyInAnyOrderElementsOf(
                            database.rowsAsOf(table.schema().id(), at).values());
            assertThat(told)
                    .isSortedAccordingTo(Comparator.comparing((RowImage row) -> Objects.requireNonNull(row.key())));
            RowTimeline rows = new RowTimeline(reader, table);
            for (RowKey key : database.possibleKeys(table.schema())) {
                long count = told.stream().filter(row -> key.equals(row.key())).count();
                RowTimeline.State state = rows.asOf(key, at);
                assertThat(state instanceof RowTimeline.State.Present present ? present.count() : 0)
                        .isEqualTo(count);
            }
        }

        private Lsn window() {
            return new Lsn(0x1000 + random.nextLong(database.here().value() - 0x1000 + 2));
        }

        private <T> void same(HistoryReader reader, Function<HistoryReader, Stream<T>> question) {
            assertThat(list(question.apply(reader))).isEqualTo(list(question.apply(oracle)));
        }
    }

    private static long count(Stream<?> stream) {
        try (stream) {
            return stream.count();
        }
    }

    private static <T> List<T> list(Stream<T> stream) {
        try (stream) {
            return stream.toList();
        }
    }
}
