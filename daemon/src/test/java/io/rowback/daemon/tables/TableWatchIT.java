package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.daemon.http.Metrics;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.postgres.Connections;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
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
                assertThat(table(writer).isCovered()).isTrue();

                app.run("alter table t alter a type text using upper(a)");
                watch.look(connection);
                assertThat(table(writer).coverage())
                        .as("the first baseline holds at its own position alone, and another was taken")
                        .hasSize(2)
                        .first()
                        .satisfies(first -> assertThat(first.to()).isEqualTo(first.from()));
                watch.look(connection);
                assertThat(table(writer).coverage()).hasSize(2);
            }
        }
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
                watch.look(connection);
                app.run("truncate t; vacuum full t");
                watch.look(connection);
                assertThat(table(writer).coverage()).hasSize(1);

                for (String name : List.of("t", "narrow")) {
                    app.run("alter table %s set unlogged; insert into %s values (1); alter table %s set logged"
                            .formatted(name, name, name));
                }
                watch.look(connection);
                assertThat(table(writer).coverage()).hasSize(2);
                assertThat(table(writer, "narrow").coverage()).hasSize(2);
                watch.look(connection);
                assertThat(table(writer).coverage()).hasSize(2);
            }
        }
    }

    private TableWatch watch(Config.Database database, RocksHistoryWriter writer) {
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
