package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.history.Change;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.Transaction;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** One transaction of ten million rows: how much memory the daemon takes, and whether all of it is in the history. */
final class MemoryRow implements Bench.Measurement {
    private static final int ROWS = 10_000_000;

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            database.run("create table items (id bigint primary key, body text)");
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 1)) {
                database.run("insert into items select i, 'item ' || i from generate_series(1, " + ROWS + ") i");
                daemon.awaitChanges(ROWS);
                double megabytes = daemon.peakMemory() / (double) (1 << 20);
                check(daemon.store());
                told.accept(new Figure(
                        "memory",
                        "peak resident, one transaction of 10M rows, MB",
                        megabytes,
                        Target.atMost(512),
                        "its history is complete"));
            }
        }
    }

    private static void check(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store);
                Stream<Transaction> transactions = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
            List<Transaction> all = transactions.toList();
            require(all.size() == 1 && all.get(0).changes() == ROWS, "the transaction is not there as a whole");
            long next = 1;
            try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                for (Iterator<Change> each = changes.iterator(); each.hasNext(); next++) {
                    RowImage row = Objects.requireNonNull(each.next().after());
                    require(
                            row.value("id").toString().equals(Long.toString(next))
                                    && row.value("body").toString().equals("item " + next),
                            "row " + next + " is not where it should be");
                }
            }
            require(next == ROWS + 1, "only " + (next - 1) + " rows are in the history");
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }
}
