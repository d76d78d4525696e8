package io.rowback.demo;

import io.rowback.postgres.Identifiers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table that chance made, and statements on it that chance makes. Keys come from so few values that foreign keys find
 * their parents, and rows each other.
 */
final class RandomTable {
    private static final String IDENTITY = "bigint";
    /** Types of keys; of a composite one with a blank between. */
    private static final List<String> KEYS = List.of("int", "text", "uuid", IDENTITY, "int text");

    /** A column of no key; its type decides what chance may put into it. */
    record Column(String name, String type) {
        String sql() {
            return Identifiers.quote(name);
        }
    }

    /** A foreign key of all columns of another table's key, and what its actions are. */
    record Reference(
            List<String> columns, RandomTable parent, String onUpdate, String onDelete, List<String> defaults) {
        /** Its columns, with a default each. */
        Stream<String> columnDefinitions() {
            return IntStream.range(0, columns.size())
                    .mapToObj(i -> columns.get(i) + " " + parent.keyTypes.get(i) + " default " + defaults.get(i));
        }

        String sql() {
            return "foreign key (%s) references %s on update %s on delete %s"
                    .formatted(Identifiers.list(columns), parent.sql(), onUpdate, onDelete);
        }
    }

    private static final List<String> TYPES = List.of(
            "int",
            "numeric",
            "numeric(8,2)",
            "text",
            "varchar(40)",
            "char(6)",
            "float8",
            "boolean",
            "timestamptz",
            "date",
            "interval",
            "jsonb",
            "uuid",
            "bytea",
            "text[]",
            "int4range",
            "inet");
    private static final List<String> ACTIONS = List.of("no action", "restrict", "cascade", "set null", "set default");
    private static final int VALUES = 10;
    private static final int BOUNDARY = 5;

    private final Random random;
    private final String schema;
    private final List<String> keyTypes;
    private final boolean identity;
    private final List<String> keyColumns = new ArrayList<>();
    private final List<Reference> references = new ArrayList<>();
    private final List<Column> columns = new ArrayList<>();
    private final boolean partitioned;
    private final @Nullable String unique;
    private String name;
    private int added;

    /** A table that may refer to itself and to these. */
    RandomTable(Random random, String schema, String name, List<RandomTable> parents) {
        this.random = random;
        this.schema = schema;
        this.name = name;
        this.keyTypes = List.of(chosen(KEYS).split(" "));
        this.identity = keyTypes.equals(List.of(IDENTITY));
        for (int i = 0; i < keyTypes.size(); i++) {
            keyColumns.add("k" + i);
        }
        this.partitioned = keyTypes.equals(List.of("int")) && random.nextInt(3) == 0;
        refer(parents);
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            columns.add(new Column(List.of("t", "found", "Wert ä", "user").get(i), chosen(TYPES)));
        }
        this.unique = partitioned || random.nextInt(3) > 0 ? null : "label";
    }

    private void refer(List<RandomTable> parents) {
        for (int i = random.nextInt(3); i > 0; i--) {
            RandomTable parent = random.nextInt(4) == 0 || parents.isEmpty() ? this : chosen(parents);
            int number = i;
            List<String> names = parent.keyColumns.stream()
                    .map(column -> "r" + number + column)
                    .toList();
            references.add(new Reference(names, parent, chosen(ACTIONS), chosen(ACTIONS), parent.keyValues()));
        }
    }

    /** The statements that create it. */
    String definition() {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < keyColumns.size(); i++) {
            parts.add(keyColumns.get(i) + " " + keyTypes.get(i) + (identity ? " generated always as identity" : ""));
        }
        references.forEach(reference -> reference.columnDefinitions().forEach(parts::add));
        columns.forEach(column -> parts.add(column.sql() + " " + column.type));
        if (unique != null) {
            parts.add(unique + " text unique");
            parts.add("upper_label text generated always as (upper(label)) stored");
        }
        parts.add("primary key (" + Identifiers.list(keyColumns) + ")");
        references.forEach(reference -> parts.add(reference.sql()));
        String create = "create table %s (%s)".formatted(sql(), String.join(", ", parts));
        if (!partitioned) {
            return create + ";\n";
        }
        return create + " partition by range (k0);\n"
                + "create table %s partition of %s for values from (minvalue) to (%d);\n"
                        .formatted(sql(name + " low"), sql(), BOUNDARY)
                + "create table %s partition of %s for values from (%d) to (maxvalue);\n"
                        .formatted(sql(name + " high"), sql(), BOUNDARY);
    }

    /** The names of the tables that hold its rows: its own, or those of its partitions. */
    List<String> names() {
        return partitioned ? List.of(name + " low", name + " high") : List.of(name);
    }

    String sql() {
        return sql(name);
    }

    /** One of its tables as SQL names it. */
    String sql(String table) {
        return Identifiers.quote(schema) + "." + Identifiers.quote(table);
    }

    /** The columns by which one finds a row. */
    List<String> keyColumns() {
        return keyColumns;
    }

    /** A row comes, or one that is there already is changed or stays. */
    String insert() {
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        if (!identity) {
            names.addAll(keyColumns);
            values.addAll(keyValues());
        }
        for (Reference reference : references) {
            names.addAll(reference.columns);
            boolean none = random.nextInt(3) == 0;
            reference.parent.keyValues().forEach(value -> values.add(none ? "null" : value));
        }
        for (Column column : columns) {
            names.add(column.name);
            values.add(value(column.type));
        }
        if (unique != null) {
            names.add(unique);
            values.add(random.nextInt(4) == 0 ? "null" : "'label %d'".formatted(random.nextInt(VALUES)));
        }
        String conflict = identity || random.nextBoolean()
                ? "do nothing"
                : "(%s) do update set %s = excluded.%2$s"
                        .formatted(Identifiers.list(keyColumns), columns.get(0).sql());
        return "insert into %s (%s) values (%s) on conflict %s"
                .formatted(sql(), Identifiers.list(names), String.join(", ", values), conflict);
    }

    /** Some columns of some rows get other values. */
    String update() {
        List<String> sets = new ArrayList<>();
        for (Column column : columns) {
            if (sets.isEmpty() || random.nextBoolean()) {
                sets.add(column.sql() + " = " + value(column.type));
            }
        }
        if (!references.isEmpty() && random.nextInt(3) == 0) {
            Reference reference = chosen(references);
            List<String> values = reference.parent.keyValues();
            for (int i = 0; i < values.size(); i++) {
                sets.add(reference.columns.get(i) + " = " + values.get(i));
            }
        }
        return "update %s set %s where %s".formatted(sql(), String.join(", ", sets), some());
    }

    /** All rows are written and stay as they are. */
    String touch() {
        return "update %s set %s = %2$s".formatted(sql(), columns.get(0).sql());
    }

    /** A row gets another key, which its table's partitions may keep in another place. */
    String updateKey() {
        if (identity) {
            return update();
        }
        return "update %s set (%s) = row(%s) where %s"
                .formatted(sql(), Identifiers.list(keyColumns), String.join(", ", keyValues()), one());
    }

    String delete() {
        return "delete from %s where %s".formatted(sql(), random.nextInt(4) == 0 ? some() : one());
    }

    String truncate() {
        return "truncate " + sql() + " cascade";
    }

    /** A statement that alters the table, and what is to be known of the table once it succeeded. */
    record Alteration(String sql, Runnable then) {}

    /** The table is altered in a way that changes no row's other values. */
    Alteration alter() {
        int at = random.nextInt(columns.size());
        Column column = columns.get(at);
        String alter = "alter table " + sql();
        int choice = random.nextInt(3);
        if (choice == 0 || columns.size() == 1) {
            Column other = new Column("added " + added++, chosen(TYPES));
            return new Alteration(alter + " add column " + other.sql() + " " + other.type, () -> columns.add(other));
        }
        if (choice == 1) {
            Column renamed = new Column("renamed " + added++, column.type);
            return new Alteration(
                    alter + " rename column " + column.sql() + " to " + renamed.sql(), () -> columns.set(at, renamed));
        }
        return new Alteration(alter + " drop column " + column.sql(), () -> columns.remove(at));
    }

    private String one() {
        return "(%s) = (%s)".formatted(Identifiers.list(keyColumns), String.join(", ", keyValues()));
    }

    private String some() {
        String first = keyColumns.get(0);
        return switch (keyTypes.get(0)) {
            case "text" -> "%s < %s".formatted(first, keyValues().get(0));
            case "uuid" -> one();
            default -> "%s %% 3 = %d".formatted(first, random.nextInt(3));
        };
    }

    private List<String> keyValues() {
        return keyTypes.stream().map(this::keyValue).toList();
    }

    private String keyValue(String type) {
        int number = 1 + random.nextInt(VALUES);
        return switch (type) {
            case "text" ->
                List.of("'a'", "'B,=''q'", "'\u00e9\u4e2d'", "'10'", "''", "E'x\\ny'")
                        .get(number % 6);
            case "uuid" -> "'" + new UUID(0, number) + "'";
            default -> Integer.toString(number);
        };
    }

    private String value(String type) {
        return random.nextInt(6) == 0 ? "null" : chosen(values(type));
    }

    private List<String> values(String type) {
        int number = random.nextInt(100);
        return switch (type) {
            case "int" -> List.of(Integer.toString(number), "-2147483648");
            case "numeric" -> List.of("1.50", "'NaN'", "-0.0", "1e300", number + ".10");
            case "numeric(8,2)" -> List.of("1.5", "-0.004", Integer.toString(number));
            case "float8" -> List.of("-0.0", "'NaN'", "'-Infinity'", "0.1", "1e-300");
            case "boolean" -> List.of("true", "false");
            case "timestamptz" -> List.of("'infinity'", "'0044-03-15 12:00:00+00 BC'", "now()");
            case "date" -> List.of("'-infinity'", "'2000-02-29'", "'0001-01-01 BC'");
            case "interval" -> List.of("'1 mon -1 days'", "'-00:00:00.000001'", "'24:00'");
            case "jsonb" -> List.of("'null'", "'{\"a\": [1, \"x''y\"]}'", "'1.50'");
            case "uuid" -> List.of("'" + new UUID(number, 1) + "'");
            case "bytea" -> List.of("decode('00ff27%02x', 'hex')".formatted(number), "''");
            case "text[]" -> List.of("'{}'", "array['a,b', null, '\"q\"']", "array['NULL', '']");
            case "int4range" -> List.of("'empty'", "'[1,%d)'".formatted(number + 2), "'(,5]'");
            case "inet" -> List.of("'::1'", "'10.0.0.%d/8'".formatted(number));
            case "char(6)" -> List.of("'a'", "' b '", "''");
            case "varchar(40)" -> List.of("''", "'\\back$$slash " + number + "'");
            default ->
                List.of(
                        "''",
                        "'O''Hara " + number + "'",
                        "E'two\\nlines\\t" + number + "'",
                        // Does not compress below Postgres' threshold, so it is stored out of line.
                        "(select string_agg(md5((%d + i)::text), '') from generate_series(1, 200) i)"
                                .formatted(number));
        };
    }

    private <T> T chosen(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    @Override
    public String toString() {
        return names().stream().collect(Collectors.joining(", "));
    }
}
