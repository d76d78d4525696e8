package io.rowback.restore.output;

import io.rowback.restore.live.Difference;
import io.rowback.restore.live.Preview;
import io.rowback.restore.live.Preview.Item;
import io.rowback.restore.sql.RowText;
import java.util.List;
import java.util.Locale;

/** Tells what writing a plan would do and meet in a live database. */
final class PreviewPrinter {
    private static final int LISTED = 20;

    private PreviewPrinter() {}

    /** For people. */
    static void notes(Output output, Preview preview) {
        output.note("compared with " + preview.target() + " by reading it, in one snapshot; nothing was tried out");
        List<Difference> differences = preview.differences();
        if (!differences.isEmpty()) {
            output.note(differences.size() + " of these rows are not what the history holds last:");
            differences.stream()
                    .limit(LISTED)
                    .forEach(row -> output.note("  " + RowText.name(row.table(), row.key()) + ": " + row.what()));
            if (differences.size() > LISTED) {
                output.note("  and " + (differences.size() - LISTED) + " more; --json lists them all");
            }
        }
        for (Item item : preview.items()) {
            output.note((item.prevents() ? "in the way: " : "") + word(item) + ": " + item.text());
        }
    }

    /** For programs. */
    static void put(JsonObject document, Preview preview) {
        document.put("target", preview.target())
                .putObjects(
                        "differences",
                        preview.differences().stream()
                                .map(row -> new JsonObject()
                                        .putTable(row.table().name())
                                        .putKey("key", row.table(), row.key())
                                        .put("what", row.what()))
                                .toList())
                .putObjects(
                        "preview",
                        preview.items().stream()
                                .map(item -> new JsonObject()
                                        .put("kind", word(item))
                                        .put("text", item.text())
                                        .put("prevents", item.prevents()))
                                .toList());
    }

    private static String word(Item item) {
        return item.kind().name().toLowerCase(Locale.ROOT);
    }
}
