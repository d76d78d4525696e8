package io.rowback.restore.sql;

import io.rowback.history.Column;
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
public final class SequenceAdvance {
    /** So many numbers are drawn within a second. */
    private static final int MOST_DRAWN = 100_000;

    private SequenceAdvance() {}

    /** Whether a rising sequence is so far behind that it is set, which its owner alone can do, and not moved by drawing numbers. */
    public static boolean isSet(BigInteger last, BigInteger highest, long increment) {
        return highest.subtract(last).compareTo(BigInteger.valueOf(increment).multiply(BigInteger.valueOf(MOST_DRAWN)))
                > 0;
    }

    /** The statements that move the sequences of rows that come back. */
    static List<ScriptStatement> of(RestorePlan plan) {
        List<ScriptStatement> statements = new ArrayList<>();
        highest(plan).forEach((name, highest) -> {
            statements.add(new ScriptStatement(
                    Phase.SEQUENCES,
                    List.of("-- " + PrintableText.oneLine(name) + " must not hand out " + highest
                            + " again; it is never moved backwards."),
                    Block.declaring("behind numeric", lines(name, highest)),
                    0));
        });
        return statements;
    }

    /**
     * Others draw numbers meanwhile, so the sequence is moved by drawing numbers as well. Where that would take too many, it
     * is set, which keeps others from drawing until COMMIT: ALTER SEQUENCE, which changes nothing, takes that lock.
     */
    private static List<String> lines(String name, BigInteger highest) {
        String sequence = Literals.typed(name, "regclass");
        String is = " WHERE q.seqrelid = " + sequence;
        return List.of(
                "  SELECT ceil((" + highest + " - s.last_value::numeric) / q.seqincrement) INTO behind",
                "    FROM " + name + " s, pg_sequence q" + is + " AND q.seqincrement > 0",
                "     AND (s.last_value < " + highest + " OR (s.last_value = " + highest + " AND NOT s.is_called));",
                "  IF behind > " + MOST_DRAWN + " THEN",
                "    EXECUTE (SELECT " + Literals.quote("ALTER SEQUENCE " + name + " START WITH ")
                        + " || q.seqstart FROM pg_sequence q" + is + ");",
                "    IF (SELECT s.last_value < " + highest + " FROM " + name + " s) THEN",
                "      PERFORM setval(" + sequence + ", " + highest + ");",
                "    END IF;",
                "  ELSIF behind >= 0 THEN",
                "    FOR i IN 0..behind LOOP",
                "      EXIT WHEN nextval(" + sequence + ") >= " + highest + ";",
                "    END LOOP;",
                "  END IF;");
    }

    private static Map<String, BigInteger> highest(RestorePlan plan) {
        Map<String, BigInteger> highest = new TreeMap<>();
        for (List<Repair> repairs : plan.statements()) {
            for (Repair repair : repairs) {
                raise(highest, repair);
            }
        }
        return highest;
    }

    /** Raises the highest value of each sequence, which is named as SQL, to what a row that comes back holds of it. */
    public static void raise(Map<String, BigInteger> highest, Repair repair) {
        if (!(repair instanceof InsertRow)) {
            return;
        }
        for (Column column : repair.table().columns()) {
            String sequence = column.sequence();
            if (sequence != null && repair.written(column.name()) instanceof ColumnValue.Text text) {
                highest.merge(sequence, new BigInteger(text.text()), BigInteger::max);
            }
        }
    }
}
