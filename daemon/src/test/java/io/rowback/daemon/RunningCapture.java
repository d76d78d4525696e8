package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.http.Health;
import io.rowback.daemon.http.Metrics;
import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.testbed.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The capture of one database in this process, and what it has put into the history. */
final class RunningCapture implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Database database;
    private final Path store;
    private final DatabaseCapture capture;
    private final Thread thread;
    private volatile @Nullable Throwable failure;

    RunningCapture(Database database, Path folder) {
        this(database, database, folder, Map.of());
    }

    /** Captures as one role, and looks at the database as another. */
    RunningCapture(Database database, Database as, Path folder, Map<String, String> settings) {
        this(database, as.url(), folder, settings);
    }

    /** Captures what a url leads to, and looks at the same database in the way that is told. */
    RunningCapture(Database database, String url, Path folder, Map<String, String> settings) {
        this.database = database;
        Map<String, String> environment = new java.util.HashMap<>(settings);
        environment.put("ROWBACK_DATABASES_APP_URL", url);
        environment.put("ROWBACK_STORE_DIR", folder.toString());
        environment.putIfAbsent("ROWBACK_DATABASES_APP_SLOT", "rowback_" + database.name());
        Config config = ConfigReader.read(null, environment);
        this.store = config.store("app");
        this.capture = new DatabaseCapture(
                config.database("app"), store, config.minFree(), new Metrics().database("app"), new Health(), true);
        this.thread = new Thread(this::run, "capture-app");
        // A test that fails before it can close this must not keep the JVM.
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            capture.run();
        } catch (InterruptedException | RuntimeException e) {
            failure = e;
        }
    }

    /** Waits until all that is committed by now is durable and every table that can be covered is. */
    RunningCapture catchUp() throws SQLException {
        Lsn target = Lsn.parse(database.query("select pg_current_wal_lsn()").get(0));
        await(() -> running() && !durable().isBefore(target));
        return this;
    }

    /** Waits until that many tables are covered. */
    RunningCapture covering(int tables) {
        await(() -> running() && read(reader -> coveredTables(reader).size()) == tables);
        return this;
    }

    /** The names of the tables that are covered now. */
    List<String> covered() {
        return read(RunningCapture::coveredTables);
    }

    private static List<String> coveredTables(RocksHistoryReader reader) {
        return reader.tables().stream()
                .filter(table -> table.coverage().stream().anyMatch(c -> c.to().equals(Lsn.MAX)))
                .map(table -> table.schema().name().toString())
                .toList();
    }

    private boolean running() {
        Throwable ended = failure;
        if (ended != null) {
            throw new IllegalStateException("the capture has ended", ended);
        }
        return true;
    }

    /** Stops; returns the durable position then. */
    Lsn stopped() {
        close();
        return durable();
    }

    private Lsn durable() {
        return read(reader -> reader.info().durable());
    }

    /** Whether it has not ended by itself. */
    boolean isAlive() {
        return thread.isAlive();
    }

    /** How the capture ended by itself. */
    RowbackException failure() {
        await(() -> !thread.isAlive());
        assertThat(failure).isInstanceOf(RowbackException.class);
        return (RowbackException) java.util.Objects.requireNonNull(failure);
    }

    /** Every change of a table as one line, in commit order. */
    List<String> changes(String table) {
        return read(reader -> {
            try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                return changes.filter(
                                change -> change.schema().name().toString().equals(table))
                        .map(RunningCapture::line)
                        .toList();
            }
        });
    }

    /** The rows of the newest baseline of a table, one line each. */
    List<String> baseline(String table) {
        return read(reader -> {
            TableInfo info = table(reader, table);
            try (Stream<RowImage> rows = reader.baseline(info.schema().id(), Lsn.MAX)) {
                return rows.map(RunningCapture::line).toList();
            }
        });
    }

    /** The rows of a table as they stood at some point, one line each; empty if the history cannot tell. */
    Optional<List<String>> rows(String table, Lsn at) {
        return read(reader -> rows(reader, table(reader, table), at));
    }

    static Optional<List<String>> rows(RocksHistoryReader reader, TableInfo table, Lsn at) {
        if (table.coverage(at).isEmpty()) {
            return Optional.empty();
        }
        try (Stream<RowImage> rows = new TableTimeline(reader, table).asOf(at)) {
            return Optional.of(rows.map(RunningCapture::namedLine).toList());
        }
    }

    private static String namedLine(RowImage image) {
        return IntStream.range(0, image.values().size())
                .mapToObj(i -> image.schema().columns().get(i).name() + "="
                        + image.values().get(i))
                .collect(Collectors.joining(" "));
    }

    /** What the store knows of a table. */
    TableInfo table(String name) {
        return read(reader -> table(reader, name));
    }

    private static TableInfo table(RocksHistoryReader reader, String name) {
        return reader.tables().stream()
                .filter(table -> table.schema().name().toString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    List<Transaction> transactions() {
        return read(reader -> {
            try (Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
                return transactions.toList();
            }
        });
    }

    /** Reads the store as another process would. */
    <T> T read(Function<RocksHistoryReader, T> query) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return query.apply(reader);
        }
    }

    private static String line(Change change) {
        String before = change.before() == null ? "" : " " + line(change.before());
        String after = change.after() == null ? "" : " -> " + line(change.after());
        return change.operation() + before + after;
    }

    private static String line(RowImage image) {
        return IntStream.range(0, image.values().size())
                .mapToObj(i -> {
                    String text = image.values().get(i).toString();
                    return text.length() > 40 ? text.length() + " bytes" : text;
                })
                .collect(Collectors.joining("|"));
    }

    /** Waits for a condition; a store that is not there yet does not meet it. */
    static void await(BooleanSupplier condition) {
        await("in time", condition);
    }

    /** Waits until a query answers with true. */
    static void awaitTrue(Database database, String query) {
        await(query, () -> {
            try {
                return database.query(query).equals(List.of("t"));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Waits for a condition that has a name. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            try {
                if (condition.getAsBoolean()) {
                    return;
                }
            } catch (RowbackException e) {
                if (e.code() != ErrorCode.NO_STORE) {
                    throw e;
                }
            }
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            // To open a store costs more than most of what is waited for.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    @Override
    public void close() {
        try {
            capture.stop();
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
