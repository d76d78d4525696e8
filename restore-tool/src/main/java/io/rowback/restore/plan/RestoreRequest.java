package io.rowback.restore.plan;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks for.
 *
 * @param scope the incident
 * @param at null to undo what the scope did; else the rows are to be as they were after all commits below
 * @param columns which columns of rows that exist are put back
 * @param operations which of the scope's operations are undone
 * @param onConflict what to do where somebody changed a row since
 * @param allowIncomplete whether the rest is planned although some rows must be refused
 * @param maxRows the largest plan
 * @param triggers what becomes of the tables' triggers meanwhile
 */
public record RestoreRequest(
        Scope scope,
        @Nullable Lsn at,
        ColumnChoice columns,
        Set<Operation> operations,
        ConflictMode onConflict,
        boolean allowIncomplete,
        int maxRows,
        TriggerMode triggers) {
    public RestoreRequest {
        operations = Set.copyOf(operations);
    }

    /** A request that lets triggers fire. */
    public RestoreRequest(
            Scope scope,
            @Nullable Lsn at,
            ColumnChoice columns,
            Set<Operation> operations,
            ConflictMode onConflict,
            boolean allowIncomplete,
            int maxRows) {
        this(scope, at, columns, operations, onConflict, allowIncomplete, maxRows, TriggerMode.KEEP);
    }

    /** What becomes of the triggers of the tables that are written to. */
    public enum TriggerMode {
        /** They fire as they do for everybody. */
        KEEP,
        /** They are disabled within the transaction, which takes a lock that keeps others from writing to the table. */
        DISABLE
    }

    /** What to do where somebody changed a row since the scope did. */
    public enum ConflictMode {
        /** No SQL at all. */
        REFUSE,
        /** Leave the column; where the conflict is the row's, leave the row and what hangs on it. */
        SKIP,
        /** Write over it, guarded on the value that was seen. */
        OVERWRITE
    }

    /**
     * A choice of columns. It does not concern rows that are gone: they come back whole.
     *
     * @param only these; empty for all
     * @param except all but these
     */
    public record ColumnChoice(Set<String> only, Set<String> except) {
        public static final ColumnChoice ALL = new ColumnChoice(Set.of(), Set.of());

        public ColumnChoice {
            only = Set.copyOf(only);
            except = Set.copyOf(except);
        }

        /** The same of one table, a column of which may also be named as it was once called, if none is called so now. */
        ColumnChoice of(TableInfo table) {
            return equals(ALL) ? this : new ColumnChoice(named(only, table), named(except, table));
        }

        private static Set<String> named(Set<String> columns, TableInfo table) {
            TableSchema now = table.schema();
            Set<String> named = new HashSet<>(columns);
            for (String column : columns) {
                if (now.indexOf(column) < 0) {
                    table.schemas().stream()
                            .map(TableInfo.SchemaVersion::schema)
                            .filter(then -> then.indexOf(column) >= 0)
                            .mapToInt(then -> now.indexOfSame(then.column(column)))
                            .filter(index -> index >= 0)
                            .forEach(index -> named.add(now.columns().get(index).name()));
                }
            }
            return named;
        }

        boolean includes(String column) {
            return (only.isEmpty() || only.contains(column)) && !except.contains(column);
        }
    }

    boolean undoes(Operation operation) {
        // What the scope inserted is never wanted back; whether it is removed is another question.
        return operation == Operation.INSERT || asksFor(operation);
    }

    /** Whether this operation is named as one to undo; a TRUNCATE is as the deletion of its rows. */
    boolean asksFor(Operation operation) {
        return operations.contains(operation == Operation.TRUNCATE ? Operation.DELETE : operation);
    }

    /**
     * Refuses a plan of so many rows if that is more than allowed.
     *
     * @throws RowbackException of code REFUSED
     */
    void refuseMoreThanAllowed(long rows) {
        if (rows > maxRows) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "the plan has " + rows + " rows, more than the " + maxRows + " that are allowed",
                    "Narrow it by --table, --key-range or --where, or allow as many with --max-rows.");
        }
    }
}
