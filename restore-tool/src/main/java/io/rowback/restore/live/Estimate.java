package io.rowback.restore.live;

import io.rowback.history.ColumnValue;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import java.util.List;
import java.util.Locale;

/**
 * How much applying a plan writes and how long that takes about, told before it begins.
 *
 * @param rows the plan's rows
 * @param bytes the texts of all values that are written or compared
 */
record Estimate(long rows, long bytes) {
    /** Below what {@code ./bench/run restore} measures on a local server. */
    private static final int ROWS_A_SECOND = 10_000;

    private static final int KILOBYTE = 1_000;

    static Estimate of(RestorePlan plan) {
        long bytes = plan.statements().stream()
                .flatMap(List::stream)
                .mapToLong(repair -> length(repair.wanted()) + length(repair.expected()))
                .sum();
        return new Estimate(plan.rows(), bytes);
    }

    private static long length(List<Repair.Cell> cells) {
        long length = 0;
        for (Repair.Cell cell : cells) {
            length += cell.value() instanceof ColumnValue.Text text ? text.utf8().length : 0;
        }
        return length;
    }

    /** For people. Triggers, indexes and a slow line make it longer, so the rate is said. */
    @Override
    public String toString() {
        long seconds = rows / ROWS_A_SECOND + 1;
        return String.format(
                Locale.ROOT,
                "%,d row%s, %,d kB of values; at %,d rows a second, without triggers of your own, about %,d s",
                rows,
                rows == 1 ? "" : "s",
                (bytes + KILOBYTE - 1) / KILOBYTE,
                ROWS_A_SECOND,
                seconds);
    }
}
