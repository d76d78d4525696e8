package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.Finding.ColumnConflict;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A request in the making, and plans in lines that a test can compare. */
final class Planning {
    private Scope scope;
    private @Nullable Lsn at;
    private ColumnChoice columns = ColumnChoice.ALL;
    private Set<Operation> operations = Set.of(Operation.DELETE, Operation.UPDATE);
    private ConflictMode onConflict = ConflictMode.REFUSE;
    private boolean allowIncomplete;
    private int maxRows = 1_000;

    private Planning(Scope scope) {
        this.scope = scope;
    }

    static Planning undoing(Transaction... transactions) {
        List<Scope.Window> windows = Arrays.stream(transactions)
                .map(transaction -> Scope.Window.of(transaction.commit()))
                .toList();
        return new Planning(new Scope(windows, false, List.of()));
    }

    static Planning undoing(Lsn from, Lsn to) {
        return new Planning(new Scope(List.of(new Scope.Window(from, to)), false, List.of()));
    }

    Planning of(Scope.Narrowing... narrowings) {
        scope = new Scope(scope.windows(), false, List.of(narrowings));
        return this;
    }

    Planning of(Scope other) {
        scope = other;
        return this;
    }

    Planning at(Lsn lsn) {
        at = lsn;
        return this;
    }

    Planning columns(Set<String> only, Set<String> except) {
        columns = new ColumnChoice(only, except);
        return this;
    }

    Planning operations(Operation... chosen) {
        operations = Set.of(chosen);
        return this;
    }

    Planning onConflict(ConflictMode mode) {
        onConflict = mode;
        return this;
    }

    Planning allowIncomplete() {
        allowIncomplete = true;
        return this;
    }

    Planning maxRows(int rows) {
        maxRows = rows;
        return this;
    }

    RestorePlan plan(HistoryReader history) {
        return RestorePlanner.plan(history, request());
    }

    RestoreRequest request() {
        return new RestoreRequest(scope, at, columns, operations, onConflict, allowIncomplete, maxRows);
    }

    /** Each write in a line, {@code update users 1: name b->a}, in order; those of one statement joined by a plus sign. */
    static List<String> writes(RestorePlan plan) {
        return plan.statements().stream()
                .map(statement -> statement.stream().map(Planning::write).collect(Collectors.joining(" + ")))
                .toList();
    }

    private static String write(Repair repair) {
        String row = repair.table().name() + " " + repair.key();
        if (repair instanceof InsertRow insert) {
            return "insert " + row + ": "
                    + insert.wanted().stream().map(cell -> cell.value() + "").collect(Collectors.joining(","));
        }
        if (repair instanceof DeleteRow) {
            return "delete " + row;
        }
        UpdateRow update = (UpdateRow) repair;
        StringBuilder line = new StringBuilder("update " + row + ":");
        for (int i = 0; i < update.wanted().size(); i++) {
            Cell wanted = update.wanted().get(i);
            line.append(' ').append(wanted.column().name()).append(' ');
            line.append(update.expected().get(i).value()).append("->").append(wanted.value());
        }
        return line.toString();
    }

    /** Each finding in a line, {@code users 1.name: reason}. */
    static List<String> findings(RestorePlan plan) {
        return plan.findings().stream()
                .map(finding -> finding.table().name() + " " + finding.key()
                        + (finding instanceof ColumnConflict conflict ? "." + conflict.column() : "") + ": "
                        + finding.reason())
                .toList();
    }
}
