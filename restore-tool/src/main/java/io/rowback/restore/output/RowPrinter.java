package io.rowback.restore.output;

import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.sql.RowText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Prints rows as they stood at a point. */
public final class RowPrinter {
    private final Output output;
    private final TableInfo table;
    private final Lsn at;

    public RowPrinter(Output output, TableInfo table, Lsn at) {
        this.output = output;
        this.table = table;
        this.at = at;
    }

    /**
     * Prints that there was no row of that key.
     *
     * @param name what the operator named, a table or a partitioned one above it
     * @param key the key, as the table had it then
     */
    public void printNone(TableName name, RowKey key) {
        TableSchema keyed = table.schema(at);
        if (output.json()) {
            output.document(document(name, keyed, key, null));
        } else {
            output.line(PrintableText.oneLine(name.toString()) + " " + RowText.key(keyed, key) + " did not exist");
        }
    }

    /**
     * Prints a row.
     *
     * @param key its key
     * @param row the row
     * @param certain whether it is known that the row is one of those asked for
     * @param count how many equal rows there were
     */
    public void print(RowKey key, RowImage row, boolean certain, long count) {
        // The key may have been another one then.
        TableSchema keyed = row.schema();
        if (output.json()) {
            JsonObject document = document(table.schema().name(), keyed, key, row);
            if (!keyed.hasKey()) {
                document.put("count", count);
            }
            if (!certain) {
                document.put("matches", ColumnValue.Special.UNKNOWN);
            }
            output.document(document);
            return;
        }
        output.line(RowText.name(keyed, key)
                + (count > 1 ? "  " + count + " equal rows" : "")
                + (certain ? "" : "  (whether it meets the condition is not known)"));
        for (int i = 0; i < row.values().size(); i++) {
            String column = row.schema().columns().get(i).name();
            output.line("    " + PrintableText.oneLine(column) + ": "
                    + whole(Objects.requireNonNull(row.values().get(i))));
        }
    }

    private JsonObject document(TableName name, TableSchema keyed, RowKey key, @Nullable RowImage row) {
        return new JsonObject()
                .putTable(name)
                .putKey("key", keyed, key)
                .put("lsn", at)
                .putRow("row", row);
    }

    /** A row's own values are shown in full, on one line each. */
    private static String whole(ColumnValue value) {
        return value instanceof ColumnValue.Text text
                ? "'" + PrintableText.oneLine(text.text()) + "'"
                : RowText.value(value);
    }
}
