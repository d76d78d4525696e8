package io.rowback.restore.expression;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryReader;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableSchema;
import io.rowback.postgres.SessionSettings;
import io.rowback.restore.LiveHistory;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;

/** Random conditions on random rows, evaluated by us and by the server. */
final class ExpressionIT {
    private static final long SEED = Long.getLong("rowback.seed", System.nanoTime());
    private static final int ROWS = 80;
    private static final int CONDITIONS = 800;

    /** Of each column its type and constants that it may hold and be compared with, as SQL has them. */
    private static final Map<String, List<String>> COLUMNS = new LinkedHashMap<>();

    static {
        column("i integer", "0", "-7", "42", "'42'", "2147483647", "-2147483648");
        column("b bigint", "0", "42", "9223372036854775807", "'-9223372036854775808'", "1000");
        column("s smallint", "0", "-7", "'42'", "32767", "'-32768'");
        column("o oid", "0", "42", "'42'", "4294967295");
        column(
                "n numeric",
                "0",
                "1.5",
                "1.50",
                "'1.500'",
                "-0.0",
                "1e3",
                "'NaN'",
                "1e-20",
                "1e400",
                "'Infinity'",
                "'-Infinity'",
                "12345678901234567890.5");
        column("n2 numeric(10,2)", "0", "1.5", "1.50", "'-7.25'", "1000");
        column("r real", "0", "0.1", "'0.1'", "'-0'", "'NaN'", "'Infinity'", "16777217", "1e10");
        column("d double precision", "0", "0.1", "'0.1'", "'-0'", "'NaN'", "'-Infinity'", "1e300", "42");
        column("t text", "''", "'a'", "'A'", "'a%'", "'a_b'", "'ü😀'", "'it''s'", "'a\\b'", "' a '");
        column("c text collate \"C\"", "''", "'a'", "'B'", "'ü'", "'😀'", "'\uffee'", "'a b'", "'10'", "'9'");
        column("v varchar(9)", "''", "'a'", "'ab'", "'a  '", "'a%'", "'line\nend'");
        column("ch character(4)", "''", "'a'", "'ab'", "'ab  '", "'ab\n'", "'abcd'");
        column("cc character(4) collate \"C\"", "''", "'a'", "'ab'", "'ab  '", "'ab\n'", "'B'");
        column("bp bpchar", "''", "'a'", "'ab'", "'ab  '", "'ab\n'");
        column("na name", "''", "'a'", "'A'", "'ab'", "'a%'");
        column("t0 timestamp(0)", "'2026-05-01'", "'2026-05-01 12:00:00.5'", "'2026-05-01 12:00:01'", "'-infinity'");
        column("day date", "'2026-05-01'", "'0044-03-15 BC'", "'infinity'", "'-infinity'", "'12026-01-01'");
        column("ts timestamp", "'2026-05-01'", "'2026-05-01 12:00:00.5'", "'2026-05-01T12:00:00.500000'", "'infinity'");
        column(
                "tz timestamptz",
                "'2026-05-01 12:00:00+02'",
                "'2026-05-01 10:00:00Z'",
                "'2026-05-01 15:45:00.000001+05:45'",
                "'2026-05-01'",
                "'0001-12-31 23:59:59+00 BC'",
                "'-infinity'");
        column("f boolean", "true", "false", "'t'", "'no'");
        column("u uuid", "'00000000-0000-0000-0000-0000000000ab'", "'FFFFFFFF-0000-0000-0000-0000000000AB'");
        column(
                "j jsonb",
                "'{}'",
                "'{\"a\": 1, \"b\": [1.0, null]}'",
                "'{\"b\": [1.00, null], \"a\": 1e0}'",
                "'{\"a\": 2, \"a\": 1, \"b\": [1, null]}'",
                "'{\"a\": {\"b\": [1.0, {}]}}'",
                "'{\"a\": {\"b\": [1, {}]}}'",
                "'-0'",
                "'0.0'",
                "'1e400'",
                "'[]'",
                "'[1, 2]'",
                "'[2, 1]'",
                "'\"1\"'",
                "'1.50'",
                "'15e-1'",
                "'null'",
                "'true'",
                "'\"\\u00fc\"'",
                "'\"ü\"'");
    }

    private static void column(String definition, String... constants) {
        COLUMNS.put(definition, List.of(constants));
    }

    private final Random random = new Random(SEED);

    @ParameterizedTest
    @OnServers
    void conditionsMeanWhatTheyMeanToTheServer(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database database = server.createDatabase("app");
            database.run(rows());
            HistoryReader history = new LiveHistory(database).reader();
            TableSchema table = history.tables().get(0).schema();
            List<RowImage> images;
            try (Stream<RowImage> rows =
                    history.baseline(table.id(), history.info().durable())) {
                images = rows.toList();
            }
            assertThat(images).hasSize(ROWS);
            int unequal = 0;
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                for (Map.Entry<String, String> setting :
                        SessionSettings.pinned().entrySet()) {
                    statement.execute("SET " + setting.getKey() + " = '" + setting.getValue() + "'");
                }
                for (int i = 0; i < CONDITIONS; i++) {
                    String condition = condition(3);
                    Expression ours = parsed(condition, table);
                    if (ours != null) {
                        unequal += compare(condition, ours, images, statement);
                    }
                }
            }
            assertThat(unequal)
                    .as("conditions that tell rows apart, seed %s", SEED)
                    .isGreaterThan(CONDITIONS / 3);
        }
    }

    /** Compares what a condition says of each row; 1 if it does not say the same of all. */
    private static int compare(String condition, Expression ours, List<RowImage> images, Statement statement)
            throws SQLException {
        Set<Integer> met = ids(statement, "(" + condition + ")");
        Set<Integer> neither = ids(statement, "(" + condition + ") IS NULL");
        String told = "seed " + SEED + ": " + condition;
        assertThat(ids(images, row -> ours.test(row) == Truth.TRUE)).as(told).isEqualTo(met);
        assertThat(ids(images, row -> ours.test(row) == Truth.NULL))
                .as(told + " is null")
                .isEqualTo(neither);
        return met.isEmpty() || met.size() == images.size() ? 0 : 1;
    }

    private static Set<Integer> ids(Statement statement, String condition) throws SQLException {
        Set<Integer> ids = new TreeSet<>();
        try (ResultSet rows = statement.executeQuery("SELECT id FROM public.things WHERE " + condition)) {
            while (rows.next()) {
                ids.add(rows.getInt(1));
            }
        } catch (SQLException e) {
            throw new SQLException("seed " + SEED + ", the server refuses " + condition + ": " + e.getMessage(), e);
        }
        return ids;
    }

    private static Set<Integer> ids(List<RowImage> images, Predicate<RowImage> counts) {
        return images.stream()
                .filter(counts)
                .map(row -> Integer.valueOf(row.value("id").toString()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Null where we refuse: the order of a column that depends on its collation. */
    private static @Nullable Expression parsed(String condition, TableSchema table) {
        try {
            return Expression.parse(condition, table);
        } catch (RowbackException e) {
            assertThat(e).as("seed %s: %s", SEED, condition).hasMessageContaining("depends on its collation");
            return null;
        }
    }

    private String rows() {
        StringBuilder script = new StringBuilder("set timezone = 'UTC'; create table things (id integer primary key");
        COLUMNS.keySet().forEach(column -> script.append(", ").append(column));
        script.append(");\n");
        for (int id = 1; id <= ROWS; id++) {
            String values = COLUMNS.values().stream()
                    .map(constants -> random.nextInt(6) == 0 ? "null" : any(constants))
                    .collect(Collectors.joining(", "));
            script.append("insert into things values (").append(id).append(", ").append(values);
            script.append(");\n");
        }
        return script.toString();
    }

    private String condition(int depth) {
        return switch (depth == 0 ? 9 : random.nextInt(12)) {
            case 0, 1 -> condition(depth - 1) + " AND " + condition(depth - 1);
            case 2, 3 -> condition(depth - 1) + " or " + condition(depth - 1);
            case 4 -> "NOT " + condition(0);
            case 5 -> "not (" + condition(depth - 1) + ")";
            case 6 -> "(" + condition(depth - 1) + ")";
            default -> comparison();
        };
    }

    private String comparison() {
        String definition = any(List.copyOf(COLUMNS.keySet()));
        String column = definition.substring(0, definition.indexOf(' '));
        List<String> constants = Objects.requireNonNull(COLUMNS.get(definition));
        boolean json = column.equals("j");
        List<String> operators = json ? List.of("=", "<>", "!=") : List.of("=", "<>", "!=", "<", "<=", ">", ">=");
        String not = random.nextInt(3) == 0 ? "NOT " : "";
        return switch (random.nextInt(8)) {
            case 0 -> column + " is " + not + "null";
            case 1 ->
                column + " " + not + "in ("
                        + IntStream.rangeClosed(0, random.nextInt(4))
                                .mapToObj(i -> random.nextInt(8) == 0 ? "null" : any(constants))
                                .collect(Collectors.joining(", "))
                        + ")";
            case 2 ->
                json
                        ? any(constants) + " = " + column
                        : column + " " + not + "between " + any(constants) + " and " + any(constants);
            case 3 ->
                List.of("t", "c", "v", "ch", "cc", "bp", "na").contains(column)
                        ? column + " " + not + "like " + pattern()
                        : any(constants) + " " + any(operators) + " " + column;
            case 4 -> column + " " + any(operators) + " " + column;
            case 5 -> column.equals("f") ? not + "f" : column + " " + any(operators) + " " + any(constants);
            default -> column + " " + any(operators) + " " + any(constants);
        };
    }

    private String pattern() {
        List<String> pieces = List.of("%", "_", "a", "b", "\\\\", "\\%", "\\_", " ", "ü", "''", "\n", "😀");
        return IntStream.range(0, random.nextInt(5))
                .mapToObj(i -> any(pieces))
                .collect(Collectors.joining("", "'", "'"));
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
