package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.postgres.CopyText;
import io.rowback.postgres.Literals;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of a set on their way into its temporary table: as statements with a row a line, for people, or by COPY, which takes a
 * server a quarter of the time. Both have the values read by their types' input functions.
 */
public final class RowLoad {
    private static final int ROWS_OF_VALUES = 1_000;
    private static final int LENGTH_OF_VALUES = 1_000_000;

    private final RowSet set;

    RowLoad(RowSet set) {
        this.set = set;
    }

    /** How many rows there are. */
    public int size() {
        return set.size();
    }

    /** The COPY that takes {@link #line}s. */
    public String copy() {
        return "COPY pg_temp." + set.name() + " FROM STDIN";
    }

    /** The row of that number, from 1 on, as a line of COPY's text format. */
    public byte[] line(int number) {
        List<ColumnValue> values = new ArrayList<>();
        values.add(ColumnValue.of(Integer.toString(number)));
        values.addAll(set.values(number));
        return CopyText.line(values);
    }

    /** Hands over the rows in statements of a bearable length. */
    <E extends Exception> void statements(ScriptSink<E> sink) throws E {
        for (int next = 1; next <= set.size(); ) {
            int from = next;
            StringBuilder values = new StringBuilder("INSERT INTO pg_temp." + set.name() + " VALUES");
            String note = "";
            do {
                values.append(next == from ? "" : ",")
                        .append(note)
                        .append("\n  (")
                        .append(next);
                set.values(next).forEach(value -> values.append(", ").append(Literals.value(value)));
                values.append(')');
                note = RowStatement.note(set.rows().get(next - 1));
                next++;
            } while (next <= set.size() && next - from < ROWS_OF_VALUES && values.length() < LENGTH_OF_VALUES);
            values.append(note).append('\n');
            sink.take(new ScriptStatement(Phase.LOAD, List.of(), values.toString(), next - from));
        }
    }
}
