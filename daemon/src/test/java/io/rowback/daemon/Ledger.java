package io.rowback.daemon;

import io.rowback.history.Lsn;
import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Traffic on table {@code t (id bigint primary key, n int)} by several clients, each with rows of its own, and what every
 * one of their transactions did, by transaction id. Clients whose server goes away come back, and ask it what became of
 * the transaction whose COMMIT was not answered. A slot of its own tells afterwards at which LSN each one committed; so
 * the publication {@code rowback} must exist.
 */
final class Ledger implements AutoCloseable {
    private static final int ROWS_PER_CLIENT = 1_000_000;
    private static final int LARGE = 2_500;
    /** Between transactions, so that the history is still read in seconds when the test is slow. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** BEGIN messages of the stream: a letter, then the commit LSN. */
    private static final String COMMITS = """
            select xid, encode(substring(data from 2 for 8), 'hex')
              from pg_logical_slot_peek_binary_changes(
                       'witness', null, null, 'proto_version', '1', 'publication_names', 'rowback')
             where get_byte(data, 0) = ascii('B')
            """;

    private final Database database;
    private final Map<String, List<String>> committed = new ConcurrentHashMap<>();
    private final List<List<String>> orders = new ArrayList<>();
    private final List<Future<List<String>>> clients = new ArrayList<>();
    private final ExecutorService threads;
    private volatile boolean ending;

    Ledger(Database database, long seed, int count) throws SQLException {
        this.database = database;
        this.threads = Executors.newFixedThreadPool(count);
        database.query("select pg_create_logical_replication_slot('witness', 'pgoutput')");
        for (int i = 0; i < count; i++) {
            Client client = new Client((long) i * ROWS_PER_CLIENT, new SplittableRandom(seed + i));
            clients.add(threads.submit(client::work));
        }
    }

    /** One session after the other; what it holds is what its last commit left. */
    private final class Client {
        private final SplittableRandom random;
        private final List<String> order = new ArrayList<>();
        private List<Long> rows = new ArrayList<>();
        private long next;
        private @Nullable String unanswered;
        private long mark;
        private List<String> changes = List.of();
        private List<Long> rowsAfter = List.of();

        Client(long first, SplittableRandom random) {
            this.next = first;
            this.random = random;
        }

        List<String> work() throws SQLException {
            while (!ending || unanswered != null) {
                try (Connection connection = database.connect();
                        Statement statement = connection.createStatement()) {
                    askWhatBecameOfTheLast(statement);
                    connection.setAutoCommit(false);
                    while (!ending) {
                        transaction(statement);
                        connection.commit();
                        committed();
                        LockSupport.parkNanos(PAUSE_NANOS);
                    }
                } catch (SQLException e) {
                    if (!mayBeBack(e)) {
                        throw e;
                    }
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                }
            }
            return order;
        }

        private boolean mayBeBack(SQLException failure) {
            String state = String.valueOf(failure.getSQLState());
            return state.startsWith("08") || state.startsWith("57P");
        }

        /**
         * By a row that only this transaction can have inserted: a server that fell hands out again the transaction ids that
         * never reached its disk, so an id alone may tell of another client's transaction.
         */
        private void askWhatBecameOfTheLast(Statement statement) throws SQLException {
            if (unanswered == null) {
                return;
            }
            String locked = "select exists (select from pg_locks where transactionid = '" + unanswered + "')";
            if (isTrue(statement, locked)) {
                throw new SQLException("its session still runs", "08000");
            }
            if (isTrue(statement, "select exists (select from t where id = " + mark + ")")) {
                committed();
            }
            unanswered = null;
        }

        private void committed() {
            String xid = Objects.requireNonNull(unanswered);
            committed.put(xid, changes);
            order.add(xid);
            rows = rowsAfter;
            unanswered = null;
        }

        private void transaction(Statement statement) throws SQLException {
            changes = new ArrayList<>();
            rowsAfter = new ArrayList<>(rows);
            if (order.isEmpty() || random.nextInt(300) == 0) {
                large(statement);
            }
            int steps = random.nextInt(5);
            for (int step = 0; step < steps; step++) {
                if (rowsAfter.isEmpty() || random.nextBoolean()) {
                    insert(statement);
                } else if (random.nextBoolean()) {
                    long row = rowsAfter.get(random.nextInt(rowsAfter.size()));
                    statement.execute("update t set n = n + 1 where id = " + row);
                    changes.add("UPDATE " + row);
                } else {
                    long row = rowsAfter.remove(random.nextInt(rowsAfter.size()));
                    statement.execute("delete from t where id = " + row);
                    changes.add("DELETE " + row);
                }
            }
            insert(statement);
            mark = next - 1;
            unanswered = xid(statement);
        }

        private void insert(Statement statement) throws SQLException {
            rowsAfter.add(next);
            changes.add("INSERT " + next);
            statement.execute("insert into t values (" + next++ + ", 0)");
        }

        private void large(Statement statement) throws SQLException {
            long first = next;
            next += LARGE;
            for (long row = first; row < next; row++) {
                changes.add("INSERT " + row);
            }
            statement.execute("insert into t select g, 0 from generate_series(%d, %d) g".formatted(first, next - 1));
        }
    }

    private static String xid(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("select pg_current_xact_id()")) {
            row.next();
            return row.getString(1);
        }
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getBoolean(1);
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

    /** Where each transaction committed, by its id, as the server's own decoding tells. */
    Map<String, Lsn> commits() throws SQLException {
        Map<String, Lsn> commits = new HashMap<>();
        for (String row : database.query(COMMITS)) {
            int bar = row.indexOf('|');
            commits.put(row.substring(0, bar), new Lsn(Long.parseUnsignedLong(row.substring(bar + 1), 16)));
        }
        return commits;
    }

    @Override
    public void close() {
        ending = true;
        threads.shutdownNow();
    }
}
