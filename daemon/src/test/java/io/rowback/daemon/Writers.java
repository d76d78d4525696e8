package io.rowback.daemon;

import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that insert, update and delete rows of table {@code t (id int primary key, n int)} until told to end. */
final class Writers implements AutoCloseable {
    private static final int ROWS = 2_000;

    private final ExecutorService threads;
    private final List<Future<Integer>> running = new ArrayList<>();
    private volatile boolean ending;

    Writers(Database database, int count) {
        threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(i);
            running.add(threads.submit(() -> write(database, random)));
        }
    }

    private int write(Database database, SplittableRandom random) throws SQLException {
        int transactions = 0;
        try (Connection connection = database.connect();
                PreparedStatement upsert = connection.prepareStatement(
                        "insert into t values (?, 1) on conflict (id) do update set n = t.n + 1");
                PreparedStatement delete = connection.prepareStatement("delete from t where id = ?")) {
            while (!ending) {
                PreparedStatement statement = random.nextInt(4) == 0 ? delete : upsert;
                statement.setInt(1, random.nextInt(ROWS));
                statement.execute();
                transactions++;
            }
        }
        return transactions;
    }

    /** Ends them; returns how many transactions there were. */
    int end() throws InterruptedException, ExecutionException {
        ending = true;
        int transactions = 0;
        for (Future<Integer> writer : running) {
            transactions += writer.get();
        }
        return transactions;
    }

    @Override
    public void close() {
        ending = true;
        threads.shutdownNow();
    }
}
