package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.postgres.CatalogTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads the rows that tables hold at one position of the log and makes them the start of their coverage, several tables
 * at a time. What commits at or above that position comes through the slot, which is read meanwhile.
 *
 * <p>The snapshot comes from a temporary slot of its own, on the first start too: so there is one way for the first
 * tables, for those that an interruption left over, and for those that appear later.
 */
final class Baseline {
    private static final long END_SECONDS = 30;
    private static final int THREADS_MAX = 2;
    /** Below 0 for a table that was never looked at. */
    private static final String ESTIMATE = """
            SELECT COALESCE(sum(GREATEST(c.reltuples, 0)), 0)::int8 FROM pg_catalog.pg_class c WHERE c.oid = ANY (?)
            """;

    private final OpenConnections connections;
    private final HistoryWriter writer;
    private final DatabaseMetrics metrics;
    private final StoreRoom room;

    Baseline(OpenConnections connections, HistoryWriter writer, DatabaseMetrics metrics, StoreRoom room) {
        this.connections = connections;
        this.writer = writer;
        this.metrics = metrics;
        this.room = room;
    }

    /**
     * What became of a baseline.
     *
     * @param at where it holds
     * @param failures the tables that were left out, with the reason
     */
    record Outcome(Lsn at, Map<CatalogTable, String> failures) {}

    /** Takes the baseline of these tables; returns when all of them are covered or have failed. */
    Outcome take(List<CatalogTable> tables) throws SQLException, InterruptedException {
        int threads = Math.min(THREADS_MAX, tables.size());
        AtomicInteger number = new AtomicInteger();
        ExecutorService workers =
                Executors.newFixedThreadPool(threads, task -> new Thread(task, "baseline-" + number.incrementAndGet()));
        try {
            metrics.baselineExpects(estimate(tables));
            return take(new ConcurrentLinkedQueue<>(tables), threads, workers);
        } finally {
            metrics.baselineExpects(0);
            workers.shutdownNow();
            workers.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** How many rows there are, as far as the server has counted. */
    private long estimate(List<CatalogTable> tables) throws SQLException {
        Object[] oids = tables.stream()
                .map(table -> Integer.toUnsignedLong(table.id().oid()))
                .toArray();
        try (Connection connection = connections.open();
                PreparedStatement statement = connection.prepareStatement(ESTIMATE)) {
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private Outcome take(Queue<CatalogTable> tables, int threads, ExecutorService workers)
            throws SQLException, InterruptedException {
        List<Future<Map<CatalogTable, String>>> runs = new ArrayList<>();
        Lsn at;
        try (ExportedSnapshot snapshot = ExportedSnapshot.create(connections)) {
            at = snapshot.at();
            for (int i = 0; i < threads; i++) {
                Connection reading = connections.open();
                try {
                    snapshot.takeOver(reading);
                } catch (SQLException e) {
                    reading.close();
                    throw e;
                }
                runs.add(workers.submit(() -> copyAll(tables, reading, at)));
            }
        }
        Map<CatalogTable, String> failures = new HashMap<>();
        for (Future<Map<CatalogTable, String>> run : runs) {
            try {
                failures.putAll(run.get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException failure) {
                    throw failure;
                }
                throw new IllegalStateException("a baseline failed", e.getCause());
            }
        }
        return new Outcome(at, failures);
    }

    /** Copies one table after the other until none is left; says which had to be left out. */
    private Map<CatalogTable, String> copyAll(Queue<CatalogTable> tables, Connection reading, Lsn at)
            throws SQLException {
        Map<CatalogTable, String> failures = new HashMap<>();
        String storing = Thread.currentThread().getName() + "-store";
        ExecutorService store = Executors.newSingleThreadExecutor(task -> new Thread(task, storing));
        try (reading;
                Connection asking = connections.open()) {
            TableCopy copy = new TableCopy(reading, asking, writer, metrics, room, store, at);
            for (CatalogTable table = tables.poll(); table != null; table = tables.poll()) {
                try {
                    copy.copy(table);
                } catch (TableCopy.LeftOutException e) {
                    failures.put(table, String.valueOf(e.getMessage()));
                }
            }
        } finally {
            store.shutdown();
        }
        return failures;
    }
}
