package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Identities and serials that would hand out a number that is in use again; they are never moved back. */
final class SequenceAdvance {
    private SequenceAdvance() {}

    /** The statements that move the sequences of rows that come back. */
    static List<ScriptStatement> of(RestorePlan plan) {
        List<ScriptStatement> statements = new ArrayList<>();
        highest(plan).forEach((name, highest) -> {
            String sequence = Literals.typed(name, "regclass");
            statements.add(new ScriptStatement(
                    Phase.SEQUENCES,
                    List.of("-- " + PrintableText.oneLine(name) + " must not hand out " + highest
                            + " again; it is never moved backwards."),
                    Block.of(
                            List.of(
                                    "  IF (SELECT last_value < " + highest + " OR (last_value = " + highest
                                            + " AND NOT is_called) FROM " + name + ")",
                                    "      AND (SELECT seqincrement > 0 FROM pg_sequence WHERE seqrelid = " + sequence
                                            + ") THEN",
                                    "    PERFORM setval(" + sequence + ", " + highest + ");",
                                    "  END IF;"),
                            false),
                    0));
        });
        return statements;
    }

    private static Map<String, BigInteger> highest(RestorePlan plan) {
        Map<String, BigInteger> highest = new TreeMap<>();
        for (List<Repair> statement : plan.statements()) {
            for (Repair repair : statement) {
                if (repair instanceof InsertRow insert) {
                    for (Repair.Cell cell : insert.cells()) {
                        String sequence = cell.column().sequence();
                        if (sequence != null && cell.value() instanceof ColumnValue.Text text) {
                            highest.merge(sequence, new BigInteger(text.text()), BigInteger::max);
                        }
                    }
                }
            }
        }
        return highest;
    }
}
