package io.rowback.restore.plan;

import io.rowback.history.Lsn;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.Finding.Refusal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is to be written so that the rows are put back, and what is in the way.
 *
 * @param request what was asked for
 * @param history what the history told of itself when the rows were looked at
 * @param transactions the scope's transactions that damaged rows of the plan, oldest first
 * @param definitions tables and columns that are gone and are made anew first; of a {@link Reversal} those that go again
 * @param tables the tables that are written to, parents first
 * @param forms what the catalog said of the tables besides, when the history's writer looked last
 * @param statements the writes in the order in which they must happen; those that need each other are together in one
 * @param singly tables of which each row is a statement of its own, since rows take what others give up by an index that the
 *     history does not know
 * @param counts the writes to tables without a key once more: how many equal rows there are to be
 * @param findings conflicts and refused rows
 * @param missing stretches of the scope's windows that the history does not hold, for people: what was damaged there is
 *     not part of the plan
 * @param leftInserted rows that the scope inserted and that stay, by table
 */
public record RestorePlan(
        RestoreRequest request,
        StoreInfo history,
        List<Transaction> transactions,
        List<Definition> definitions,
        List<TableSchema> tables,
        List<TableForm> forms,
        List<List<Repair>> statements,
        Set<TableId> singly,
        List<EqualRows> counts,
        List<Finding> findings,
        List<String> missing,
        Map<TableName, Long> leftInserted) {
    public RestorePlan {
        transactions = List.copyOf(transactions);
        definitions = List.copyOf(definitions);
        tables = List.copyOf(tables);
        forms = List.copyOf(forms);
        statements = statements.stream().map(List::copyOf).toList();
        singly = Set.copyOf(singly);
        counts = List.copyOf(counts);
        findings = List.copyOf(findings);
        missing = List.copyOf(missing);
        // Not Map.copyOf, whose order is another in each process.
        leftInserted = Collections.unmodifiableMap(new TreeMap<>(leftInserted));
    }

    /** The plan that makes a definition anew, with the rows of its table. */
    static RestorePlan ofDefinition(
            RestoreRequest request,
            StoreInfo history,
            Definition definition,
            TableSchema table,
            List<List<Repair>> rows,
            List<EqualRows> counts,
            List<Finding> findings) {
        return new RestorePlan(
                request,
                history,
                List.of(),
                List.of(definition),
                List.of(table),
                List.of(),
                rows,
                Set.of(),
                counts,
                findings,
                List.of(),
                Map.of());
    }

    /** How a plan ends. */
    public enum Outcome {
        /** Everything that the scope damaged is put back, or there is nothing to do. */
        WHOLE,
        /** Something was left out, each thing listed. */
        PARTIAL,
        /** Nothing may be written. */
        REFUSED
    }

    /** The durable position at which the rows were looked at. */
    public Lsn seen() {
        return history.durable();
    }

    /** All writes, in order. */
    public List<Repair> repairs() {
        List<Repair> repairs = new ArrayList<>();
        statements.forEach(repairs::addAll);
        return repairs;
    }

    /** How many rows are written. */
    public int rows() {
        return statements.stream().mapToInt(List::size).sum();
    }

    /** How many rows of each table are written how, the tables as they come first. */
    public Map<TableName, Map<Repair.Action, Integer>> writes() {
        Map<TableName, Map<Repair.Action, Integer>> writes = new LinkedHashMap<>();
        for (List<Repair> statement : statements) {
            for (Repair repair : statement) {
                writes.computeIfAbsent(repair.table().name(), table -> new EnumMap<>(Repair.Action.class))
                        .merge(repair.action(), 1, Integer::sum);
            }
        }
        return writes;
    }

    /** The writes to tables with a key. */
    public List<List<Repair>> keyed() {
        return statements.stream().filter(rows -> rows.get(0).table().hasKey()).toList();
    }

    /** The rows that cannot be put back. */
    public List<Finding> refusals() {
        return findings.stream().filter(Refusal.class::isInstance).toList();
    }

    /** The columns and rows that somebody changed since. */
    public List<Finding> conflicts() {
        return findings.stream()
                .filter(finding -> !(finding instanceof Refusal))
                .toList();
    }

    /** Whether tables are made anew, which have no triggers then. */
    public boolean makesTables() {
        return definitions.stream().anyMatch(Definition::isOfTable);
    }

    /** Whether there is nothing to write. */
    public boolean isEmpty() {
        return statements.isEmpty() && definitions.isEmpty();
    }

    private boolean whole() {
        return refusals().isEmpty() && missing.isEmpty();
    }

    /** Whether it may be written, and whether that is all. */
    public Outcome outcome() {
        RestoreRequest.ConflictMode mode = request.onConflict();
        boolean conflicts = !conflicts().isEmpty();
        if ((conflicts && mode == RestoreRequest.ConflictMode.REFUSE) || (!whole() && !request.allowIncomplete())) {
            return Outcome.REFUSED;
        }
        boolean leftOut = conflicts && mode == RestoreRequest.ConflictMode.SKIP;
        return leftOut || !whole() ? Outcome.PARTIAL : Outcome.WHOLE;
    }
}
