package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store's disk fills up under a real daemon: it stops storing and acknowledging, and goes on by itself. */
class FullDiskIT {
    private static final String SIZE = "32m";
    private static final String ROOM = "size=400m";
    private static final String SCARCE = "less than twice store.min_free";
    private static final String STOPPED = "nothing more is stored; Make room";

    /** A stream that is left waiting for longer than this must not be given up. */
    @AutoClose
    private static final PostgresServer server =
            PostgresServer.version(18).setting("wal_sender_timeout", "3s").start();

    @TempDir
    Path folder;

    private final int port = Ports.free();
    private Path store = Path.of("");
    private int rows;

    @BeforeEach
    void place() {
        store = folder.resolve("store");
    }

    @Test
    void storingStopsBeforeTheDiskIsFullAndGoesOnByItself() throws Exception {
        Database app = table("filling");
        try (SmallDisk disk = SmallDisk.mount(store, SIZE);
                NotifyListener manager = new NotifyListener(folder);
                DaemonProcess daemon = daemon(app, "8MB", manager.environment())) {
            daemon.awaitLine("capturing app from");
            String walsender = slot(app, "active_pid");
            fillUntil(SCARCE, app, daemon);
            assertThat(DaemonIT.get(port, "/ready").statusCode()).isEqualTo(200);

            fillUntil(STOPPED, app, daemon);
            // More than memory may hold, so that the stream has to wait as well; and a table that needs a baseline.
            IntStream.range(0, 40).forEach(i -> insert(app));
            app.run("create table later as select generate_series(1, 2000) id; alter table later add primary key (id)");
            RunningCapture.await(() -> DaemonIT.get(port, "/ready").statusCode() == 503);
            assertThat(DaemonIT.get(port, "/ready").body())
                    .contains("\"state\":\"failing\"", "less than store.min_free", "Make room");
            assertThat(metric("rowback_capturing")).isZero();
            assertThat(metric("rowback_failures_total")).isOne();
            assertThat(metric("rowback_store_free_bytes")).isLessThan(metric("rowback_store_min_free_bytes"));
            manager.await(message -> message.contains("less than store.min_free"));
            for (int i = 0; i < 5; i++) {
                assertThat(manager.next()).contains("WATCHDOG=1", "less than store.min_free");
            }
            Lsn durable = read(reader -> reader.info().durable());
            assertThat(durable)
                    .isLessThan(
                            Lsn.parse(app.query("select pg_current_wal_lsn()").get(0)));
            assertThat(Lsn.parse(slot(app, "confirmed_flush_lsn"))).isLessThanOrEqualTo(durable);
            assertThat(changes()).hasSizeBetween(1, rows - 40);
            assertThat(slot(app, "active_pid")).as(daemon.log()).isEqualTo(walsender);

            disk.remount(ROOM);
            daemon.awaitLine("what waited is stored");
            RunningCapture.await(() -> changes().size() == rows);
            RunningCapture.await(() -> read(reader -> reader.tables().size()) == 2);
            RunningCapture.await(() -> DaemonIT.get(port, "/ready").statusCode() == 200);
            requireComplete();
            assertThat(metric("rowback_capturing")).isOne();
            assertThat(slot(app, "active_pid")).isEqualTo(walsender);
            assertThat(daemon.log()).doesNotContain("No space left");
        }
    }

    @Test
    void whoIsStoppedWhileThereIsNoRoomEndsAtOnceAndLosesNothing() throws Exception {
        Database app = table("stopped");
        try (SmallDisk disk = SmallDisk.mount(store, SIZE)) {
            try (DaemonProcess daemon = daemon(app, "8MB", Map.of())) {
                daemon.awaitLine("capturing app from");
                fillUntil(STOPPED, app, daemon);
                IntStream.range(0, 40).forEach(i -> insert(app));
                assertThat(daemon.signal("TERM")).as(daemon.log()).isZero();
                assertThat(daemon.log()).doesNotContain("ends:");
            }
            // Started with too little room, even to open the store, it waits as well.
            try (DaemonProcess daemon = daemon(app, "8MB", Map.of())) {
                daemon.awaitLine("Make room where the store is");
                disk.remount(ROOM);
                // The next attempt to open the store comes after half a minute, half of what is waited for below.
                daemon.awaitLine("capturing app from");
                RunningCapture.await(() -> changes().size() == rows);
                requireComplete();
            }
        }
    }

    @Test
    void baselineThatDoesNotFitLeavesItsTableAlone() throws Exception {
        Database app = table("large");
        insert(app);
        try (SmallDisk disk = SmallDisk.mount(store, SIZE);
                Debugger debugger = new Debugger();
                DaemonProcess daemon = daemon(app, "8MB", Map.of(), debugger.option())) {
            Debugger.Halt reading = debugger.await("io.rowback.daemon.tables.TableCopy", "lock", any -> true);
            disk.remount("size=6m");
            reading.resume();
            daemon.awaitLine("not covered: its baseline failed: the store's disk has no room for it");
            RunningCapture.awaitTrue(
                    app,
                    "select count(*) = 0 from pg_locks where relation = 't'::regclass and pid <> pg_backend_pid()");
            disk.remount(ROOM);
            daemon.awaitLine("what waited is stored");
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    @Test
    void diskThatIsFullAllTheSameIsWaitedFor() throws Exception {
        Database app = table("full");
        try (SmallDisk disk = SmallDisk.mount(store, "8m");
                DaemonProcess daemon = daemon(app, "0", Map.of())) {
            daemon.awaitLine("capturing app from");
            fillUntil("No space left on device", app, daemon);
            Lsn acknowledged = Lsn.parse(slot(app, "confirmed_flush_lsn"));
            assertThat(this.<Lsn>read(reader -> reader.info().durable())).isGreaterThanOrEqualTo(acknowledged);
            insert(app);
            disk.remount(ROOM);
            daemon.awaitLines("capturing app from", 2);
            RunningCapture.await(() -> changes().size() == rows);
            requireComplete();
            assertThat(daemon.signal("TERM")).isZero();
        }
    }

    private static Database table(String name) throws SQLException {
        Database app = server.createDatabase(name);
        app.run("create table t (id int primary key, a text)");
        return app;
    }

    private DaemonProcess daemon(Database app, String minFree, Map<String, String> environment, String... jvmOptions) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("ROWBACK_STORE_MIN_FREE", minFree);
        String config = DaemonProcess.config(Map.of("app", app), folder, "127.0.0.1:" + port);
        return new DaemonProcess(folder, config, all, jvmOptions);
    }

    /** Inserts rows, each once the one before is acknowledged, until the log says that. */
    private void fillUntil(String line, Database app, DaemonProcess daemon) throws SQLException {
        while (!daemon.log().contains(line)) {
            assertThat(rows).as(daemon.log()).isLessThan(500);
            insert(app);
            Lsn end = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
            RunningCapture.await(() -> daemon.log().contains(line)
                    || !Lsn.parse(slot(app, "confirmed_flush_lsn")).isBefore(end));
        }
    }

    /** One more row, of text that does not compress well. */
    private void insert(Database app) {
        run(
                app,
                "insert into t select " + rows
                        + ", string_agg(md5(random()::text), '') from generate_series(1, 16000)");
        rows++;
    }

    private static void run(Database app, String sql) {
        try {
            app.run(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String slot(Database app, String column) {
        try {
            return app.query("select " + column + " from pg_replication_slots where slot_name = 'rowback_" + app.name()
                            + "'")
                    .get(0);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private double metric(String name) {
        return DaemonIT.get(port, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private void requireComplete() {
        assertThat(changes())
                .isEqualTo(
                        IntStream.range(0, rows).mapToObj(id -> id + " 512000").toList());
        assertThat(this.<Integer>read(reader -> reader.info().gaps().size())).isZero();
    }

    /** The rows that were inserted, as the store has them now. */
    private List<String> changes() {
        return read(reader -> {
            try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                return changes.map(
                                change -> Objects.requireNonNull(change.after()).values())
                        .map(values ->
                                values.get(0) + " " + values.get(1).toString().length())
                        .toList();
            }
        });
    }

    private <T> T read(Function<RocksHistoryReader, T> query) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store.resolve("app"))) {
            return query.apply(reader);
        }
    }
}
