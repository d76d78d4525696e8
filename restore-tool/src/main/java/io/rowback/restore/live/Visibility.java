package io.rowback.restore.live;

import io.rowback.history.TransactionId;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which transactions a snapshot sees: those that had ended when it was taken. What ended before it in the server's log
 * need not be among them, since a commit is logged before others see it.
 *
 * @param from the first transaction of those that it may not see
 * @param to the first of those that had not begun
 * @param running those between that had not ended
 */
record Visibility(TransactionId from, TransactionId to, Set<TransactionId> running) {
    /** The SQL that tells the snapshot of the transaction that runs it, for {@link #parse}. */
    static final String SQL = "SELECT pg_catalog.pg_current_snapshot()::text";

    /** Reads the text of a {@code pg_snapshot}: {@code 10:20:10,14,15}. */
    static Visibility parse(String text) {
        String[] parts = text.split(":", -1);
        Set<TransactionId> running = Arrays.stream(parts[2].split(","))
                .filter(id -> !id.isEmpty())
                .map(TransactionId::parse)
                .collect(Collectors.toSet());
        return new Visibility(TransactionId.parse(parts[0]), TransactionId.parse(parts[1]), running);
    }

    /** Whether the snapshot sees what a transaction did that has committed by now. */
    boolean sees(TransactionId id) {
        return id.compareTo(from) < 0 || (id.compareTo(to) < 0 && !running.contains(id));
    }
}
