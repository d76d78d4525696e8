package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryWriter;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

class SequenceWatchIT {
    @TempDir
    Path folder;

    @ParameterizedTest
    @OnServers
    void whatSequencesDoIsStoredWhenItChanged(int major) throws Exception {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            everyChangeIsStoredOnce(app);
            sequenceOutOfReachIsToldAndNotTakenForDropped(app);
            lockedSequenceIsLeftForLater(app);
        }
    }

    private void everyChangeIsStoredOnce(Database app) throws SQLException {
        app.run("create table t (id int generated always as identity, n bigserial primary key);"
                + "create sequence alone start 5 increment -2 minvalue -1000 maxvalue 10 cache 10;"
                + "create schema private; create sequence private.excluded; create unlogged table u (id serial)");
        try (RocksHistoryWriter writer = store("changes");
                Connection connection = app.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create temp sequence scratch");
            SequenceWatch watch = new SequenceWatch(config(app), writer);
            watch.look(connection);
            assertThat(newest(writer))
                    .contains("alone null of nothing", "t_id_seq null of id", "t_n_seq null of n")
                    .noneMatch(line -> line.startsWith("scratch") || line.startsWith("private"));

            app.run("insert into t default values; insert into t default values; select nextval('alone')");
            watch.look(connection);
            assertThat(newest(writer)).as("within the minute").contains("t_id_seq null of id");
            watch.stored(large());
            watch.look(connection);
            assertThat(newest(writer)).contains("alone -13 of nothing", "t_id_seq 2 of id", "t_n_seq 2 of n");

            app.run("truncate t restart identity; alter table t rename n to m;"
                    + "alter sequence t_n_seq rename to t_m_seq; drop sequence alone; create sequence alone");
            watch.stored(large());
            watch.look(connection);
            assertThat(newest(writer))
                    .contains(
                            "alone -13 of nothing dropped",
                            "alone null of nothing",
                            "t_id_seq null of id",
                            "t_m_seq null of m");
            SequenceWatch restarted = new SequenceWatch(config(app), writer);
            restarted.look(connection);
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder.resolve("changes"));
                Stream<SequenceSample> samples = reader.samples()) {
            assertThat(samples.filter(sample -> !sample.name().name().startsWith("u_")))
                    .hasSize(3 + 3 + 4);
        }
    }

    private void sequenceOutOfReachIsToldAndNotTakenForDropped(Database app) throws SQLException {
        app.run("drop table u; create role reader login; grant select on sequence t_id_seq to reader;"
                + "grant usage on sequence alone to reader");
        Database reader = app.as("reader");
        try (RocksHistoryWriter writer = store("rights")) {
            try (Connection connection = reader.connect()) {
                new SequenceWatch(config(reader), writer).look(connection);
                assertThat(newest(writer)).containsExactly("alone null of nothing", "t_id_seq null of id");

                Sequences sequences = Sequences.read(connection, config(reader));
                assertThat(sequences.unreadable())
                        .extracting(Sequences.Unreadable::mend)
                        .containsExactly("GRANT SELECT ON SEQUENCE public.t_m_seq TO reader;");
                app.run(sequences.unreadable().get(0).mend() + "revoke usage on sequence alone from reader");
                new SequenceWatch(config(reader), writer).look(connection);
            }
            assertThat(newest(writer))
                    .containsExactly("alone null of nothing", "t_id_seq null of id", "t_m_seq null of m");
        }
    }

    private void lockedSequenceIsLeftForLater(Database app) throws SQLException {
        try (RocksHistoryWriter writer = store("locked");
                Connection connection = app.connect();
                Connection other = app.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("alter sequence alone restart with 100");
            SequenceWatch watch = new SequenceWatch(config(app), writer);
            watch.look(connection);
            assertThat(newest(writer)).isEmpty();

            other.rollback();
            watch.look(connection);
            assertThat(newest(writer)).hasSize(3).contains("alone null of nothing");

            app.run("select nextval('alone')");
            statement.execute("alter sequence alone restart with 100");
            watch.stored(large());
            watch.look(connection);
            assertThat(newest(writer)).contains("alone null of nothing");

            other.rollback();
            watch.look(connection);
            assertThat(newest(writer)).as("not first after a minute").contains("alone 1 of nothing");
        }
    }

    private RocksHistoryWriter store(String name) {
        RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve(name));
        writer.create("7000000000000000001", "app", new Lsn(0x1000));
        return writer;
    }

    private static List<String> newest(HistoryWriter writer) {
        return writer.newestSamples().stream()
                .map(sample -> sample.name() + " " + sample.last() + " of "
                        + (sample.owner() == null ? "nothing" : sample.owner().column())
                        + (sample.dropped() ? " dropped" : ""))
                .sorted()
                .toList();
    }

    private static Config.Database config(Database database) {
        Map<String, String> environment =
                Map.of("ROWBACK_DATABASES_APP_URL", database.url(), "ROWBACK_DATABASES_APP_EXCLUDE", "private.*");
        return ConfigReader.read(null, environment).database("app");
    }

    private static Batch large() {
        Transaction transaction = new Transaction(
                new Lsn(0x1100),
                new Lsn(0x1180),
                new TransactionId(700),
                Instant.EPOCH,
                null,
                Map.of(new TableId(1), new Transaction.Counts(0, 0, 1_000, 0)),
                List.of());
        return new Batch(List.of(), List.of(transaction), transaction.end());
    }
}
