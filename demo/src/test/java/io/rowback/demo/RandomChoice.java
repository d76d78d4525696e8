package io.rowback.demo;

import io.rowback.history.Column;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.Scope;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an undo in a random life is about: which operations, and of which rows and columns. Rows are told as the life tells
 * them.
 *
 * @param table the table that counts, or null if all do
 * @param rows which of its rows count
 * @param columns the columns of it that count, or none if all do
 */
record RandomChoice(Set<Operation> operations, @Nullable String table, Rows rows, Set<String> columns) {
    /** Alone they bring a row back as it was when it went, what the same transaction wrote to it before included. */
    private static final Set<Operation> DELETES = Set.of(Operation.DELETE);

    private static final List<Set<Operation>> OPERATIONS =
            List.of(Set.of(Operation.UPDATE, Operation.DELETE), Set.of(Operation.UPDATE), DELETES);
    /** Types of which two values are equal where their texts are. */
    private static final Set<String> COMPARED_AS_TEXT =
            Set.of("integer", "text", "character varying(40)", "uuid", "boolean");

    private static final Set<String> WHOLE_NUMBERS = Set.of("integer", "bigint");

    /** Everything that was updated or deleted. */
    static final RandomChoice ALL = new RandomChoice(OPERATIONS.get(0), null, new All(), Set.of());

    /** Rows of one table. */
    private sealed interface Rows {
        boolean contain(List<String> key, Map<String, String> row);

        Scope.Narrowing narrowing(TableInfo table);
    }

    private record All() implements Rows {
        @Override
        public boolean contain(List<String> key, Map<String, String> row) {
            return true;
        }

        @Override
        public Scope.Narrowing narrowing(TableInfo table) {
            return new Scope.Narrowing(table, null, false, List.of());
        }
    }

    private record One(List<String> key) implements Rows {
        @Override
        public boolean contain(List<String> other, Map<String, String> row) {
            return key.equals(other);
        }

        @Override
        public Scope.Narrowing narrowing(TableInfo table) {
            RowKey row = new RowKey(key.stream().map(RandomChoice::text).toList());
            return new Scope.Narrowing(table, row, false, List.of());
        }
    }

    private record Range(long low, long high) implements Rows {
        @Override
        public boolean contain(List<String> key, Map<String, String> row) {
            long first = Long.parseLong(text(key.get(0)));
            return low <= first && first <= high;
        }

        @Override
        public Scope.Narrowing narrowing(TableInfo table) {
            TableSchema schema = table.schema();
            String from = Long.toString(low);
            String to = Long.toString(high);
            Column column = schema.column(schema.key().get(0));
            return new Scope.Narrowing(
                    table,
                    null,
                    false,
                    new Scope.KeyRange(from, to),
                    List.of(Expression.between(column, from, to, schema)));
        }
    }

    private record Where(String column, String value) implements Rows {
        @Override
        public boolean contain(List<String> key, Map<String, String> row) {
            return value.equals(row.get(column));
        }

        @Override
        public Scope.Narrowing narrowing(TableInfo table) {
            String test = value.equals("null") ? " is null" : " = " + Literals.quote(text(value));
            Expression condition = Expression.parse(Identifiers.quote(column) + test, table.schema());
            return new Scope.Narrowing(table, null, false, List.of(condition));
        }
    }

    /** All tables, or one of those that changed between two moments and of it all or only some; all operations or some. */
    static RandomChoice of(RandomLife.Moment before, RandomLife.Moment after, List<TableInfo> known, Random random) {
        Set<Operation> drawn = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
        Set<Operation> operations = drawn.equals(DELETES) && after.updated() ? ALL.operations() : drawn;
        List<TableInfo> tables = known.stream()
                .filter(table -> !name(table).equals(RandomLife.AUDIT))
                .filter(table -> !before.rows(name(table)).equals(after.rows(name(table))))
                .toList();
        if (tables.isEmpty() || random.nextBoolean()) {
            return new RandomChoice(operations, null, new All(), Set.of());
        }
        TableInfo table = tables.get(random.nextInt(tables.size()));
        List<Map.Entry<List<String>, Map<String, String>>> rows = before.rows(name(table)).entrySet().stream()
                .sorted(Comparator.comparing(row -> row.getKey().toString()))
                .toList();
        Rows chosen = rows.isEmpty() || random.nextInt(3) == 0
                ? new All()
                : rows(table.schema(), rows.get(random.nextInt(rows.size())), random);
        List<String> ordinary = ordinary(table.schema()).map(Column::name).toList();
        boolean whole = !chosen.equals(new All()) || random.nextInt(3) > 0;
        Set<String> columns = whole ? Set.of() : Set.of(ordinary.get(random.nextInt(ordinary.size())));
        return new RandomChoice(operations, name(table), chosen, columns);
    }

    /** Some rows, among which may be this one. */
    private static Rows rows(TableSchema schema, Map.Entry<List<String>, Map<String, String>> row, Random random) {
        String type = schema.column(schema.key().get(0)).type();
        int choice = random.nextInt(3);
        if (choice == 0 && WHOLE_NUMBERS.contains(type)) {
            long low = Long.parseLong(text(row.getKey().get(0)));
            return new Range(low, low + random.nextInt(4));
        }
        List<Column> columns = ordinary(schema).toList();
        Column column = columns.get(random.nextInt(columns.size()));
        String value = row.getValue().getOrDefault(column.name(), "null");
        return choice == 1 && (value.equals("null") || COMPARED_AS_TEXT.contains(column.type()))
                ? new Where(column.name(), value)
                : new One(row.getKey());
    }

    private static Stream<Column> ordinary(TableSchema schema) {
        return schema.columns().stream()
                .filter(column -> !column.generated() && !schema.key().contains(column.name()));
    }

    /**
     * Whether it is about a row.
     *
     * @param row what the row is to be
     * @param deleted whether it was deleted; else it was updated
     */
    boolean contains(String otherTable, List<String> key, Map<String, String> row, boolean deleted) {
        return (table == null || table.equals(otherTable))
                && operations.contains(deleted ? Operation.DELETE : Operation.UPDATE)
                && rows.contain(key, row);
    }

    /** Whether it is about a column of rows that are there. */
    boolean contains(String column) {
        return columns.isEmpty() || columns.contains(column);
    }

    ColumnChoice columnChoice() {
        return new ColumnChoice(columns, Set.of());
    }

    /** What a scope says of that table; nothing if it is not about it. */
    Stream<Scope.Narrowing> narrowing(TableInfo of) {
        boolean counts = table == null ? !name(of).equals(RandomLife.AUDIT) : table.equals(name(of));
        return counts ? Stream.of(rows.narrowing(of)) : Stream.of();
    }

    private static String name(TableInfo table) {
        return table.schema().name().name();
    }

    private static String text(String value) {
        return value.substring(1);
    }
}
