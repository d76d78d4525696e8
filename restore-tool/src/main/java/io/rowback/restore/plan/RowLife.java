package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The life of one row from the scope's first change of it on, across changes of its key.
 *
 * @param table the row's table
 * @param key the key by which the row is named to people: that of its first step
 * @param last the key under which it was last found
 * @param steps what happened to it, in commit order
 * @param now what is there, null if there is none; until that was asked for the last image in the history
 * @param changedUnseen whether what is there is not what the history holds last
 * @param problem why the life cannot be told, null if it can; then nothing else is to be relied on
 */
record RowLife(
        TableInfo table,
        RowKey key,
        RowKey last,
        List<Step> steps,
        @Nullable RowImage now,
        boolean changedUnseen,
        @Nullable String problem) {
    RowLife {
        steps = List.copyOf(steps);
    }

    /** One change of the row, with the images around it as far as the history knows them. */
    record Step(
            Change change,
            boolean inScope,
            @Nullable RowImage before,
            @Nullable RowImage after) {}

    /** A life that cannot be told. */
    static RowLife untold(TableInfo table, RowKey key, String problem) {
        return new RowLife(table, key, key, List.of(), null, false, problem);
    }

    /** Whether there is something to tell: the scope touched the row, and what happened to it is known. */
    boolean isTold() {
        return problem == null && !steps.isEmpty();
    }

    /** The same life, when this is what is there now. */
    RowLife met(@Nullable RowImage there) {
        boolean changed;
        if (now == null || there == null) {
            changed = !Objects.equals(now, there);
        } else {
            changed = !there.contradictions(now).isEmpty();
        }
        return new RowLife(table, key, last, steps, there, changed, problem);
    }

    /** The index of the last step for which it holds, or -1. */
    int last(Predicate<Step> predicate) {
        for (int i = steps.size() - 1; i >= 0; i--) {
            if (predicate.test(steps.get(i))) {
                return i;
            }
        }
        return -1;
    }

    /** The row just after the last of these steps, had they not happened. Others' changes between them did happen. */
    @Nullable
    RowImage without(Predicate<Step> undone) {
        return replay(undone).row();
    }

    /**
     * Whether somebody inserted the row with other values after one of these steps had deleted it and before the last of them:
     * had they not happened both could not be there.
     */
    boolean insertedBetween(Predicate<Step> undone) {
        return replay(undone).inserted();
    }

    private record Replay(@Nullable RowImage row, boolean inserted) {}

    private Replay replay(Predicate<Step> undone) {
        int end = last(undone);
        int begin = 0;
        while (!undone.test(steps.get(begin))) {
            begin++;
        }
        RowImage row = steps.get(begin).before();
        boolean inserted = false;
        for (Step step : steps.subList(begin, end + 1)) {
            if (!undone.test(step)) {
                inserted |= !step.inScope() && step.before() == null && row != null && isAnother(row, step.after());
                row = replayed(step, row);
                inserted &= row != null;
            }
        }
        return new Replay(row, inserted);
    }

    private static boolean isAnother(RowImage row, @Nullable RowImage inserted) {
        return inserted != null && !inserted.contradictions(row).isEmpty();
    }

    /** The row after somebody else's step, when before it was not what that step found but {@code row}. */
    private static @Nullable RowImage replayed(Step step, @Nullable RowImage row) {
        return switch (step.change().operation()) {
            case DELETE, TRUNCATE -> null;
            // Where the row had never gone this INSERT would have failed, and the row stays what it was.
            case INSERT -> row == null ? step.after() : row;
            case UPDATE -> row == null || step.after() == null ? row : updated(step, step.after(), row);
        };
    }

    private static RowImage updated(Step step, RowImage after, RowImage row) {
        TableSchema schema = after.schema();
        RowImage before = step.before();
        List<ColumnValue> values = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            int same = row.schema().indexOfSame(schema.columns().get(i));
            ColumnValue ours =
                    same < 0 ? ColumnValue.Special.UNKNOWN : row.values().get(same);
            ColumnValue older = before == null ? ColumnValue.Special.UNKNOWN : inSchema(before, schema, i);
            values.add(merged(ours, older, after.values().get(i)));
        }
        return new RowImage(schema, values);
    }

    private static ColumnValue inSchema(RowImage image, TableSchema schema, int column) {
        int same = image.schema().indexOfSame(schema.columns().get(column));
        return same < 0 ? ColumnValue.Special.UNKNOWN : image.values().get(same);
    }

    /** Our value carried over a step that found {@code before} and left {@code after}. */
    private static ColumnValue merged(ColumnValue ours, ColumnValue before, ColumnValue after) {
        if (after.isUnknown() || after.equals(before) || after.equals(ours)) {
            return ours;
        }
        // Without the older value one cannot tell whether the step wrote this column or found it so.
        return before.isUnknown() ? ColumnValue.Special.UNKNOWN : after;
    }
}
