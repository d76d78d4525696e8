package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.live.Compared;
import io.rowback.restore.live.LiveDatabase;
import io.rowback.restore.output.ComparisonPrinter;
import io.rowback.restore.output.Progress;
import io.rowback.restore.query.Tables;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The rows that a history holds last, compared with those of a live database. */
final class LiveVerification {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

    private final Rowback root;
    private final TargetOptions target;
    private final ComparisonPrinter printer;
    private final Progress progress;
    private Compared compared = Compared.NOTHING;

    LiveVerification(Rowback root, TargetOptions target, ComparisonPrinter printer, Progress progress) {
        this.root = root;
        this.target = target;
        this.printer = printer;
        this.progress = progress;
    }

    /**
     * Compares.
     *
     * @param names of the tables, none for all
     */
    ErrorCode run(RocksHistoryReader opened, List<String> names) {
        try (LiveDatabase live = target.open(root, opened.info())) {
            if (live.isCopy() || !opened.info().durable().isBefore(live.stands())) {
                return compare(live, opened, names);
            }
            // A reader sees nothing that came after it was opened.
            try (RocksHistoryReader reader = caughtUp(live.stands())) {
                return compare(live, reader, names);
            }
        }
    }

    private ErrorCode compare(LiveDatabase live, RocksHistoryReader reader, List<String> names) {
        Tables known = new Tables(reader.tables());
        List<TableInfo> meant = names.isEmpty()
                ? known.all()
                : names.stream()
                        .flatMap(name -> known.named(name).tables().stream())
                        .distinct()
                        .toList();
        live.tables(meant);
        for (TableInfo table : meant) {
            if (!names.isEmpty() || table.isCovered() || live.has(table)) {
                compare(live, reader, table);
            }
        }
        progress.end();
        return printer.end(live, reader.info().durable(), compared);
    }

    /** The history once it goes on to where the server stands, or after a while as far as it goes. */
    private RocksHistoryReader caughtUp(Lsn stands) {
        long begin = System.nanoTime();
        while (true) {
            RocksHistoryReader reader = RocksHistoryReader.open(root.store());
            Lsn durable = reader.info().durable();
            if (!durable.isBefore(stands) || System.nanoTime() - begin > PATIENCE) {
                return reader;
            }
            reader.close();
            progress.tell("the history ends at LSN " + durable + ", waiting until it has reached " + stands);
            LockSupport.parkNanos(PAUSE);
        }
    }

    private void compare(LiveDatabase live, RocksHistoryReader reader, TableInfo table) {
        TableName name = table.schema().name();
        String obstacle = live.obstacle(table).orElse(null);
        if (obstacle != null) {
            printer.notCompared(name, obstacle);
            return;
        }
        try {
            Compared rows = live.compare(
                    reader,
                    table,
                    difference -> {
                        progress.end();
                        printer.print(difference);
                    },
                    count -> progress.rows("compared of " + name, count, 0));
            compared = compared.plus(rows);
        } catch (RowbackException e) {
            if (e.code() != ErrorCode.REFUSED && e.code() != ErrorCode.NOT_COVERED) {
                throw e;
            }
            printer.notCompared(name, String.valueOf(e.getMessage()));
        }
    }
}
