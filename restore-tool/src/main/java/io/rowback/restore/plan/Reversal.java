package io.rowback.restore.plan;

import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** The plan that takes a plan back: the opposite writes in the opposite order, each guarded by what the plan had written. */
public final class Reversal {
    private Reversal() {}

    /** The plan that leads every column that {@code plan} writes back to what it held before. */
    public static RestorePlan of(RestorePlan plan) {
        List<List<Repair>> statements = new ArrayList<>();
        for (List<Repair> statement : plan.statements()) {
            statements.add(statement.stream().map(Reversal::of).toList());
        }
        Collections.reverse(statements);
        return new RestorePlan(
                plan.request(),
                plan.history(),
                plan.transactions(),
                plan.definitions(),
                plan.tables(),
                plan.forms(),
                statements,
                plan.singly(),
                plan.counts().stream().map(EqualRows::reversed).toList(),
                List.of(),
                List.of(),
                Map.of());
    }

    private static Repair of(Repair repair) {
        if (repair instanceof InsertRow) {
            return new DeleteRow(repair.table(), repair.key(), repair.wanted(), repair.causes());
        }
        if (repair instanceof DeleteRow) {
            return new InsertRow(repair.table(), repair.key(), repair.expected(), repair.causes());
        }
        return new UpdateRow(
                repair.table(),
                repair.keyAfter(),
                /* wanted= */ repair.expected(),
                /* expected= */ repair.wanted(),
                repair.causes());
    }
}
