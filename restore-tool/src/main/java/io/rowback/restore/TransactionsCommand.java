package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.Operation;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.TransactionPrinter;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.Tables;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rowback transactions}. */
@Command(
        name = "transactions",
        description = "Transactions and what they did, newest last.",
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback transactions --from -1h",
            "  rowback transactions --op delete --min-rows 10     who deleted many rows?",
            "  rowback transactions --table users --op update",
            "  rowback transactions --user alice                  whose annotations name that user"
        })
final class TransactionsCommand extends StoreCommand {
    @Mixin
    private WindowOptions window;

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "Only those that changed this table, or that tell of DDL on it.")
    private @Nullable String table;

    @Option(
            names = "--op",
            paramLabel = "OP",
            completionCandidates = Operations.class,
            description = "Only those that did this: ${COMPLETION-CANDIDATES}.")
    private @Nullable Operation operation;

    @Option(
            names = "--min-rows",
            paramLabel = "N",
            defaultValue = "1",
            description = "Only those with at least N such changes. Default: ${DEFAULT-VALUE}.")
    private long minRows;

    @Mixin
    private AnnotationOptions annotation;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The newest N only. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    TransactionsCommand() {}

    private static final class Operations extends Words {
        Operations() {
            super(Operation.values());
        }
    }

    @Override
    void checkArguments() {
        checkLimit(limit);
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Tables tables = new Tables(reader.tables());
        Collection<TableInfo> asked =
                table == null ? tables.all() : tables.named(table).tables();
        Set<TableId> only = table == null
                ? null
                : asked.stream().map(info -> info.schema().id()).collect(Collectors.toSet());
        Scope.Window commits = window.resolve(reader);
        Deque<Transaction> newest = new ArrayDeque<>();
        long left = 0;
        try (Stream<Transaction> transactions = reader.transactions(commits.from(), commits.to())) {
            for (Transaction transaction : (Iterable<Transaction>) transactions::iterator) {
                if (counts(transaction, only) && annotation.fit(transaction)) {
                    newest.add(transaction);
                }
                if (newest.size() > limit) {
                    newest.remove();
                    left++;
                }
            }
        }
        TransactionPrinter printer = new TransactionPrinter(output, tables);
        newest.forEach(printer::print);
        if (left > 0) {
            output.note("note: " + left + " older transactions are left out; --limit shows more");
        }
        window.noteBegin(table == null ? "" : " of " + table, asked, commits, output);
        Stream.ofNullable(reader.info().horizon())
                .filter(horizon -> commits.from().isBefore(horizon.at()))
                .forEach(horizon -> output.note("note: " + horizon));
        reader.info().gaps().stream()
                .filter(gap -> gap.overlaps(commits.from(), commits.to()))
                .forEach(gap -> output.note("note: " + gap));
        return ErrorCode.DONE;
    }

    private boolean counts(Transaction transaction, @Nullable Set<TableId> only) {
        if (only == null && operation == null && minRows <= 1) {
            return true;
        }
        if (only != null
                && operation == null
                && minRows <= 1
                && !Collections.disjoint(transaction.definedTables(), only)) {
            return true;
        }
        long rows = transaction.counts().entrySet().stream()
                .filter(entry -> only == null || only.contains(entry.getKey()))
                .mapToLong(entry -> rows(entry.getValue()))
                .sum();
        return rows >= Math.max(1, minRows);
    }

    private long rows(Counts counts) {
        return operation == null ? counts.total() : counts.of(operation);
    }
}
