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
import java.util.List;
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
    private final AtomicInteger number = new AtomicInteger();

    Baseline(OpenConnections connections, HistoryWriter writer, DatabaseMetrics metrics, StoreRoom room) {
        this.connections = connections;
        this.writer = writer;
        this.metrics = metrics;
        this.room = room;
    }

    /**
     * Takes the baselines of a run; returns where they hold when each table is covered or has failed.
     *
     * @throws SQLException if it ended for a reason that concerns no table alone
     */
    Lsn take(BaselineRun run) throws SQLException, InterruptedException {
        long expected = estimate(run.tables());
        int threads = Math.min(THREADS_MAX, run.tables().size());
        ExecutorService workers =
                Executors.newFixedThreadPool(threads, task -> new Thread(task, "baseline-" + number.incrementAndGet()));
        try {
            metrics.baselineExpects(expected);
            return take(run, threads, workers);
        } finally {
            metrics.baselineExpects(-expected);
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

    private Lsn take(BaselineRun run, int threads, ExecutorService workers) throws SQLException, InterruptedException {
        List<Future<?>> copies = new ArrayList<>();
        Lsn at;
        try (ExportedSnapshot snapshot = ExportedSnapshot.create(connections)) {
            at = snapshot.at();
            // Those too whose turn comes in hours.
            writer.begin(run.tables().stream().map(CatalogTable::id).toList(), at);
            for (int i = 0; i < threads; i++) {
                Connection reading = connections.open();
                try {
                    snapshot.takeOver(reading);
                } catch (SQLException e) {
                    reading.close();
                    throw e;
                }
                copies.add(workers.submit(() -> copyAll(run, reading, at)));
            }
        }
        SQLException failure = null;
        for (Future<?> copy : copies) {
            try {
                copy.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof SQLException cause)) {
                    throw new IllegalStateException("a baseline failed", e.getCause());
                }
                if (TableWatch.isConnectionLost(cause)) {
                    throw cause;
                }
                failure = cause;
            }
        }
        if (failure != null) {
            // What one thread could not read the other has, but for what it was about.
            run.unended().forEach(table -> writer.abandonBaseline(table.id(), at));
            throw failure;
        }
        return at;
    }

    /** Copies one table after the other until none is left. */
    private Void copyAll(BaselineRun run, Connection reading, Lsn at) throws SQLException {
        String storing = Thread.currentThread().getName() + "-store";
        ExecutorService store = Executors.newSingleThreadExecutor(task -> new Thread(task, storing));
        try (reading;
                Connection asking = connections.open()) {
            TableCopy copy = new TableCopy(run, reading, asking, writer, metrics, room, store, at);
            for (CatalogTable table = run.next(); table != null; table = run.next()) {
                try {
                    copy.copy(table);
                    run.ended(table, null);
                } catch (TableCopy.LeftOutException e) {
                    writer.abandonBaseline(table.id(), at);
                    run.ended(table, String.valueOf(e.getMessage()));
                }
            }
        } finally {
            store.shutdown();
        }
        return null;
    }
}
