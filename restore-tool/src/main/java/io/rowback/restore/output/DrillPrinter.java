package io.rowback.restore.output;

import io.rowback.history.RowKey;
import io.rowback.restore.drill.DrillReport;
import io.rowback.restore.drill.DrillReport.Failure;
import io.rowback.restore.drill.DrillReport.OfTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Prints what a drill found. */
public final class DrillPrinter {
    private final Output output;

    public DrillPrinter(Output output) {
        this.output = output;
    }

    /** Prints a report. */
    public void print(DrillReport report) {
        if (output.json()) {
            output.document(document(report));
            return;
        }
        output.line("drill:        "
                + (report.transaction() == null
                        ? "rows drawn with --seed " + report.seed()
                        : "what transaction " + report.transaction().id() + " did")
                + ", in " + report.scratch());
        output.line("rows:         " + report.restored() + " came back byte for byte, " + report.different()
                + " did not, " + report.untried() + " could not be tried");
        long tried = report.tables().stream().filter(OfTable::isTried).count();
        output.line("coverage:     " + tried + " of " + report.tables().size()
                + " tables of which rows were updated or deleted");
        for (OfTable table : report.tables()) {
            output.line("    " + table.table() + ": "
                    + (table.isDrawn()
                            ? count(table.restored(), "row") + " back"
                            : "none drawn that is not what it was already")
                    + (table.different() > 0 ? ", " + table.different() + " not" : "")
                    + (table.untried() > 0 ? ", " + table.untried() + " not tried" : "") + "; " + table.changes()
                    + " updates and deletions");
        }
        output.line("time (RTO):   planned in " + seconds(report.planning()) + ", written in "
                + seconds(report.writing()) + " by " + count(report.restores(), "restore") + "; the longest took "
                + seconds(report.longest()));
        Duration age = report.age();
        output.line("loss (RPO):   the newest commit held is "
                + (age == null
                        ? "none"
                        : seconds(age) + " old, of " + report.history().lastCommitTime()));
        for (Failure failure : report.failures()) {
            output.line((failure.tried() ? "NOT BACK:     " : "not tried:    ")
                    + failure.table().name() + (failure.key() == null ? "" : " " + failure.key()) + ": "
                    + failure.reason());
        }
    }

    private static JsonObject document(DrillReport report) {
        Duration age = report.age();
        Instant until = report.history().completeUntil();
        JsonObject document = new JsonObject()
                .put("outcome", report.isWhole() ? "whole" : "partial")
                .put("seed", report.seed())
                .put(
                        "transaction",
                        report.transaction() == null
                                ? null
                                : report.transaction().id())
                .put("scratch", report.scratch())
                .put("restored", report.restored())
                .put("different", report.different())
                .put("untried", report.untried())
                .putObjects(
                        "tables",
                        report.tables().stream().map(DrillPrinter::document).toList())
                .putObjects(
                        "failures",
                        report.failures().stream().map(DrillPrinter::document).toList())
                .put("restores", report.restores())
                .put("planning_ms", report.planning().toMillis())
                .put("writing_ms", report.writing().toMillis())
                .put("longest_ms", report.longest().toMillis())
                .put("last_commit_time", report.history().lastCommitTime())
                .put("complete_until", until.equals(Instant.MIN) ? null : until);
        return age == null ? document : document.put("seconds_since_last_commit", age.toSeconds());
    }

    private static JsonObject document(OfTable table) {
        return new JsonObject()
                .putTable(table.table())
                .put("changes", table.changes())
                .put("restored", table.restored())
                .put("different", table.different())
                .put("untried", table.untried());
    }

    private static JsonObject document(Failure failure) {
        JsonObject document = new JsonObject().putTable(failure.table().name());
        RowKey key = failure.key();
        if (key == null) {
            document.put("key", (Object) null);
        } else {
            document.putKey("key", failure.table(), key);
        }
        return document.put("tried", failure.tried()).put("reason", failure.reason());
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.3f s", time.toNanos() / 1e9);
    }
}
