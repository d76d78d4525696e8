package io.rowback.history;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A committed transaction that changed captured tables or carried an annotation.
 *
 * @param commit the LSN of its commit record, which orders transactions
 * @param end the LSN just behind its commit record
 * @param id its 64-bit transaction id
 * @param time the server's clock at commit, in microseconds
 * @param origin the replication origin it came from, or null if it was made here
 * @param counts changes by table and operation
 * @param annotations contents of its transactional logical messages with prefix {@code rowback}, in order
 */
public record Transaction(
        Lsn commit,
        Lsn end,
        TransactionId id,
        Instant time,
        @Nullable String origin,
        Map<TableId, Counts> counts,
        List<String> annotations) {

    public Transaction {
        counts = Map.copyOf(counts);
        annotations = List.copyOf(annotations);
    }

    /** How many changes of each operation one transaction made to one table. */
    public record Counts(long inserts, long updates, long deletes, long truncates) {
        public static final Counts NONE = new Counts(0, 0, 0, 0);

        /** These counts with one more of that operation. */
        public Counts plus(Operation operation) {
            return switch (operation) {
                case INSERT -> new Counts(inserts + 1, updates, deletes, truncates);
                case UPDATE -> new Counts(inserts, updates + 1, deletes, truncates);
                case DELETE -> new Counts(inserts, updates, deletes + 1, truncates);
                case TRUNCATE -> new Counts(inserts, updates, deletes, truncates + 1);
            };
        }

        /** How many changes of that operation. */
        public long of(Operation operation) {
            return switch (operation) {
                case INSERT -> inserts;
                case UPDATE -> updates;
                case DELETE -> deletes;
                case TRUNCATE -> truncates;
            };
        }

        /** All changes. */
        public long total() {
            return inserts + updates + deletes + truncates;
        }
    }

    /** The tables of which an annotation tells that DDL was done. */
    public Set<TableId> definedTables() {
        return annotations.stream()
                .filter(annotation -> annotation.contains("\"ddl\""))
                .flatMap(annotation -> Annotation.of(annotation).definedTable().stream())
                .collect(Collectors.toSet());
    }

    /** All changes of the transaction. */
    public long changes() {
        return counts.values().stream().mapToLong(Counts::total).sum();
    }
}
