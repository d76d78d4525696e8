package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.Transaction;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The history of a {@link Ledger}'s database, as a real daemon has stored it, and what it must be. */
final class CapturedLedger {
    private final Database database;
    private final Path store;

    /** The store that a {@link DaemonProcess} keeps below that folder. */
    CapturedLedger(Database database, Path folder) {
        this.database = database;
        this.store = folder.resolve("store").resolve("app");
    }

    /** Asserts that the server may forget nothing that is not stored. */
    void acknowledgedIsDurable() throws SQLException {
        Lsn acknowledged = Lsn.parse(database.query("select confirmed_flush_lsn from pg_replication_slots"
                        + " where slot_name = 'rowback_" + database.name() + "'")
                .get(0));
        try (RocksHistoryReader reader = open()) {
            assertThat(acknowledged).isLessThanOrEqualTo(reader.info().durable());
        }
    }

    /** Waits until all that is committed by now is durable; a daemon must be running. */
    void catchUp() throws SQLException {
        Lsn target = Lsn.parse(database.query("select pg_current_wal_lsn()").get(0));
        RunningCapture.await("all is durable up to " + target, () -> {
            try (RocksHistoryReader reader = open()) {
                return !reader.info().durable().isBefore(target);
            }
        });
    }

    /** Asserts that each transaction of the ledger is there once, whole, in commit order, at its commit LSN, and no other. */
    void equalsWhatWasCommitted(Ledger ledger) throws SQLException {
        Map<String, List<String>> stored = new HashMap<>();
        Map<String, Lsn> commits = new HashMap<>();
        List<String> order = new ArrayList<>();
        try (RocksHistoryReader reader = open();
                Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
            Lsn last = Lsn.ZERO;
            for (Transaction transaction : (Iterable<Transaction>) transactions::iterator) {
                assertThat(transaction.commit()).isGreaterThan(last);
                last = transaction.commit();
                String id = transaction.id().toString();
                order.add(id);
                commits.put(id, last);
                assertThat(stored.put(id, changes(reader, last)))
                        .as("transaction %s stored twice", id)
                        .isNull();
            }
            assertThat(reader.info().gaps()).isEmpty();
        }
        assertThat(stored.keySet()).isEqualTo(ledger.committed().keySet());
        assertThat(stored).isEqualTo(ledger.committed());
        assertThat(ledger.commits()).containsAllEntriesOf(commits);
        for (List<String> client : ledger.orders()) {
            assertThat(order).containsSubsequence(client);
        }
        holdsTheTable();
    }

    /** Asserts that replaying the history of table {@code t} yields what it holds, and that the store is sound. */
    void holdsTheTable() throws SQLException {
        try (RocksHistoryReader reader = open()) {
            List<String> rows = Replay.rows(reader, "t").stream()
                    // As psql prints it.
                    .map(row -> row.replace("NULL", ""))
                    .toList();
            assertThat(rows).isEqualTo(database.query("select t.* from t order by id"));
            assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
        }
    }

    /** Where the history of a table is complete. */
    List<Coverage> coverage(String table) {
        try (RocksHistoryReader reader = open()) {
            return reader.tables().stream()
                    .filter(info -> info.schema().name().toString().equals(table))
                    .findFirst()
                    .orElseThrow()
                    .coverage();
        }
    }

    private static List<String> changes(RocksHistoryReader reader, Lsn commit) {
        try (Stream<Change> changes = reader.changes(commit, commit.next())) {
            return changes.map(change -> change.operation() + " " + Objects.requireNonNull(change.key()))
                    .toList();
        }
    }

    RocksHistoryReader open() {
        return RocksHistoryReader.open(store);
    }
}
