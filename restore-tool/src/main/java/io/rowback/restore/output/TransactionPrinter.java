package io.rowback.restore.output;

import io.rowback.history.Operation;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints transactions, each with what it did to which table. */
public final class TransactionPrinter {
    private final Output output;
    private final Tables tables;

    public TransactionPrinter(Output output, Tables tables) {
        this.output = output;
        this.tables = tables;
    }

    /** Prints one transaction. */
    public void print(Transaction transaction) {
        List<Map.Entry<TableId, Counts>> counts = transaction.counts().entrySet().stream()
                .sorted(Comparator.comparing(entry -> tables.name(entry.getKey())))
                .toList();
        if (output.json()) {
            output.document(document(transaction, counts));
            return;
        }
        output.line(transaction.time() + "  transaction " + transaction.id() + "  LSN " + transaction.commit()
                + (transaction.origin() == null ? "" : "  from " + PrintableText.oneLine(transaction.origin())));
        for (Map.Entry<TableId, Counts> table : counts) {
            output.line("    " + PrintableText.oneLine(tables.name(table.getKey())) + ": " + text(table.getValue()));
        }
        Notes.print(output, transaction.annotations());
    }

    /** Counts in words, {@code 2 inserts, 1 delete}. */
    static String text(Counts counts) {
        List<String> words = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            long count = counts.of(operation);
            if (count > 0) {
                words.add(count + " " + operation.name().toLowerCase(Locale.ROOT) + (count == 1 ? "" : "s"));
            }
        }
        return words.isEmpty() ? "no changes" : String.join(", ", words);
    }

    static JsonObject json(Counts counts) {
        return new JsonObject()
                .put("inserts", counts.inserts())
                .put("updates", counts.updates())
                .put("deletes", counts.deletes())
                .put("truncates", counts.truncates());
    }

    private JsonObject document(Transaction transaction, List<Map.Entry<TableId, Counts>> counts) {
        List<JsonObject> byTable = new ArrayList<>();
        for (Map.Entry<TableId, Counts> table : counts) {
            TableName name = tables.byId(table.getKey())
                    .map(TableInfo::schema)
                    .map(schema -> schema.name())
                    .orElseGet(() -> new TableName("", tables.name(table.getKey())));
            byTable.add(new JsonObject().putTable(name).put("counts", json(table.getValue())));
        }
        JsonObject document = new JsonObject()
                .put("time", transaction.time())
                .put("xid", transaction.id())
                .put("lsn", transaction.commit())
                .put("end_lsn", transaction.end())
                .put("origin", transaction.origin())
                .put("changes", transaction.changes())
                .putObjects("tables", byTable);
        return Notes.put(document, transaction.annotations());
    }
}
