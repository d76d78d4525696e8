package io.rowback.restore.live;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableTimeline;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares a live table without a key with what the history holds at some point: how many equal rows there are of each,
 * in the order of their fingerprints, by which the server sorts its own. Holds one row at a time. Used once.
 */
final class EqualRowsComparison {
    private static final int FETCHED = 1_000;

    private final LiveTable live;
    private final HistoryReader reader;
    private final TableInfo table;
    private final Lsn at;
    private final @Nullable Visibility snapshot;
    private final Consumer<RowDifference> differences;
    private Iterator<RowImage> held = List.<RowImage>of().iterator();
    private @Nullable RowKey next;
    private long rows;

    /** A comparison, of the same as a {@link TableComparison}. */
    EqualRowsComparison(
            LiveTable live,
            HistoryReader reader,
            TableInfo table,
            Lsn at,
            @Nullable Visibility snapshot,
            Consumer<RowDifference> differences) {
        this.live = live;
        this.reader = reader;
        this.table = table;
        this.at = at;
        this.snapshot = snapshot;
        this.differences = differences;
    }

    /**
     * Compares.
     *
     * @param progress takes how many rows were compared so far
     */
    Compared compare(Session session, TableFacts facts, Consumer<Long> progress) {
        try (Stream<RowImage> all = new TableTimeline(reader, table).asOf(at)) {
            held = all.iterator();
            next = following();
            String fingerprints = LiveRows.fingerprints(live.schema(), facts);
            String query = "SELECT fingerprint, count(*) FROM " + fingerprints + " GROUP BY 1 ORDER BY 1";
            session.each(query, FETCHED, row -> {
                RowKey key = RowKey.of(row.getString(1));
                passBelow(key);
                compare(key, key.equals(next) ? pass() : 0, row.getLong(2));
                progress.accept(rows);
                return true;
            });
            passBelow(null);
        }
        progress.accept(rows);
        return new Compared(rows, 0);
    }

    /** Passes the rows that the history holds below a key, which no live row has; all that are left if it is null. */
    private void passBelow(@Nullable RowKey end) {
        while (next != null && (end == null || next.compareTo(end) < 0)) {
            compare(next, pass(), 0);
        }
    }

    /** Passes the next rows of the history that are equal, and returns how many they are. */
    private long pass() {
        RowKey key = next;
        long count = 0;
        while (next != null && next.equals(key)) {
            count++;
            next = following();
        }
        rows += count;
        return count;
    }

    private @Nullable RowKey following() {
        return held.hasNext() ? held.next().key() : null;
    }

    private void compare(RowKey key, long known, long there) {
        if (known != there) {
            // What the snapshot does not see yet may have made the difference.
            long seen = snapshot == null ? known : count(key, snapshot);
            if (seen != there) {
                differences.accept(new RowDifference(live.schema(), key, seen, there, List.of()));
            }
        }
    }

    /** How many equal rows that snapshot should see: nothing keeps others from changing one while it does not see the other. */
    private long count(RowKey key, Visibility sees) {
        TableId id = table.schema().id();
        long count = reader.baselineCount(id, key, at);
        Lsn from = table.coverage(at).orElseThrow().from();
        try (Stream<Change> changes = reader.changes(id, key, from, at)) {
            for (Change change : (Iterable<Change>) changes::iterator) {
                Lsn commit = change.position().commit();
                if (sees.sees(reader.transaction(commit).orElseThrow().id())) {
                    count = change.operation() == Operation.TRUNCATE ? 0 : count + change.added(key);
                }
            }
        }
        return count;
    }
}
