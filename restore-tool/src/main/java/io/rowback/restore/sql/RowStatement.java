package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** One write of a plan as SQL: what it does, in a comment; the guarded statement; the check that its row is right now. */
final class RowStatement {
    static final String HINT =
            "Somebody changed it after this script was made: make it anew. Or a rule of the table, or a"
                    + " trigger that is new, keeps it from being written. Nothing was written.";
    private static final String TRIGGER_HINT =
            "Either somebody changed it after this script was made: make it anew. Or a"
                    + " trigger of the table rewrote it, of those that its header lists: leave the trigger's columns out with --except-columns,"
                    + " or keep it from firing with --triggers disable. Nothing was written.";

    private final Repair repair;
    private final TableSchema table;
    private final String name;

    RowStatement(Repair repair) {
        this.repair = repair;
        this.table = repair.table();
        this.name = RowText.name(table, repair.key());
    }

    /** What is put back, who took it, and for a row that is there each column's value before and after; comment lines. */
    List<String> comment() {
        List<String> lines = new ArrayList<>();
        String by = by(repair, true);
        if (repair instanceof UpdateRow update) {
            lines.add("-- " + name + ": " + by);
            for (int i = 0; i < update.wanted().size(); i++) {
                Cell wanted = update.wanted().get(i);
                Cell expected = update.expected().get(i);
                lines.add("--   "
                        + PrintableText.oneLine(wanted.column().name()) + ": "
                        + RowText.value(expected.value()) + " -> " + RowText.value(wanted.value()));
            }
        } else {
            lines.add("-- " + name + ": " + by + (repair instanceof InsertRow ? "; comes back whole" : "; goes"));
        }
        return lines;
    }

    /** Who took the row, for the end of a line. */
    static String by(Repair repair) {
        return by(repair, false);
    }

    private static String by(Repair repair, boolean timed) {
        if (repair.causes().isEmpty()) {
            return repair instanceof UpdateRow ? "gone with its column" : "gone with its table";
        }
        if (repair.causes().size() == 1) {
            return by(repair.causes().get(0), timed);
        }
        return repair.causes().stream()
                .map(cause -> by(cause, timed))
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private static String by(Repair.Cause cause, boolean timed) {
        return word(cause.operation()) + " by transaction "
                + cause.transaction().id()
                + (timed ? " at " + cause.transaction().time() : "");
    }

    private static String word(Operation operation) {
        return switch (operation) {
            case INSERT -> "inserted";
            case UPDATE -> "updated";
            case DELETE -> "deleted";
            case TRUNCATE -> "truncated";
        };
    }

    /** The write, on its own or as a part of a statement with others; it does nothing where nothing is to be done. */
    String write() {
        if (repair instanceof InsertRow insert) {
            return insertInto(insert) + "\n  SELECT " + values(insert) + "\n  WHERE NOT EXISTS (SELECT FROM " + only()
                    + " WHERE " + found() + ")";
        }
        return modification();
    }

    private String modification() {
        if (repair instanceof UpdateRow update) {
            String assignments = update.wanted().stream()
                    .map(cell -> Identifiers.quote(cell.column().name()) + " = " + Literals.value(cell.value()))
                    .collect(Collectors.joining(",\n      "));
            return "UPDATE " + only() + "\n  SET " + assignments + "\n  WHERE "
                    + matches(repair.key(), update.expected(), "    ");
        }
        return "DELETE FROM " + only() + "\n  WHERE " + matches(repair.key(), repair.expected(), "    ");
    }

    /** A query of where the row is, for a write that will find it: its table, place, and the columns updated. */
    String places() {
        return "SELECT tableoid, ctid, " + updated(repair) + " FROM ONLY " + target() + "\n    WHERE "
                + matches(repair.key(), repair.expected(), "      ");
    }

    /** The columns that a write updates as an array, NULL of one that deletes. */
    static String updated(Repair repair) {
        return repair instanceof UpdateRow
                ? Literals.texts(
                        repair.wanted().stream().map(cell -> cell.column().name()))
                : "NULL::text[]";
    }

    /** Lines of a block that fail unless the row is what it is to be, by our hand or already before. */
    List<String> check() {
        List<String> lines = new ArrayList<>();
        if (repair instanceof DeleteRow) {
            lines.add("  IF EXISTS (SELECT FROM " + only() + " WHERE " + found() + ") THEN");
        } else {
            lines.add("  IF NOT EXISTS (SELECT FROM " + only());
            lines.add("      WHERE " + matches(repair.keyAfter(), repair.wanted(), "        ") + ") THEN");
        }
        lines.add("    RAISE EXCEPTION USING MESSAGE = " + Literals.quote(name + complaint(repair)) + ",");
        lines.add("      HINT = " + Literals.quote(hint(table)) + ";");
        lines.add("  END IF;");
        return lines;
    }

    /** What is wrong with a row that is not what this write was to make of it, behind the row's name. */
    static String complaint(Repair repair) {
        if (repair instanceof InsertRow) {
            return " is not there with the values that are to be put back";
        }
        return repair instanceof UpdateRow
                ? " holds neither what is to be replaced nor what is to be put back"
                : " does not hold what is to be deleted";
    }

    /** Making the script anew does not help against a trigger that will rewrite the row again. */
    static String hint(TableSchema table) {
        boolean triggers = table.triggers().stream().anyMatch(TriggerSwitch::fires);
        return triggers ? TRIGGER_HINT : HINT;
    }

    /** Whether a column of these rows has the name of the variable FOUND. */
    static boolean shadowsVariable(List<RowStatement> rows) {
        return rows.stream().anyMatch(row -> row.table.indexOf("found") >= 0);
    }

    /** The condition that finds the row of this key while it holds these values; one line for each of them. */
    private String matches(RowKey key, List<Cell> cells, String indent) {
        Set<String> conditions = new LinkedHashSet<>(ExactMatch.key(table, key));
        String found = String.join(" AND ", conditions);
        StringBuilder condition = new StringBuilder(found);
        for (Cell cell : cells) {
            String exact = ExactMatch.of(cell.column(), cell.value());
            if (conditions.add(exact)) {
                condition.append('\n').append(indent).append("AND ").append(exact);
            }
        }
        return condition.toString();
    }

    private String insertInto(InsertRow insert) {
        List<Column> columns = insert.wanted().stream().map(Cell::column).toList();
        boolean overriding = columns.stream().anyMatch(column -> column.identity() == Column.Identity.ALWAYS);
        return "INSERT INTO " + target() + " ("
                + Identifiers.list(columns.stream().map(Column::name).toList()) + ")"
                + (overriding ? " OVERRIDING SYSTEM VALUE" : "");
    }

    private static String values(InsertRow insert) {
        return insert.wanted().stream()
                .map(cell -> Literals.value(cell.value()))
                .collect(Collectors.joining(", "));
    }

    /** The condition that finds the row. */
    String found() {
        return matches(repair.key(), List.of(), "");
    }

    /** The table without what inherits from it: rows of those tables are not its own. */
    private String only() {
        return "ONLY " + target();
    }

    private String target() {
        return Identifiers.qualified(table.name());
    }
}
