package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.TransactionId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Measures the store, not run by the build: rows of ten columns and about 150 bytes under REPLICA IDENTITY FULL, one
 * foreign key, ten changes in a transaction, synced batches of a thousand. Arguments: a folder, how many changes, how
 * many rows.
 */
final class StoreMeasurement {
    private static final int BATCH = 1000;
    private static final int PER_TRANSACTION = 10;
    private static final int LOOKUPS = 2000;
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final TableSchema table = table();
    private final Random random = new Random(1);
    private final RowImage[] rows;
    private long commits;

    private StoreMeasurement(int rows) {
        this.rows = new RowImage[rows];
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int changes = Integer.parseInt(args[1]);
        StoreMeasurement measurement = new StoreMeasurement(Integer.parseInt(args[2]));
        measurement.write(folder, changes);
        System.out.printf("on disk: %.1f bytes per change%n", size(folder) / (double) changes);
        measurement.read(folder);
    }

    private static TableSchema table() {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        TableFixture items = TableFixture.table("items").column("id", "bigint").column("user_id", "bigint");
        for (int i = 2; i < 10; i++) {
            items.column("c" + i, "text");
        }
        return items.key("id")
                .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
                .build();
    }

    private void write(Path folder, int changes) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            writer.create("7", "app", Lsn.ZERO);
            writer.covered(table, Lsn.ZERO, Instant.EPOCH, 0);
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long nanos = 0;
            long cpu = 0;
            for (int done = 0; done < changes; done += BATCH) {
                Batch batch = batch();
                long begin = System.nanoTime();
                long cpuBegin = threads.getCurrentThreadCpuTime();
                writer.append(batch);
                nanos += System.nanoTime() - begin;
                cpu += threads.getCurrentThreadCpuTime() - cpuBegin;
            }
            System.out.printf(
                    "append: %,.0f changes/s, %,.0f per CPU second of its thread%n",
                    changes * 1e9 / nanos, changes * 1e9 / cpu);
        }
    }

    private Batch batch() {
        List<Change> changes = new ArrayList<>();
        List<Transaction> transactions = new ArrayList<>();
        Lsn end = Lsn.ZERO;
        for (int i = 0; i < BATCH / PER_TRANSACTION; i++) {
            Counts counts = Counts.NONE;
            Lsn commit = new Lsn(++commits << 12);
            end = commit.next();
            for (int ordinal = 0; ordinal < PER_TRANSACTION; ordinal++) {
                Change change = change(new Position(commit, ordinal));
                changes.add(change);
                counts = counts.plus(change.operation());
            }
            transactions.add(new Transaction(
                    commit,
                    end,
                    new TransactionId(commits),
                    START.plusMillis(commits),
                    null,
                    Map.of(table.id(), counts),
                    List.of()));
        }
        return new Batch(changes, transactions, end);
    }

    /** An INSERT the first time, then UPDATEs of two columns. */
    private Change change(Position position) {
        int id = random.nextInt(rows.length);
        RowImage old = rows[id];
        List<ColumnValue> values = new ArrayList<>();
        if (old == null) {
            values.add(text(Integer.toString(id)));
            values.add(text(Integer.toString(random.nextInt(rows.length / 10 + 1))));
            for (Column column : table.columns().subList(2, 10)) {
                values.add(text(column.name() + "-" + Integer.toString(random.nextInt(), 36) + "-some text"));
            }
        } else {
            values.addAll(old.values());
            values.set(4, text("c4-" + Integer.toString(random.nextInt(), 36) + "-some text"));
            values.set(9, text("2026-01-01 00:00:" + random.nextInt(60) + "." + random.nextInt(1_000_000)));
        }
        RowImage fresh = new RowImage(table, values);
        rows[id] = fresh;
        return old == null
                ? new Change(position, Operation.INSERT, table, null, fresh)
                : new Change(position, Operation.UPDATE, table, old, fresh);
    }

    private static ColumnValue text(String text) {
        return ColumnValue.of(text);
    }

    private void read(Path folder) {
        long begin = System.nanoTime();
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            System.out.printf("open a reader: %d ms%n", millisSince(begin));
            rowHistories(reader);
            begin = System.nanoTime();
            long scanned = count(reader.changes(Lsn.ZERO, Lsn.MAX));
            System.out.printf("scan of the log: %,.0f changes/s%n", scanned * 1000.0 / millisSince(begin));
            begin = System.nanoTime();
            TableInfo info = reader.tables().get(0);
            long held = count(new TableTimeline(reader, info).asOf(reader.info().durable()));
            System.out.printf("table as of now: %,.0f rows/s%n", held * 1000.0 / millisSince(begin));
            begin = System.nanoTime();
            Verification verification = reader.verify((family, entries) -> {});
            System.out.printf("verify: %d ms, %d findings%n", millisSince(begin), verification.found());
        }
    }

    private void rowHistories(RocksHistoryReader reader) {
        long[] nanos = new long[LOOKUPS];
        long versions = 0;
        for (int i = 0; i < LOOKUPS; i++) {
            RowKey key = RowKey.of(Integer.toString(random.nextInt(rows.length)));
            long begin = System.nanoTime();
            versions += count(reader.changes(table.id(), key, Lsn.ZERO, Lsn.MAX));
            nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "history of a row: %.1f versions, p50 %d us, p99 %d us%n",
                versions / (double) LOOKUPS, nanos[LOOKUPS / 2] / 1000, nanos[LOOKUPS * 99 / 100] / 1000);
    }

    private static long count(Stream<?> stream) {
        try (stream) {
            return stream.mapToLong(each -> 1).sum();
        }
    }

    private static long millisSince(long begin) {
        return Math.max(1, (System.nanoTime() - begin) / 1_000_000);
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }
}
