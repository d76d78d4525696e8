package io.rowback.restore.drill;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Updates and deletions drawn at random from what the history covers without a break up to its end: of each table as many,
 * each with the same chance. One walk over the transactions, whatever the number of changes.
 */
final class Sample {
    private final HistoryReader reader;
    private final int each;
    private final Random random;
    private final Map<TableId, Draws> tables = new HashMap<>();

    /** One table's updates and deletions so far, and those drawn of them. */
    private static final class Draws {
        final TableInfo table;
        final Lsn from;
        final Pick[] picks;
        long changes;

        Draws(TableInfo table, Lsn from, int picks) {
            this.table = table;
            this.from = from;
            this.picks = new Pick[picks];
        }
    }

    /**
     * One of a table's updates and deletions.
     *
     * @param commit the transaction that made it
     * @param number which of that transaction's updates and deletions of the table, from 0
     */
    record Pick(TableInfo table, Lsn commit, long number) {
        /** The key that the row had before that change. */
        RowKey key(HistoryReader reader) {
            try (Stream<Change> changes = reader.changes(table.schema().id(), commit, commit.next())) {
                Change change = changes.filter(
                                found -> found.operation() == Operation.UPDATE || found.operation() == Operation.DELETE)
                        .skip(number)
                        .findFirst()
                        .orElseThrow();
                return Objects.requireNonNull(
                        Objects.requireNonNull(change.before()).key(), "key of a change is known");
            }
        }
    }

    /** What is drawn of one table; {@code changes} is out of how many, and no pick of a table that is not to be tried. */
    record OfTable(TableInfo table, long changes, List<Pick> picks) {}

    private Sample(HistoryReader reader, int each, Random random) {
        this.reader = reader;
        this.each = each;
        this.random = random;
    }

    /** Draws {@code each} changes of every table that has some, with repetitions; the tables in random order. */
    static List<OfTable> draw(HistoryReader reader, int each, Random random) {
        return new Sample(reader, each, random).draw();
    }

    private List<OfTable> draw() {
        Lsn durable = reader.info().durable();
        for (TableInfo table : reader.tables()) {
            Coverage newest = table.coverage().isEmpty()
                    ? null
                    : table.coverage().get(table.coverage().size() - 1);
            if (newest != null && table.isCovered()) {
                int picks = table.schema().hasKey() ? each : 0;
                tables.put(table.schema().id(), new Draws(table, newest.from(), picks));
            }
        }
        try (Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, durable)) {
            transactions.forEach(this::offer);
        }
        List<OfTable> drawn = new ArrayList<>();
        tables.values().stream()
                .filter(draws -> draws.changes > 0)
                .sorted(Comparator.comparing(draws -> draws.table.schema().id()))
                .forEach(draws -> drawn.add(new OfTable(draws.table, draws.changes, List.of(draws.picks))));
        Collections.shuffle(drawn, random);
        return drawn;
    }

    /** Each pick is replaced with the chance that a change of this transaction has among all so far. */
    private void offer(Transaction transaction) {
        // In one order, so that a seed draws the same again.
        transaction.counts().keySet().stream().sorted().forEach(id -> {
            Draws draws = tables.get(id);
            Counts counts = transaction.counts().get(id);
            long changes = counts == null ? 0 : counts.updates() + counts.deletes();
            if (draws == null || changes == 0 || transaction.commit().isBefore(draws.from)) {
                return;
            }
            draws.changes += changes;
            for (int i = 0; i < draws.picks.length; i++) {
                long lot = random.nextLong(draws.changes);
                if (lot < changes) {
                    draws.picks[i] = new Pick(draws.table, transaction.commit(), lot);
                }
            }
        });
    }
}
