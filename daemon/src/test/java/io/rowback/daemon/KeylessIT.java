package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables without a key, whose equal rows are counted, against what a real server held after every commit. */
class KeylessIT {
    private static final Map<Integer, PostgresServer> SERVERS = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    @AfterAll
    static void stopServers() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest
    @CsvSource({"14, 1", "18, 2", "18, 3"})
    void everyCommitIsToldWithAsManyEqualRowsAsThereWere(int major, long seed) throws Exception {
        Database app = database(major, "counted" + seed);
        app.run("create table e (kind text, n int, at float8, long text,"
                + " twice int generated always as (n * 2) stored); alter table e replica identity full");
        Life life = new Life(app, "e", seed);
        life.live(20);
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(1);
            life.forget();
            life.live(60);
            capture.catchUp();

            assertThat(told(capture, life)).isEqualTo(life.moments);
            List<String> findings = capture.read(
                    reader -> reader.verify((family, entries) -> {}).findings());
            assertThat(findings).isEmpty();
        }
    }

    @Test
    void whatIsToldAfterASchemaChangeIsRightOrNotCovered() throws Exception {
        Database app = database(18, "changed");
        List<String> changes = List.of(
                "add extra int default 7",
                "add extra int",
                "drop n",
                "alter n type text using n || '.0'",
                "rename n to m",
                "add primary key (kind, n, at)");
        List<Life> lives = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            Life life = new Life(app, "e" + i, 1);
            lives.add(life);
            app.run(("create table %s (kind text, n int, at float8 default random(), long text);"
                            + "alter table %1$s replica identity full; insert into %1$s values ('a', 1), ('b', 2), ('b', 3)")
                    .formatted(life.table));
        }
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(lives.size());
            for (Life life : lives) {
                app.run("alter table " + life.table + " " + changes.get(lives.indexOf(life)));
                app.run("update " + life.table + " set long = 'x' where kind = 'a'");
                life.look();
                app.run("delete from " + life.table + " where kind = 'b'");
                life.look();
            }
            capture.catchUp();
            for (Life life : lives) {
                told(capture, life)
                        .forEach((at, rows) ->
                                assertThat(rows).as("%s at %s", life.table, at).isEqualTo(life.moments.get(at)));
            }

            RunningCapture.await(() -> lives.stream().allMatch(life -> isCoveredAnew(capture, life)));
            for (Life life : lives) {
                app.run("update " + life.table + " set long = 'y'");
                life.forget();
                life.look();
            }
            capture.catchUp();
            for (Life life : lives) {
                assertThat(told(capture, life)).as(life.table).isEqualTo(life.moments);
            }
        }
    }

    /** Whether the history has the table as it is now, and covers it. */
    private static boolean isCoveredAnew(RunningCapture capture, Life life) {
        TableInfo table = capture.table(life.table);
        try {
            List<String> columns =
                    table.schema().columns().stream().map(Column::name).toList();
            return columns.equals(life.columns()) && capture.covered().contains(life.table);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Database database(int major, String name) throws SQLException {
        return SERVERS.computeIfAbsent(major, PostgresServer::start).createDatabase(name);
    }

    private static Map<String, List<String>> told(RunningCapture capture, Life life) {
        return capture.read(reader -> told(reader, life));
    }

    /** The rows at each of these moments that is covered, in the columns that are not generated. */
    private static Map<String, List<String>> told(RocksHistoryReader reader, Life life) {
        TableInfo table = reader.tables().stream()
                .filter(info -> info.schema().name().name().equals(life.table))
                .findFirst()
                .orElseThrow();
        Map<String, List<String>> told = new LinkedHashMap<>();
        for (String at : life.moments.keySet()) {
            try (Stream<RowImage> rows = new TableTimeline(reader, table).asOf(Lsn.parse(at))) {
                told.put(
                        at,
                        rows.map(row -> line(row.in(table.schema(Lsn.parse(at)))))
                                .sorted()
                                .toList());
            } catch (RowbackException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED);
            }
        }
        return told;
    }

    private static String line(RowImage row) {
        return row.schema().columns().stream()
                .filter(column -> !column.generated())
                .map(column -> column.name() + "=" + row.value(column.name()))
                .collect(Collectors.joining("|"));
    }

    /** A table in which random things happen to rows of few values, and what it held after each commit. */
    private static final class Life {
        private final Database database;
        private final String table;
        private final Random random;
        private final Map<String, List<String>> moments = new LinkedHashMap<>();

        Life(Database database, String table, long seed) {
            this.database = database;
            this.table = table;
            this.random = new Random(seed);
        }

        void live(int transactions) throws SQLException {
            for (int i = 0; i < transactions; i++) {
                List<String> statements = new ArrayList<>();
                for (int j = random.nextInt(4); j >= 0; j--) {
                    statements.add(statement());
                }
                database.run("begin;" + String.join(";", statements) + ";commit");
                look();
            }
        }

        void forget() {
            moments.clear();
        }

        /** Long values that do not change are not in the stream's new row. */
        private String statement() {
            return switch (random.nextInt(9)) {
                case 0, 1, 2 ->
                    "insert into e select %s, %s, %s from generate_series(1, %d)"
                            .formatted(kind(), number(), number(), 1 + random.nextInt(3));
                case 3 -> "insert into e values ('long', 1, 2, repeat('x', 9000) || %s)".formatted(number());
                case 4 -> "update e set n = %s where kind = %s".formatted(number(), kind());
                case 5 ->
                    "update e set kind = %s where ctid = (select ctid from e limit 1 offset %d)"
                            .formatted(kind(), random.nextInt(5));
                case 6 -> "update e set n = n";
                case 7 -> random.nextInt(8) == 0 ? "truncate e" : "delete from e where kind = %s".formatted(kind());
                default ->
                    "delete from e where ctid = (select ctid from e limit 1 offset %d)".formatted(random.nextInt(5));
            };
        }

        private String kind() {
            return List.of("null", "''", "'a'", "'b'").get(random.nextInt(4));
        }

        private String number() {
            return List.of("null", "1", "2").get(random.nextInt(3));
        }

        List<String> columns() throws SQLException {
            return database.query("select attname from pg_attribute where attrelid = '" + table
                    + "'::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum");
        }

        void look() throws SQLException {
            String line = columns().stream()
                    .map(name -> "'" + name + "=' || coalesce(" + name + "::text, 'NULL')")
                    .collect(Collectors.joining(" || '|' || "));
            List<String> rows = new ArrayList<>(database.query("select " + line + " from " + table));
            Collections.sort(rows);
            moments.put(database.query("select pg_current_wal_insert_lsn()").get(0), List.copyOf(rows));
        }
    }
}
