package io.rowback.restore.output;

import io.rowback.history.SequenceSample;
import io.rowback.history.TableName;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.query.SequenceLeap;
import io.rowback.restore.query.Tables;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints sequences: the last value that was seen, and leaps that the rows of their tables do not explain. */
public final class SequencePrinter {
    private final Output output;
    private final Tables tables;

    public SequencePrinter(Output output, Tables tables) {
        this.output = output;
        this.tables = tables;
    }

    /** Prints one sequence as its newest sample tells it. */
    public void print(SequenceSample newest, List<SequenceLeap> leaps) {
        if (output.json()) {
            output.document(document(newest, leaps));
            return;
        }
        SequenceSample.Owner owner = newest.owner();
        output.line(PrintableText.oneLine(
                newest.name() + (owner == null ? "" : "  of " + tables.name(owner.table()) + "." + owner.column())));
        output.line("    " + (newest.dropped() ? "gone by " + newest.time() + ", " : "") + "last value "
                + value(newest.last()) + (newest.dropped() ? "" : ", so since " + newest.time()));
        for (SequenceLeap leap : leaps) {
            output.line("    " + word(leap) + ": " + value(leap.before().last()) + " -> "
                    + value(leap.after().last()) + " between "
                    + leap.before().time() + " and " + leap.after().time()
                    + (leap.kind() == SequenceLeap.Kind.JUMP
                            ? ", " + leap.values() + " values for " + leap.rows() + " rows"
                            : ": it gives out values again"));
        }
    }

    private JsonObject document(SequenceSample newest, List<SequenceLeap> leaps) {
        JsonObject document = new JsonObject()
                .put("schema", newest.name().schema())
                .put("sequence", newest.name().name())
                .put("oid", newest.sequence());
        SequenceSample.Owner owner = newest.owner();
        if (owner == null) {
            document.put("owner", (Object) null);
        } else {
            TableName table = tables.byId(owner.table())
                    .map(info -> info.schema().name())
                    .orElseGet(() -> new TableName("", tables.name(owner.table())));
            document.put("owner", new JsonObject().putTable(table).put("column", owner.column()));
        }
        return document.put("last_value", newest.last())
                .put("increment", newest.increment())
                .put("lsn", newest.at())
                .put("time", newest.time())
                .put("dropped", newest.dropped())
                .putObjects("leaps", leaps.stream().map(SequencePrinter::json).toList());
    }

    private static JsonObject json(SequenceLeap leap) {
        return new JsonObject()
                .put("kind", word(leap))
                .put("from_value", leap.before().last())
                .put("to_value", leap.after().last())
                .put("from_time", leap.before().time())
                .put("to_time", leap.after().time())
                .put("from_lsn", leap.before().at())
                .put("to_lsn", leap.after().at())
                .put("values", leap.values())
                .put("rows", leap.rows());
    }

    private static String word(SequenceLeap leap) {
        return leap.kind().name().toLowerCase(Locale.ROOT);
    }

    private static String value(@Nullable Long last) {
        return last == null ? "none" : last.toString();
    }
}
