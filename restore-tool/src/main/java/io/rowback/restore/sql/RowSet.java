package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.Column.Identity;
import io.rowback.history.ColumnValue;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Many repairs of one table, action and columns, which are written together: a temporary table holds their keys, the values
 * to be put back and those that must be there, in columns of the very types of the table's. The server reads each value
 * with its type's input function, as it does of a row on its own.
 */
final class RowSet {
    /** A stretch of a set's rows, by number, the first and the last included. */
    record Range(RowSet set, int from, int to) {
        int size() {
            return to - from + 1;
        }
    }

    private final String name;
    private final TableSchema table;
    private final Repair first;
    private final List<Repair> rows = new ArrayList<>();
    /** The temporary table's columns and those of the table whose values they hold. */
    private final Map<String, Column> columns = new LinkedHashMap<>();
    /** By the table's columns, where the values to be put back stand. */
    private final Map<String, String> wanted = new LinkedHashMap<>();
    /** By the table's columns, where the values stand that must be there. */
    private final Map<String, String> expected = new LinkedHashMap<>();
    /** By the columns of the key, where its values before the write stand. */
    private final Map<String, String> key = new LinkedHashMap<>();

    /** By their place in the key, those of its columns whose values before the write stand in columns of their own. */
    private final List<Integer> ownKeys = new ArrayList<>();

    private int ranges;

    /** An empty set for repairs like this one; the number tells it from other sets of its script. */
    RowSet(Repair like, int number) {
        this.name = "rowback_" + number;
        this.table = like.table();
        this.first = like;
        name(like.wanted(), "wanted", wanted);
        name(like.expected(), "expected", expected);
        for (String column : table.key()) {
            String held = (like instanceof InsertRow ? wanted : expected).get(column);
            if (held == null) {
                held = "key" + (table.key().indexOf(column) + 1);
                columns.put(held, table.column(column));
                ownKeys.add(table.key().indexOf(column));
            }
            key.put(column, held);
        }
    }

    private void name(List<Cell> cells, String prefix, Map<String, String> into) {
        for (Cell cell : cells) {
            String held = prefix + (into.size() + 1);
            into.put(cell.column().name(), held);
            columns.put(held, cell.column());
        }
    }

    /** Adds a repair, returns its number. */
    int add(Repair repair) {
        rows.add(repair);
        return rows.size();
    }

    /** The stretch from there to the row added last. */
    Range rangeFrom(int from) {
        ranges++;
        return new Range(this, from, rows.size());
    }

    String name() {
        return name;
    }

    TableSchema table() {
        return table;
    }

    int size() {
        return rows.size();
    }

    List<Repair> rows() {
        return rows;
    }

    boolean inserts() {
        return first instanceof InsertRow;
    }

    /** The statement that makes the temporary table; it goes with the transaction. */
    String create() {
        String held = columns.entrySet().stream()
                .map(column -> ", t." + quoted(column.getValue()) + " AS " + column.getKey())
                .collect(Collectors.joining());
        return "CREATE TEMPORARY TABLE " + name + " ON COMMIT DROP AS\n  SELECT 0 AS n" + held + "\n  FROM " + target()
                + " AS t WITH NO DATA";
    }

    /** The statement by which stretches of the loaded rows are found, if they are written in several. */
    Optional<String> index() {
        return ranges > 1 ? Optional.of("ALTER TABLE pg_temp." + name + " ADD PRIMARY KEY (n)") : Optional.empty();
    }

    /** What a person reads above the values. */
    List<String> comment() {
        List<String> lines = new ArrayList<>();
        lines.add("-- Rows of " + tableName() + " to be " + first.action().done() + ": " + rows.size() + ". Columns:");
        columns.forEach((held, column) -> lines.add("--   " + held + ": " + PrintableText.oneLine(column.name())));
        return lines;
    }

    /** The values of the row of that number, as they stand in the temporary table behind the number. */
    List<ColumnValue> values(int number) {
        Repair repair = rows.get(number - 1);
        List<ColumnValue> values = new ArrayList<>(columns.size());
        for (Cell cell : repair.wanted()) {
            values.add(cell.value());
        }
        for (Cell cell : repair.expected()) {
            values.add(cell.value());
        }
        for (int place : ownKeys) {
            values.add(ColumnValue.of(repair.key().values().get(place)));
        }
        return values;
    }

    /** A query of the keys of rows that are to be there; its columns are those of the key, in order. */
    String keys() {
        return "SELECT " + String.join(", ", key.values()) + " FROM pg_temp." + name;
    }

    /** The write of these rows; it leaves alone those in which nothing is to be done. */
    String write(Range range) {
        String these = range.size() == rows.size() ? "" : "v.n BETWEEN " + range.from() + " AND " + range.to();
        String values = "pg_temp." + name + " AS v";
        if (first instanceof InsertRow) {
            boolean overriding = wanted.keySet().stream()
                    .anyMatch(column -> table.column(column).identity() == Identity.ALWAYS);
            return "INSERT INTO " + target() + " (" + Identifiers.list(List.copyOf(wanted.keySet())) + ")"
                    + (overriding ? " OVERRIDING SYSTEM VALUE" : "") + "\n  SELECT "
                    + wanted.values().stream().map(held -> "v." + held).collect(Collectors.joining(", "))
                    + "\n  FROM " + values + "\n  WHERE " + (these.isEmpty() ? "" : these + " AND ")
                    + "NOT EXISTS (SELECT FROM " + only() + " AS t WHERE " + found(key) + ")";
        }
        String guard = (these.isEmpty() ? "" : these + "\n    AND ") + asExpected();
        if (first instanceof DeleteRow) {
            return "DELETE FROM " + only() + " AS t\n  USING " + values + "\n  WHERE " + guard;
        }
        String assignments = wanted.entrySet().stream()
                .map(column -> Identifiers.quote(column.getKey()) + " = v." + column.getValue())
                .collect(Collectors.joining(", "));
        return "UPDATE " + only() + " AS t\n  SET " + assignments + "\n  FROM " + values + "\n  WHERE " + guard;
    }

    /** The condition under which a row is written. */
    private String asExpected() {
        return found(key) + exact(expected, "\n    AND ").stream().collect(Collectors.joining());
    }

    /** A query of where the rows are that the write will find: their table, place, and the columns updated. */
    String places() {
        return "SELECT t.tableoid, t.ctid, " + RowStatement.updated(first) + "\n  FROM " + "pg_temp." + name
                + " AS v JOIN " + only() + " AS t\n    ON " + asExpected();
    }

    /** A block that fails unless each row is what it is to be, and names the first that is not. */
    String check() {
        Map<String, String> keyAfter = new LinkedHashMap<>(key);
        if (first instanceof UpdateRow) {
            keyAfter.replaceAll((column, held) -> wanted.getOrDefault(column, held));
        }
        List<String> lines = new ArrayList<>();
        lines.add("  SELECT " + printedKey(keyAfter) + " INTO wrong");
        lines.add("    FROM pg_temp." + name + " AS v");
        if (first instanceof DeleteRow) {
            lines.add("    JOIN " + only() + " AS t ON " + found(key));
        } else {
            lines.add("    LEFT JOIN " + only() + " AS t ON " + found(keyAfter));
            lines.add("    WHERE t.ctid IS NULL OR NOT ("
                    + exact(wanted, "\n      AND ").stream()
                            .collect(Collectors.joining())
                            .replaceFirst("\n      AND ", "")
                    + ")");
        }
        lines.add("    ORDER BY v.n LIMIT 1;");
        lines.add("  IF wrong IS NOT NULL THEN");
        lines.add("    RAISE EXCEPTION USING MESSAGE = " + Literals.quote(tableName() + " ") + " || wrong || "
                + Literals.quote(RowStatement.complaint(first)) + ",");
        lines.add("      HINT = " + Literals.quote(RowStatement.hint(table)) + ";");
        lines.add("  END IF;");
        return Block.declaring("wrong text", lines);
    }

    /** The key for a message: a value may hold characters that steer a terminal. */
    private String printedKey(Map<String, String> held) {
        boolean single = held.size() == 1;
        String printed = held.entrySet().stream()
                .map(column -> (single ? "" : Literals.quote(column.getKey() + "=") + " || ")
                        + ExactMatch.printed(table.column(column.getKey()), "v." + column.getValue()))
                .collect(Collectors.joining(" || ',' || "));
        return "regexp_replace(" + printed + ", '[[:cntrl:]]', '?', 'g')";
    }

    private String found(Map<String, String> held) {
        return held.entrySet().stream()
                .map(column -> ExactMatch.sameKey(table.column(column.getKey()), "v." + column.getValue()))
                .collect(Collectors.joining(" AND "));
    }

    private List<String> exact(Map<String, String> held, String before) {
        return held.entrySet().stream()
                .map(column -> before + ExactMatch.same(table.column(column.getKey()), "v." + column.getValue()))
                .toList();
    }

    String tableName() {
        return PrintableText.oneLine(table.name().toString());
    }

    /** The table without what inherits from it: rows of those tables are not its own. */
    private String only() {
        return "ONLY " + target();
    }

    private String target() {
        return Identifiers.qualified(table.name());
    }

    private static String quoted(Column column) {
        return Identifiers.quote(column.name());
    }
}
