package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Walks the transactions in step with the log and compares what they count with what the log holds. */
final class TransactionWalk implements AutoCloseable {
    private final Cursor cursor;
    private final Findings findings;
    private final Consumer<Transaction> visitor;
    private boolean ahead;

    TransactionWalk(Database database, Metadata meta, Findings findings, Consumer<Transaction> visitor) {
        this.cursor = database.cursor(Family.TXNS, Keys.transaction(meta.begin()), Keys.transaction(meta.durable()));
        this.findings = findings;
        this.visitor = visitor;
        this.ahead = cursor.next();
    }

    /** Passes all up to this commit, of which the log holds so many changes. */
    void pass(Lsn commit, Map<TableId, Counts> logged) {
        while (ahead && Keys.lsn(cursor.key()).isBefore(commit)) {
            pass(Map.of());
        }
        if (ahead && Keys.lsn(cursor.key()).equals(commit)) {
            pass(logged);
        } else {
            findings.add(Family.TXNS, Keys.transaction(commit), "it is missing, but the log has changes of it");
        }
    }

    /** Passes the rest. */
    void finish() {
        while (ahead) {
            pass(Map.of());
        }
    }

    private void pass(Map<TableId, Counts> logged) {
        byte[] key = cursor.key();
        byte[] value = cursor.value();
        findings.survived(() -> {
            Transaction transaction = StoredTransactions.read(key, value);
            visitor.accept(transaction);
            Map<TableId, Counts> counted = new HashMap<>(transaction.counts());
            counted.values().removeIf(counts -> counts.total() == 0);
            if (!counted.equals(logged)) {
                findings.add(Family.TXNS, key, "it counts " + counted + ", the log holds " + logged);
            }
        });
        ahead = cursor.next();
    }

    @Override
    public void close() {
        cursor.close();
    }
}
