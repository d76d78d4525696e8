package io.rowback.restore.output;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.TableName;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.live.Compared;
import io.rowback.restore.live.LiveDatabase;
import io.rowback.restore.live.RowDifference;
import io.rowback.restore.sql.RowText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints what a history holds otherwise than a live database, each difference as it is found. */
public final class ComparisonPrinter {
    private final Output output;
    private final List<JsonObject> notCompared = new ArrayList<>();
    private long differences;

    public ComparisonPrinter(Output output) {
        this.output = output;
    }

    /** Prints a difference; of values of columns only those of the key. */
    public void print(RowDifference difference) {
        differences++;
        if (output.json()) {
            output.document(new JsonObject()
                    .putTable(difference.table().name())
                    .putKey("key", difference.table(), difference.key())
                    .put("difference", difference.kind().name().toLowerCase(Locale.ROOT))
                    .put("held", difference.held())
                    .put("there", difference.there())
                    .putStrings("columns", difference.columns()));
            return;
        }
        output.line(
                PrintableText.oneLine(RowText.name(difference.table(), difference.key()) + ": " + what(difference)));
    }

    private static String what(RowDifference difference) {
        if (!difference.table().hasKey()) {
            return "it is in the database " + difference.there() + " times, for the history " + difference.held()
                    + " times";
        }
        return switch (difference.kind()) {
            case MISSING -> "the history holds it, it is not in the database";
            case EXTRA -> "it is in the database, the history does not hold it";
            case VALUES -> "other values than the history holds in " + String.join(", ", difference.columns());
        };
    }

    /** Notes a table that is left out. */
    public void notCompared(TableName table, String reason) {
        notCompared.add(new JsonObject().putTable(table).put("reason", reason));
        if (!output.json()) {
            output.line(PrintableText.oneLine(table + ": not compared: " + reason));
        }
    }

    /** Prints the summary and tells how the command ends. */
    public ErrorCode end(LiveDatabase live, Lsn durable, Compared compared) {
        boolean behind = !live.isCopy() && durable.isBefore(live.stands());
        String target = live.connections().settings().toString();
        if (output.json()) {
            output.document(new JsonObject()
                    .put("target", target)
                    .put("durable", durable)
                    .put("stands", live.isCopy() ? null : live.stands())
                    .put("behind", behind)
                    .put("rows", compared.rows())
                    .put("incomplete_rows", compared.incomplete())
                    .put("differences", differences)
                    .putObjects("not_compared", notCompared));
        } else {
            output.line(compared.rows() + " rows compared with " + target + ": "
                    + (differences == 0 ? "all the same" : differences + " differ")
                    + (compared.incomplete() == 0
                            ? ""
                            : "; of " + compared.incomplete()
                                    + " the history does not know every value, those were left" + " out"));
        }
        if (behind) {
            output.note("note: the history ends at LSN " + durable + ", the server stands at " + live.stands()
                    + ": what changed behind that is told as different; is rowbackd running?");
        }
        if (differences > 0 && !behind) {
            output.error("error: " + differences + " rows are not what the history holds");
            output.error("hint: They were changed without being captured; rowback history tells what is known of a row,"
                    + " rowbackd rebaseline TABLE reads a table anew.");
            return ErrorCode.FAILED;
        }
        return differences > 0 || !notCompared.isEmpty() ? ErrorCode.PARTIAL : ErrorCode.DONE;
    }
}
