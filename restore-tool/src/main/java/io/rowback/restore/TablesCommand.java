package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.StorePrinter;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** {@code rowback tables}. */
@Command(
        name = "tables",
        description = "The tables that the history holds: key, replica identity, rows, changes, coverage.",
        footerHeading = "%nEXAMPLES%n",
        footer = {"  rowback tables", "  rowback tables --json"})
final class TablesCommand extends StoreCommand {
    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Map<TableId, Counts> changes = new HashMap<>();
        try (Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
            transactions.forEach(transaction ->
                    transaction.counts().forEach((table, counts) -> changes.merge(table, counts, TablesCommand::sum)));
        }
        StorePrinter printer = new StorePrinter(output);
        Map<TableName, NotCovered> notCovered = new TreeMap<>();
        reader.info().notCovered().forEach(table -> notCovered.put(table.table(), table));
        for (TableInfo table : reader.tables()) {
            NotCovered why = notCovered.remove(table.schema().name());
            printer.print(table, changes.getOrDefault(table.schema().id(), Counts.NONE), why);
        }
        notCovered.values().forEach(printer::printUnknown);
        return ErrorCode.DONE;
    }

    private static Counts sum(Counts one, Counts other) {
        return new Counts(
                one.inserts() + other.inserts(),
                one.updates() + other.updates(),
                one.deletes() + other.deletes(),
                one.truncates() + other.truncates());
    }
}
