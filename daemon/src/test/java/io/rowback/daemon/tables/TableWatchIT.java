package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.daemon.http.Metrics;
import io.rowback.history.Column;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.postgres.Connections;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

class TableWatchIT {
    @TempDir
    Path folder;

    @Test
    void valuesComputedAnewBetweenABaselineAndTheNextLookAreNotToldAsTheyWere() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create table there (id int primary key, a text)");
            Config.Database database = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()))
                    .database("app");
            try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder);
                    TableWatch watch = watch(database, writer);
                    Connection connection = watch.connectToLook()) {
                writer.create(
                        "7000000000000000001", "app", LogEnd.read(connection).lsn());
                watch.publish(connection);
                watch.begin();
                // A look finds it, publishes it and takes its baseline.
                app.run("create table t (id int primary key, a text); insert into t values (1, 'x')");
                watch.look(connection);
                awaitBaselines(watch);
                assertThat(table(writer).isCovered()).isTrue();

                app.run("alter table t alter a type text using upper(a)");
                lookAndTake(watch, connection);
                assertThat(table(writer).coverage())
                        .as("the first baseline holds at its own position alone, and another was taken")
                        .hasSize(2)
                        .first()
                        .satisfies(first -> assertThat(first.to()).isEqualTo(first.from()));
                lookAndTake(watch, connection);
                assertThat(table(writer).coverage()).hasSize(2);

                // Of one that cannot be covered by the next look too: it may be again by the one after.
                Lsn looked = LogEnd.read(connection).lsn();
                app.run("alter table t drop constraint t_pkey; alter table t alter a type text using lower(a)");
                watch.look(connection);
                assertThat(table(writer).coverage()).hasSize(2).last().satisfies(last -> assertThat(last.to())
                        .isLessThanOrEqualTo(looked));
            }
        }
    }

    /** The stream knows the newer definition from before where the look says that it saw the older. */
    @Test
    void tableAlteredAgainWhileALookReadsItIsNotToldAsItWasInBetween() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id int primary key); insert into t values (1)");
            try (HeldHistory history = new HeldHistory(app);
                    Connection connection = history.watch.connectToLook()) {
                lookAndTake(history.watch, connection);
                app.run("alter table t add a int");
                AtomicInteger ends = new AtomicInteger();
                history.watch.look(asking(connection, sql -> {
                    if (sql.contains("pg_current_wal_lsn") && ends.incrementAndGet() == 2) {
                        app.run("alter table t add b int; insert into t values (2, 2, 2)");
                    }
                }));
                assertThat(table(history.writer).schema().columns())
                        .extracting(Column::name)
                        .containsExactly("id", "a", "b");
            }
        }
    }

    private interface Question {
        void asked(String sql) throws SQLException;
    }

    /** The connection, which tells before each query that a statement of it executes. */
    private static Connection asking(Connection connection, Question question) {
        return proxy(
                Connection.class,
                connection,
                (method, arguments, result) -> method.getName().equals("createStatement")
                        ? proxy(Statement.class, (Statement) result.call(), (query, texts, answer) -> {
                            if (query.getName().equals("executeQuery")) {
                                question.asked(String.valueOf(texts[0]));
                            }
                            return answer.call();
                        })
                        : result.call());
    }

    private interface Around {
        @Nullable
        Object call(Method method, Object[] arguments, Callable<@Nullable Object> result) throws Exception;
    }

    private static <T> T proxy(Class<T> type, T behind, Around around) {
        return type.cast(Proxy.newProxyInstance(
                TableWatchIT.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> around.call(method, arguments == null ? new Object[0] : arguments, () -> {
                    try {
                        return method.invoke(behind, arguments);
                    } catch (InvocationTargetException e) {
                        throw (Exception) e.getCause();
                    }
                })));
    }

    @ParameterizedTest
    @OnServers
    void tableThatWasUnloggedBetweenTwoLooksIsReadAnewWhereThePublicationDoesNotListIt(int major) throws Exception {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id int primary key, a text); create table narrow (id int primary key);"
                    + " create publication rowback for all tables");
            Config.Database database = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()))
                    .database("app");
            try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder);
                    TableWatch watch = watch(database, writer);
                    Connection connection = watch.connectToLook()) {
                writer.create(
                        "7000000000000000001", "app", LogEnd.read(connection).lsn());
                watch.publish(connection);
                watch.begin();
                lookAndTake(watch, connection);
                app.run("truncate t; vacuum full t");
                lookAndTake(watch, connection);
                assertThat(table(writer).coverage()).hasSize(1);

                for (String name : List.of("t", "narrow")) {
                    app.run("alter table %s set unlogged; insert into %s values (1); alter table %s set logged"
                            .formatted(name, name, name));
                }
                lookAndTake(watch, connection);
                assertThat(table(writer).coverage()).hasSize(2);
                assertThat(table(writer, "narrow").coverage()).hasSize(2);
                lookAndTake(watch, connection);
                assertThat(table(writer).coverage()).hasSize(2);
            }
        }
    }

    @Test
    void whileABaselineIsTakenNewAndRewrittenTablesAreNoticedAndTaken() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create table old (id int primary key, a text); insert into old values (1, 'x')");
            try (HeldHistory history = new HeldHistory(app);
                    Connection connection = history.watch.connectToLook()) {
                lookAndTake(history.watch, connection);
                assertThat(table(history.writer, "old").isCovered()).isTrue();

                app.run("create table t (id int primary key); insert into t values (1)");
                history.hold("t");
                history.watch.look(connection);
                history.awaitHeld(1);
                app.run("create table fresh (id int primary key); alter table old alter a type text using upper(a)");
                history.watch.look(connection);
                assertThat(app.query("select tablename from pg_publication_tables where tablename = 'fresh'"))
                        .containsExactly("fresh");
                assertThat(table(history.writer, "old").coverage())
                        .hasSizeGreaterThanOrEqualTo(1)
                        .first()
                        .satisfies(first -> assertThat(first.to()).isNotEqualTo(Lsn.MAX));
                await(history.watch::isAnyBaselineDone);
                assertThat(table(history.writer, "fresh").isCovered()).isTrue();
                assertThat(table(history.writer, "old").isCovered()).isTrue();
                history.watch.look(connection);
                assertThat(history.watch.baselined()).isEmpty();

                history.release();
                awaitBaselines(history.watch);
                assertThat(table(history.writer).isCovered()).isTrue();
            }
        }
    }

    @Test
    void baselinesOfTablesThatAreFoundOtherwiseMeanwhileDoNotCount() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run(
                    "create type l as enum ('a'); create table t (id int primary key, l l); insert into t values (1, 'a')");
            app.run("create table u (id int primary key); insert into u values (1)");
            try (HeldHistory history = new HeldHistory(app);
                    Connection connection = history.watch.connectToLook()) {
                history.hold("t", "u");
                history.watch.look(connection);
                history.awaitHeld(2);
                app.run("alter type l rename value 'a' to 'b'");
                app.run("alter publication rowback drop table u; alter publication rowback add table u");
                history.watch.look(connection);
                history.release();
                awaitBaselines(history.watch);
                assertThat(history.writer.tables()).noneMatch(TableInfo::isCovered);

                // Not before a minute if it had failed.
                lookAndTake(history.watch, connection);
                for (String name : List.of("t", "u")) {
                    assertThat(table(history.writer, name).isCovered()).isTrue();
                    assertThat(table(history.writer, name).coverage()).hasSize(1);
                }
            }
        }
    }

    /** The server still sends a table that is given up, on the connection that the next one is read from. */
    @Test
    void tablesAfterOneThatIsGivenUpHalfwayAreTaken() throws Exception {
        List<String> given = List.of("a", "b");
        List<String> after = List.of("c", "d", "e");
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("create type l as enum ('a')");
            for (String name : given) {
                app.run(("create table %s (id int primary key, l l, t text);"
                                + " insert into %s select i, 'a', repeat('x', 500) from generate_series(1, 50000) i")
                        .formatted(name, name));
            }
            for (String name : after) {
                app.run("create table %s (id int primary key); insert into %s values (1)".formatted(name, name));
            }
            try (HeldHistory history = new HeldHistory(app);
                    Connection connection = history.watch.connectToLook()) {
                history.hold("a", "b");
                history.watch.look(connection);
                history.awaitHeld(2);
                app.run("alter type l rename value 'a' to 'b'");
                history.watch.look(connection);
                history.release();
                awaitBaselines(history.watch);
                assertThat(history.writer.tables())
                        .filteredOn(TableInfo::isCovered)
                        .extracting(table -> table.schema().name().name())
                        .containsExactlyInAnyOrderElementsOf(after);
            }
        }
    }

    /** A history that holds up the baselines of some tables, and a watch over it. */
    private final class HeldHistory implements AutoCloseable {
        private final RocksHistoryWriter writer = RocksHistoryWriter.open(folder);
        private final CountDownLatch released = new CountDownLatch(1);
        private final Semaphore held = new Semaphore(0);
        private final Set<String> holding = ConcurrentHashMap.newKeySet();
        private final TableWatch watch;

        HeldHistory(Database app) throws Exception {
            Config.Database database = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", app.url()))
                    .database("app");
            HistoryWriter proxy = (HistoryWriter) Proxy.newProxyInstance(
                    HistoryWriter.class.getClassLoader(), new Class<?>[] {HistoryWriter.class}, this::call);
            watch = watch(database, proxy);
            try (Connection connection = watch.connectToLook()) {
                writer.create(
                        "7000000000000000001", "app", LogEnd.read(connection).lsn());
                watch.publish(connection);
                watch.begin();
            }
        }

        private Object call(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("baseline")
                    && ((List<?>) arguments[1])
                            .stream()
                                    .anyMatch(row -> holding.contains(
                                            ((RowImage) row).schema().name().name()))) {
                held.release();
                released.await();
            }
            try {
                return method.invoke(writer, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        void hold(String... tables) {
            holding.addAll(List.of(tables));
        }

        void awaitHeld(int tables) throws InterruptedException {
            assertThat(held.tryAcquire(tables, 60, TimeUnit.SECONDS)).isTrue();
        }

        void release() {
            released.countDown();
        }

        @Override
        public void close() throws SQLException {
            release();
            watch.close();
            writer.close();
        }
    }

    /** Looks, and has what is due taken. */
    private static void lookAndTake(TableWatch watch, Connection connection) throws SQLException {
        watch.look(connection);
        awaitBaselines(watch);
        watch.look(connection);
    }

    private static void awaitBaselines(TableWatch watch) {
        await(() -> watch.isAnyBaselineDone() || watch.baselined().isPresent());
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private TableWatch watch(Config.Database database, HistoryWriter writer) {
        DatabaseMetrics metrics = new Metrics().database("app");
        return new TableWatch(
                database,
                new Connections(database.connection(), "rowbackd"),
                writer,
                metrics,
                new StoreRoom("app", folder, 0, metrics, room -> {}),
                new RebaselineRequests(folder));
    }

    private static TableInfo table(RocksHistoryWriter writer) {
        return table(writer, "t");
    }

    private static TableInfo table(RocksHistoryWriter writer, String name) {
        return writer.tables().stream()
                .filter(table -> table.schema().name().name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
