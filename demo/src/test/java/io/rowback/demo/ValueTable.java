package io.rowback.demo;

import io.rowback.postgres.Identifiers;
import io.rowback.postgres.SessionSettings;
import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A table with a column of every type, named like it, in whose rows every value of every type comes up. */
record ValueTable(String name, List<TypeSample> types) {
    /** As many rows as the type with the most values has. */
    int rows() {
        return types.stream().mapToInt(type -> type.values().size()).max().orElseThrow();
    }

    String create(String replicaIdentity) {
        String columns = types.stream()
                .map(type -> ", " + Identifiers.quote(type.type()) + " " + type.type())
                .collect(Collectors.joining());
        return "create table " + name + " (id integer primary key" + columns + "); alter table " + name
                + " replica identity " + replicaIdentity + ";";
    }

    /** SQL that inserts a row for each number of a value, the first with this id. */
    String insert(int firstId) {
        return IntStream.range(0, rows())
                .mapToObj(number -> "insert into " + name + " values (" + (firstId + number)
                        + types.stream().map(type -> ", " + type.value(number)).collect(Collectors.joining()) + ");")
                .collect(Collectors.joining("\n"));
    }

    /** SQL that gives each of those rows the values of the next. */
    String update(int firstId) {
        return IntStream.range(0, rows())
                .mapToObj(number -> "update " + name + " set "
                        + types.stream()
                                .map(type -> Identifiers.quote(type.type()) + " = " + type.value(number + 1))
                                .collect(Collectors.joining(", "))
                        + " where id = " + (firstId + number) + ";")
                .collect(Collectors.joining("\n"));
    }

    /** SQL that deletes those rows. */
    String delete(int firstId) {
        return "delete from " + name + " where id between " + firstId + " and " + (firstId + rows() - 1) + ";";
    }

    /** Every value by id and column as Postgres prints it under the pinned settings; null for NULL. */
    Map<Integer, Map<String, @Nullable String>> texts(Database database) throws SQLException {
        // IS NOT NULL is false of a composite value whose fields are all NULL; IS DISTINCT FROM NULL is not.
        String columns = types.stream()
                .map(type -> Identifiers.quote(type.type()))
                .map(column -> ", case when " + column + " is distinct from null then format('%s', " + column + ") end")
                .collect(Collectors.joining());
        Map<Integer, Map<String, @Nullable String>> rows = new TreeMap<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
                statement.execute("set " + setting.getKey() + " = '" + setting.getValue() + "'");
            }
            try (ResultSet row = statement.executeQuery("select id" + columns + " from public." + name)) {
                while (row.next()) {
                    Map<String, @Nullable String> values = new LinkedHashMap<>();
                    values.put("id", row.getString(1));
                    for (int i = 0; i < types.size(); i++) {
                        values.put(types.get(i).type(), row.getString(i + 2));
                    }
                    rows.put(row.getInt(1), values);
                }
            }
        }
        return rows;
    }

    /** What differs, a line for each value. */
    static List<String> differences(
            Map<Integer, Map<String, @Nullable String>> expected, Map<Integer, Map<String, @Nullable String>> found) {
        List<String> differences = new ArrayList<>();
        if (!expected.keySet().equals(found.keySet())) {
            differences.add("rows " + expected.keySet() + " but found " + found.keySet());
        }
        expected.forEach((id, row) -> row.forEach((column, value) -> {
            String other = found.getOrDefault(id, Map.of()).get(column);
            if (found.containsKey(id) && !java.util.Objects.equals(value, other)) {
                differences.add(id + " " + column + ": " + shortened(value) + " but found " + shortened(other));
            }
        }));
        return differences;
    }

    private static String shortened(@Nullable String value) {
        return value == null ? "NULL" : "'" + value.substring(0, Math.min(100, value.length())) + "'";
    }
}
