package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.postgres.CopyText;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.Ahead;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cause;
import io.rowback.restore.sql.RowSet.Range;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The rows of a set on their way into its temporary table: as statements with a row a line, for people, or by COPY, which takes a
 * server a quarter of the time. Both have the values read by their types' input functions.
 */
public final class RowLoad {
    private static final int ROWS_OF_VALUES = 1_000;
    private static final int BYTES_OF_VALUES = 1_000_000;

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
        try (Ahead<Range, ScriptStatement> statements = new Ahead<>(new Stretches(set), this::statement)) {
            while (statements.hasNext()) {
                sink.take(statements.next());
            }
        }
    }

    private ScriptStatement statement(Range range) {
        StringBuilder values = new StringBuilder("INSERT INTO pg_temp." + set.name() + " VALUES");
        String name = " -- " + set.tableName() + " ";
        List<Cause> causes = List.of();
        String by = "";
        for (int number = range.from(); number <= range.to(); number++) {
            values.append("\n  (").append(number);
            for (ColumnValue value : set.values(number)) {
                Literals.append(values.append(", "), value);
            }
            values.append(number < range.to() ? ")," : ")");
            Repair row = set.rows().get(number - 1);
            if (by.isEmpty() || !causes.equals(row.causes())) {
                causes = row.causes();
                by = ": " + RowStatement.by(row);
            }
            values.append(name).append(RowText.key(row.table(), row.key())).append(by);
        }
        values.append('\n');
        return new ScriptStatement(Phase.LOAD, List.of(), values.toString(), range.size());
    }

    /** The stretches of a set that are a statement each, told by what their values take. */
    private static final class Stretches implements Iterator<Range> {
        private final RowSet set;
        private int from = 1;

        Stretches(RowSet set) {
            this.set = set;
        }

        @Override
        public boolean hasNext() {
            return from <= set.size();
        }

        @Override
        public Range next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            int to = from;
            long bytes = set.rows().get(from - 1).bytes();
            while (to < set.size() && to - from + 1 < ROWS_OF_VALUES && bytes < BYTES_OF_VALUES) {
                bytes += set.rows().get(to).bytes();
                to++;
            }
            Range range = new Range(set, from, to);
            from = to + 1;
            return range;
        }
    }
}
