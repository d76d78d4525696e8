package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.StoreInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.StoreFolder;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention beside a running capture. */
class RetentionIT {
    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @TempDir
    Path folder;

    @Test
    void oldChangesGoWhileNewOnesComeAndRowsKeepWhatTheyHold() throws Exception {
        Database app = server.createDatabase("kept");
        app.run("create table t (id int primary key, n int, a text)");
        app.run("alter table t alter a set storage external");
        app.run("insert into t select i, 0, repeat(md5(i::text), 200) from generate_series(1, 20) i");
        try (RunningCapture capture =
                new RunningCapture(app, app, folder, Map.of("ROWBACK_DATABASES_APP_RETENTION", "4s"))) {
            capture.covering(1);
            app.run("delete from t where id = 20");
            Lsn deleted = Lsn.parse(app.query("select pg_current_wal_lsn()").get(0));
            Instant then = Instant.now();
            // Up to when the history is complete is told by looks at the server, each of which confirms the one before.
            RunningCapture.await(
                    "the history is complete beyond the DELETE",
                    () -> capture.<Boolean>read(
                            reader -> then.isBefore(reader.info().completeUntil())));
            int[] rounds = {0};
            AtomicReference<StoreInfo> dropped = new AtomicReference<>();
            RunningCapture.await("the DELETE is dropped", () -> {
                // The large value is unchanged, so the stream does not carry it.
                run(app, "update t set n = n + 1 where id <= 10");
                rounds[0]++;
                StoreInfo info = capture.read(RocksHistoryReader::info);
                dropped.set(info);
                Horizon horizon = info.horizon();
                return horizon != null && deleted.isBefore(horizon.at());
            });
            assertThat(Objects.requireNonNull(dropped.get().horizon()).since())
                    .as("what is younger than four seconds is kept")
                    .isBeforeOrEqualTo(dropped.get().completeUntil().minusSeconds(4));
            capture.catchUp();
            assertThat(capture.changes("t")).noneMatch(change -> change.startsWith("DELETE"));
            assertThat(capture.rows("t", deleted)).isEmpty();
            List<String> rows = app.query("select 'id=' || id || ' n=' || n || ' a=' || a from t order by id");
            Lsn durable = capture.read(reader -> reader.info().durable());
            assertThat(rows).hasSize(19).first().asString().startsWith("id=1 n=" + rounds[0] + " a=");
            assertThat(capture.rows("t", durable)).contains(rows);
            assertThat(capture.<List<String>>read(
                            reader -> reader.verify((family, entries) -> {}).findings()))
                    .isEmpty();
        }
    }

    @Test
    void asMuchOfTheNewestStaysAsMaxSizeAllowsWhenMuchComesAtOnce() throws Exception {
        long limit = 4 << 20;
        Database app = server.createDatabase("small");
        app.run("create table t (id int primary key, a text); insert into t values (1, 'a')");
        try (RunningCapture capture =
                new RunningCapture(app, app, folder, Map.of("ROWBACK_DATABASES_APP_MAX_SIZE", "4MB"))) {
            capture.covering(1);
            assertThat(capture.<Long>read(reader -> reader.info().retention().bytes()))
                    .as("told from the beginning on")
                    .isEqualTo(limit);
            // Each takes 13 kB when it is compressed, all of them three times as much as there may be.
            app.run(
                    "do $$ begin for i in 1..1000 loop update t set a ="
                            + " (select string_agg(md5(random()::text), '') from generate_series(1, 800)); commit; end loop; end $$");
            capture.catchUp();
            RunningCapture.await("space comes back", () -> StoreFolder.bytes(folder.resolve("app")) <= limit);

            assertThat(capture.changes("t")).hasSizeBetween(100, 400);
            Lsn durable = capture.read(reader -> reader.info().durable());
            assertThat(capture.rows("t", durable)).contains(app.query("select 'id=' || id || ' a=' || a from t"));
            assertThat(capture.<List<String>>read(
                            reader -> reader.verify((family, entries) -> {}).findings()))
                    .isEmpty();
        }
    }

    private static void run(Database database, String sql) {
        try {
            database.run(sql);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
