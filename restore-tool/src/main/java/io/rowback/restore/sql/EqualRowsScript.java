package io.rowback.restore.sql;

import io.rowback.history.Column.Identity;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.EqualRows;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The statements about one table without a key. A temporary table holds its rows with how many equal ones there must be and
 * are to be; while nobody else can write to the table they are counted, and the writes are made if every number is as it
 * must be, none where it is as it is to be already. Rows are compared by the text that the server prints of all their
 * columns together: every type has one, and a text can be hashed.
 */
final class EqualRowsScript {
    private static final int ROWS_OF_VALUES = 1_000;

    private final TableSchema table;
    private final List<EqualRows> rows;
    private final String held;
    private final String target;
    private final List<String> columns;
    private final boolean surplus;
    /** So many rows become others, by the numbers of both. */
    private final Map<List<Integer>, Integer> moves = new LinkedHashMap<>();

    private final Map<Integer, Integer> goes = new HashMap<>();
    private final Map<Integer, Integer> comes = new HashMap<>();

    private EqualRowsScript(List<EqualRows> rows, List<Repair> repairs, int number) {
        this.table = rows.get(0).table();
        this.rows = rows;
        this.held = "rowback_equal_" + number;
        this.target = Identifiers.qualified(table.name());
        this.columns =
                rows.get(0).values().stream().map(cell -> cell.column().name()).toList();
        this.surplus = rows.stream().anyMatch(row -> row.after() < row.before());
        Map<RowKey, Integer> numbers = new HashMap<>();
        rows.forEach(row -> numbers.put(row.key(), numbers.size() + 1));
        for (Repair repair : repairs) {
            if (repair instanceof UpdateRow && repair.table().id().equals(table.id())) {
                Integer from = Objects.requireNonNull(numbers.get(repair.key()));
                Integer to = Objects.requireNonNull(numbers.get(repair.keyAfter()));
                moves.merge(List.of(from, to), 1, Integer::sum);
                goes.merge(from, 1, Integer::sum);
                comes.merge(to, 1, Integer::sum);
            }
        }
    }

    /** The scripts of a plan's tables without a key. */
    static List<EqualRowsScript> of(RestorePlan plan) {
        Map<TableId, List<EqualRows>> tables = new LinkedHashMap<>();
        plan.counts().forEach(row -> tables.computeIfAbsent(row.table().id(), id -> new ArrayList<>())
                .add(row));
        List<EqualRowsScript> scripts = new ArrayList<>();
        tables.values().forEach(rows -> scripts.add(new EqualRowsScript(rows, plan.repairs(), scripts.size() + 1)));
        return scripts;
    }

    /** Loads the rows. */
    List<ScriptStatement> load() {
        List<String> comment = new ArrayList<>();
        comment.add("-- Rows of " + name()
                + ", a table without a key: how many equal ones there must be and are to be. Columns:");
        for (int i = 0; i < columns.size(); i++) {
            comment.add("--   c" + (i + 1) + ": " + PrintableText.oneLine(columns.get(i)));
        }
        List<ScriptStatement> statements = new ArrayList<>();
        statements.add(new ScriptStatement(
                Phase.LOAD,
                comment,
                "CREATE TEMPORARY TABLE " + held + " ON COMMIT DROP AS\n"
                        + "  SELECT 0 AS n, ''::text AS row, 0::bigint AS before, 0::bigint AS after,\n"
                        + "    0::bigint AS deleted, 0::bigint AS inserted, 0::bigint AS found, "
                        + list(i -> "t." + quoted(i) + " AS c" + (i + 1)) + "\n  FROM " + target
                        + " AS t WITH NO DATA",
                0));
        for (int from = 0; from < rows.size(); from += ROWS_OF_VALUES) {
            int to = Math.min(from + ROWS_OF_VALUES, rows.size());
            StringBuilder values = new StringBuilder("INSERT INTO pg_temp." + held + " VALUES");
            for (int i = from; i < to; i++) {
                values.append("\n  ")
                        .append(values(i))
                        .append(i < to - 1 ? "," : "")
                        .append(note(rows.get(i)));
            }
            statements.add(new ScriptStatement(
                    Phase.LOAD, List.of(), values.append('\n').toString(), to - from));
        }
        if (!moves.isEmpty()) {
            statements.add(new ScriptStatement(
                    Phase.LOAD,
                    List.of("-- How many rows of which number become one of which other number."),
                    "CREATE TEMPORARY TABLE " + held + "_moves ON COMMIT DROP AS\n  SELECT * FROM (VALUES\n"
                            + moves.entrySet().stream()
                                    .map(move -> "    (" + move.getKey().get(0) + ", "
                                            + move.getKey().get(1) + ", " + move.getValue() + "::bigint)")
                                    .collect(Collectors.joining(",\n"))
                            + "\n  ) AS v (n, became, times)",
                    0));
        }
        return statements;
    }

    private String values(int index) {
        EqualRows row = rows.get(index);
        return row.values().stream()
                .map(Cell::value)
                .map(Literals::value)
                .collect(Collectors.joining(
                        ", ",
                        "(" + (index + 1) + ", " + Literals.quote(RowText.key(table, row.key())) + ", " + row.before()
                                + ", " + row.after() + ", " + deleted(index) + ", " + inserted(index) + ", 0, ",
                        ")"));
    }

    /** So many rows go and do not become others. */
    private long deleted(int index) {
        EqualRows row = rows.get(index);
        return Math.max(0, row.before() - row.after()) - goes.getOrDefault(index + 1, 0);
    }

    /** So many rows come that no others become. */
    private long inserted(int index) {
        EqualRows row = rows.get(index);
        return Math.max(0, row.after() - row.before()) - comes.getOrDefault(index + 1, 0);
    }

    private static String note(EqualRows row) {
        return row.causes().stream()
                .map(cause -> cause.transaction().id().toString())
                .distinct()
                .reduce((one, other) -> one + ", " + other)
                .map(causes -> " -- touched by transaction " + causes)
                .orElse("");
    }

    /** Locks the table, counts, and fails unless each number is as it must be or as it is to be. */
    List<ScriptStatement> guard() {
        List<String> comment =
                List.of("-- Nobody else writes to " + name() + " from here on, so that its rows can be counted.");
        List<String> lines = new ArrayList<>();
        lines.add("  SELECT v.row || " + Literals.quote(" is there ") + " || v.found || "
                + Literals.quote(" times, and not ") + " || v.before INTO wrong");
        lines.add("    FROM pg_temp." + held + " AS v WHERE v.found NOT IN (v.before, v.after) ORDER BY v.n LIMIT 1;");
        lines.addAll(complaint(RowStatement.HINT));
        if (surplus) {
            lines.add("  IF (SELECT min((v.found = v.before)::int) <> max((v.found = v.before)::int) FROM pg_temp."
                    + held + " AS v) THEN");
            lines.add("    RAISE EXCEPTION USING MESSAGE = " + Literals.quote(name() + ": rows were put back in part")
                    + ",");
            lines.add("      HINT = " + Literals.quote(RowStatement.HINT) + ";");
            lines.add("  END IF;");
        }
        return List.of(
                new ScriptStatement(
                        Phase.LOCK, comment, "LOCK TABLE ONLY " + target + " IN SHARE ROW EXCLUSIVE MODE", rows.size()),
                new ScriptStatement(Phase.GUARD, List.of(), "ANALYZE pg_temp." + held, 0),
                new ScriptStatement(Phase.GUARD, List.of(), count(), 0),
                new ScriptStatement(Phase.GUARD, List.of(), Block.declaring("wrong text", lines), 0));
    }

    private String count() {
        return "UPDATE pg_temp." + held + " AS v SET found = c.found\n"
                + "  FROM (SELECT v.n, count(t.ctid) AS found FROM pg_temp." + held + " AS v LEFT JOIN ONLY " + target
                + " AS t\n    ON " + same() + " GROUP BY v.n) AS c\n  WHERE c.n = v.n";
    }

    private List<String> complaint(String hint) {
        return List.of(
                "  IF wrong IS NOT NULL THEN",
                "    RAISE EXCEPTION USING MESSAGE = " + Literals.quote(name() + " ") + " || wrong,",
                "      HINT = " + Literals.quote(hint) + ";",
                "  END IF;");
    }

    /** Deletes what becomes nothing else; it may refer to rows that go as well. */
    List<ScriptStatement> deletes() {
        long deleted = IntStream.range(0, rows.size()).mapToLong(this::deleted).sum();
        return write(
                "deleted",
                deleted,
                "DELETE FROM ONLY " + target + " AS t\n  USING " + copies("v.deleted > 0")
                        + " AS s\n  WHERE t.ctid = s.place AND s.copy <= s.deleted");
    }

    /** Updates what becomes something else, and inserts what is missing then. */
    List<ScriptStatement> writes() {
        long updated = moves.values().stream().mapToLong(Integer::longValue).sum();
        List<ScriptStatement> writes = new ArrayList<>(write(
                "updated",
                updated,
                "UPDATE ONLY " + target + " AS t\n  SET " + list(i -> quoted(i) + " = w.c" + (i + 1)) + "\n  FROM "
                        + copies("v.after < v.before")
                        + " AS s\n  JOIN (SELECT m.n, m.became, row_number() OVER (PARTITION BY m.n"
                        + " ORDER BY m.became) AS copy\n    FROM pg_temp." + held
                        + "_moves AS m, generate_series(1::bigint, m.times)) AS m ON m.n = s.n AND m.copy = s.copy\n  JOIN pg_temp."
                        + held + " AS w ON w.n = m.became\n  WHERE t.ctid = s.place"));
        long inserted =
                IntStream.range(0, rows.size()).mapToLong(this::inserted).sum();
        boolean overriding = table.columns().stream().anyMatch(column -> column.identity() == Identity.ALWAYS);
        writes.addAll(write(
                "inserted",
                inserted,
                "INSERT INTO " + target + " (" + Identifiers.list(columns) + ")"
                        + (overriding ? " OVERRIDING SYSTEM VALUE" : "") + "\n  SELECT " + list(i -> "w.c" + (i + 1))
                        + "\n  FROM pg_temp." + held
                        + " AS w, generate_series(1::bigint, w.inserted)\n  WHERE w.found = w.before"));
        return writes;
    }

    private List<ScriptStatement> write(String what, long count, String sql) {
        String comment = "-- " + name() + ": " + count + " to be " + what;
        return count == 0
                ? List.of()
                : List.of(new ScriptStatement(Phase.WRITE, List.of(comment), sql, Math.toIntExact(count)));
    }

    /** The equal rows that are there, those of each number counted through. */
    private String copies(String which) {
        return "(SELECT v.n, v.deleted, t.ctid AS place, row_number() OVER (PARTITION BY v.n ORDER BY t.ctid) AS copy\n    FROM pg_temp."
                + held + " AS v JOIN ONLY " + target + " AS t ON " + same() + "\n    WHERE v.found = v.before AND "
                + which
                + ")";
    }

    /** Fails unless there are as many of each as are to be. */
    ScriptStatement check(List<String> comment) {
        List<String> lines = new ArrayList<>();
        lines.add("  SELECT max(v.row) || " + Literals.quote(" is there ") + " || count(t.ctid) || "
                + Literals.quote(" times, and not ") + " || max(v.after) INTO wrong");
        lines.add("    FROM pg_temp." + held + " AS v LEFT JOIN ONLY " + target + " AS t ON " + same());
        lines.add("    GROUP BY v.n HAVING count(t.ctid) <> max(v.after) ORDER BY v.n LIMIT 1;");
        lines.addAll(complaint(RowStatement.hint(table)));
        return new ScriptStatement(Phase.VERIFY, comment, Block.declaring("wrong text", lines), rows.size());
    }

    private String same() {
        return record(i -> "t." + quoted(i)) + " = " + record(i -> "v.c" + (i + 1)) + " COLLATE \"C\"";
    }

    private String record(Function<Integer, String> column) {
        return "ROW(" + list(column) + ")::text";
    }

    private String list(Function<Integer, String> column) {
        List<String> list = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            list.add(column.apply(i));
        }
        return String.join(", ", list);
    }

    /** A query that prints each of the rows of which there are not as many as are to be; for a session without our temporary table. */
    String verify() {
        List<String> casts = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            casts.add("v.c" + (i + 1) + "::" + table.column(columns.get(i)).type());
        }
        String values = rows.stream()
                .map(row -> row.values().stream()
                        .map(cell -> Literals.value(cell.value()))
                        .collect(Collectors.joining(
                                ", ",
                                "    (" + Literals.quote(RowText.key(table, row.key())) + ", " + row.after() + ", ",
                                ")")))
                .collect(Collectors.joining(",\n"));
        return "SELECT " + Literals.quote(name())
                + " AS \"table\", v.row, 'is there ' || count(t.ctid) || ' times, and not ' || v.after AS problem\n"
                + "  FROM (VALUES\n" + values + "\n  ) AS v (row, after, " + list(i -> "c" + (i + 1)) + ")\n"
                + "  LEFT JOIN ONLY " + target + " AS t ON " + record(i -> "t." + quoted(i)) + " = ROW("
                + String.join(", ", casts) + ")::text COLLATE \"C\"\n"
                + "  GROUP BY v.row, v.after HAVING count(t.ctid) <> v.after;";
    }

    private String quoted(int column) {
        return Identifiers.quote(columns.get(column));
    }

    private String name() {
        return PrintableText.oneLine(table.name().toString());
    }
}
