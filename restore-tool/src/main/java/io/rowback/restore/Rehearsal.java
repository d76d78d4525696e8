package io.rowback.restore;

import io.rowback.history.Change;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.Published;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.history.store.NativeLibrary;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Runs commands on a small store that it writes itself, and prints nothing: the launcher lets the JVM keep the classes that
 * this takes, so that later commands need not load them from their jars, and keeps the native library that it leaves.
 */
public final class Rehearsal {
    private static final TableSchema TABLE = new TableSchema(
            new TableId(1),
            new TableName("public", "rows"),
            List.of(column("id", 1), column("value", 2)),
            List.of("id"),
            ReplicaIdentity.FULL,
            List.of(),
            List.of(),
            List.of(),
            List.of());
    private static final Lsn BEGIN = new Lsn(1);
    private static final Lsn COMMIT = new Lsn(2);
    private static final Lsn END = new Lsn(3);
    private static final long XID = 700;

    private Rehearsal() {}

    /** Ends the process with exit code 0 if every command answered; its argument is the folder for store and library. */
    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        Path store = folder.resolve("store");
        write(store);
        NativeLibrary.keep(folder);
        String xid = Long.toString(XID);
        boolean answered = List.of(
                        List.of("status"),
                        List.of("tables"),
                        List.of("history", "rows", "1"),
                        List.of("history", "rows", "1", "--json"),
                        List.of("show", "rows", "1", "--at", "tx:" + xid),
                        List.of("show", "rows", "2", "--json"),
                        List.of("show", "rows", "--where", "value = 'a'", "--at", "now"),
                        List.of("transactions"),
                        List.of("restore", "--tx", xid))
                .stream()
                .allMatch(command -> answers(store, command));
        System.exit((answered ? ErrorCode.DONE : ErrorCode.FAILED).exitCode());
    }

    private static boolean answers(Path store, List<String> command) {
        return Main.run(
                        Map.of("ROWBACK_STORE", store.toString()),
                        Writer.nullWriter(),
                        new PrintWriter(Writer.nullWriter()),
                        command.toArray(String[]::new))
                == ErrorCode.DONE.exitCode();
    }

    private static void write(Path store) {
        Change change = new Change(new Position(COMMIT, 0), Operation.UPDATE, TABLE, row("a"), row("b"));
        Transaction transaction = new Transaction(
                COMMIT,
                END,
                new TransactionId(XID),
                Instant.now(),
                null,
                Map.of(TABLE.id(), new Transaction.Counts(0, 1, 0, 0)),
                List.of());
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            writer.create("1", "rehearsal", BEGIN);
            writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
            writer.published(Published.of(BEGIN, Map.of(TABLE.id(), "since " + BEGIN)));
            writer.baseline(BEGIN, List.of(row("a")));
            writer.covered(TABLE, BEGIN, Instant.now(), 1);
            writer.append(new HistoryWriter.Batch(List.of(change), List.of(transaction), END));
            writer.completeUntil(Instant.now());
        }
    }

    private static RowImage row(String value) {
        return new RowImage(TABLE, List.of(ColumnValue.of("1"), ColumnValue.of(value)));
    }

    private static Column column(String name, int attnum) {
        return new Column(name, attnum, 25, "text", true, Column.Identity.NONE, false, true, null, true);
    }
}
