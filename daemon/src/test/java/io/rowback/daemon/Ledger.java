package io.rowback.daemon;

import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Traffic on table {@code t (id bigint primary key, n int)} by several clients, each with rows of its own, and what every
 * one of their transactions did, by transaction id.
 */
final class Ledger implements AutoCloseable {
    private static final int ROWS_PER_CLIENT = 1_000_000;
    private static final int LARGE = 2_500;
    /** Between transactions, so that the history is still read in seconds when the test is slow. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Database database;
    private final Map<String, List<String>> committed = new ConcurrentHashMap<>();
    private final List<List<String>> orders = new ArrayList<>();
    private final List<Future<List<String>>> clients = new ArrayList<>();
    private final ExecutorService threads;
    private volatile boolean ending;

    Ledger(Database database, long seed, int count) {
        this.database = database;
        this.threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            int client = i;
            clients.add(threads.submit(() -> work(client, new SplittableRandom(seed + client))));
        }
    }

    private List<String> work(int client, SplittableRandom random) throws SQLException {
        List<String> order = new ArrayList<>();
        long next = (long) client * ROWS_PER_CLIENT;
        List<Long> rows = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!ending) {
                List<String> changes = new ArrayList<>();
                if (random.nextInt(300) == 0) {
                    next = large(statement, next, changes);
                }
                int steps = 1 + random.nextInt(5);
                for (int step = 0; step < steps; step++) {
                    if (rows.isEmpty() || random.nextBoolean()) {
                        rows.add(next);
                        statement.execute("insert into t values (" + next + ", 0)");
                        changes.add("INSERT " + next++);
                    } else if (random.nextBoolean()) {
                        long row = rows.get(random.nextInt(rows.size()));
                        statement.execute("update t set n = n + 1 where id = " + row);
                        changes.add("UPDATE " + row);
                    } else {
                        long row = rows.remove(random.nextInt(rows.size()));
                        statement.execute("delete from t where id = " + row);
                        changes.add("DELETE " + row);
                    }
                }
                String xid = xid(statement);
                connection.commit();
                committed.put(xid, changes);
                order.add(xid);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        return order;
    }

    private static long large(Statement statement, long next, List<String> changes) throws SQLException {
        statement.execute("insert into t select g, 0 from generate_series(%d, %d) g".formatted(next, next + LARGE - 1));
        for (int i = 0; i < LARGE; i++) {
            changes.add("INSERT " + (next + i));
        }
        return next + LARGE;
    }

    private static String xid(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("select pg_current_xact_id()")) {
            row.next();
            return row.getString(1);
        }
    }

    /** Ends the traffic. */
    void end() throws InterruptedException, ExecutionException {
        ending = true;
        for (Future<List<String>> client : clients) {
            orders.add(client.get());
        }
    }

    /** What each transaction did, by its id. */
    Map<String, List<String>> committed() {
        return committed;
    }

    /** The transactions of each client, in the order in which it made them. */
    List<List<String>> orders() {
        return orders;
    }

    @Override
    public void close() {
        ending = true;
        threads.shutdownNow();
    }
}
