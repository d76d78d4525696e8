package io.rowback.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plays a database's life into a history: {@code history.baseline(users, row(users, "1", "ann"))}, then {@code
 * history.commit(insert(row(users, "2", "bob")))} and so on. Commits are 0x100 bytes and one second apart, the first at
 * LSN 0/1100 with xid 701 at 2026-01-01T00:00:01Z. Under REPLICA IDENTITY DEFAULT only the key of a before image reaches
 * the history.
 */
public final class HistoryFixture {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final long STEP = 0x100;
    private static final Lsn BEGIN = new Lsn(0x1000);

    private final HistoryWriter writer;
    private int commits;

    /** A change that has no position yet. */
    public record Draft(
            Operation operation,
            TableSchema schema,
            @Nullable RowImage before,
            @Nullable RowImage after) {}

    /** Creates the store, durable at LSN 0/1000. */
    public HistoryFixture(HistoryWriter writer) {
        this.writer = writer;
        writer.create("7000000000000000001", "app", BEGIN);
    }

    private HistoryFixture(HistoryWriter writer, int commits) {
        this.writer = writer;
        this.commits = commits;
    }

    /** Goes on where a fixture before left that store, which held nothing else. */
    public static HistoryFixture goingOn(HistoryWriter writer) {
        long reached = writer.info().durable().value() - BEGIN.value();
        return new HistoryFixture(writer, Math.toIntExact(reached / STEP));
    }

    /** How many there were. */
    public int commits() {
        return commits;
    }

    public static Draft insert(RowImage row) {
        return new Draft(Operation.INSERT, row.schema(), null, row);
    }

    public static Draft update(RowImage before, RowImage after) {
        return new Draft(Operation.UPDATE, after.schema(), logged(before), after);
    }

    public static Draft delete(RowImage row) {
        return new Draft(Operation.DELETE, row.schema(), logged(row), null);
    }

    public static Draft truncate(TableSchema table) {
        return new Draft(Operation.TRUNCATE, table, null, null);
    }

    private static RowImage logged(RowImage before) {
        return before.schema().replicaIdentity() == ReplicaIdentity.FULL ? before : TableFixture.keyOf(before);
    }

    /** Where the next baseline or commit lies below or at: behind the last commit. */
    public Lsn here() {
        return new Lsn(BEGIN.value() + STEP * commits + (commits == 0 ? 0 : STEP / 2));
    }

    /** The server's clock: the time of the last commit. */
    public Instant now() {
        return START.plusSeconds(commits);
    }

    /** Covers the table from {@link #here} with these rows. */
    public Lsn baseline(TableSchema table, RowImage... rows) {
        Lsn at = here();
        writer.baseline(at, List.of(rows));
        writer.covered(table, at, now(), rows.length);
        writer.completeUntil(now());
        return at;
    }

    /** Commits one transaction and returns it. */
    public Transaction commit(Draft... drafts) {
        return commit(List.of(), drafts);
    }

    /** Commits one transaction with these annotations and returns it. */
    public Transaction commit(List<String> annotations, Draft... drafts) {
        commits++;
        Lsn commit = new Lsn(BEGIN.value() + STEP * commits);
        List<Change> changes = new ArrayList<>();
        Map<TableId, Transaction.Counts> counts = new HashMap<>();
        for (Draft draft : drafts) {
            Position position = new Position(commit, changes.size());
            changes.add(new Change(position, draft.operation(), draft.schema(), draft.before(), draft.after()));
            counts.merge(
                    draft.schema().id(),
                    Transaction.Counts.NONE.plus(draft.operation()),
                    (sum, one) -> sum.plus(draft.operation()));
        }
        Lsn end = new Lsn(commit.value() + STEP / 2);
        Transaction transaction =
                new Transaction(commit, end, new TransactionId(700 + commits), now(), null, counts, annotations);
        writer.append(new HistoryWriter.Batch(changes, List.of(transaction), end));
        return transaction;
    }
}
