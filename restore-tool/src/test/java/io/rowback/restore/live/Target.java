package io.rowback.restore.live;

import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.LiveHistory;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.RestoreRequest.TriggerMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import io.rowback.testbed.Database;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A restore of transactions of a history compared with a live database, in the words of a test. */
final class Target {
    private final LiveHistory history;
    private final Database database;
    private Set<Operation> operations = Set.of(Operation.DELETE, Operation.UPDATE);
    private ConflictMode onConflict = ConflictMode.REFUSE;
    private TriggerMode triggers = TriggerMode.KEEP;
    private boolean copy;

    /** The outcome: a plan, and what writing it would do. */
    record Compared(RestorePlan plan, Preview preview) {
        /** Each finding as "table key: reason". */
        List<String> findings() {
            return plan.findings().stream()
                    .map(finding -> finding.table().name() + " " + finding.key()
                            + (finding instanceof Finding.ColumnConflict conflict ? "." + conflict.column() : "") + ": "
                            + finding.reason())
                    .toList();
        }

        /** The keys of the rows that are written. */
        List<String> writes() {
            return plan.repairs().stream()
                    .map(repair -> repair.table().name() + " " + repair.key())
                    .toList();
        }

        /** Each difference as "table key: what". */
        List<String> differences() {
            return preview.differences().stream()
                    .map(row -> row.table().name() + " " + row.key() + ": " + row.what())
                    .toList();
        }

        /** What else there is to know, of one kind. */
        List<String> items(Preview.Kind kind) {
            return preview.items().stream()
                    .filter(item -> item.kind() == kind)
                    .map(Preview.Item::text)
                    .toList();
        }
    }

    Target(LiveHistory history, Database database) {
        this.history = history;
        this.database = database;
    }

    Target alsoInserts() {
        operations = Set.of(Operation.DELETE, Operation.UPDATE, Operation.INSERT);
        return this;
    }

    Target onConflict(ConflictMode mode) {
        onConflict = mode;
        return this;
    }

    Target disablingTriggers() {
        triggers = TriggerMode.DISABLE;
        return this;
    }

    Target copy() {
        copy = true;
        return this;
    }

    /**
     * Plans to undo transactions and compares.
     *
     * @throws RowbackException as {@link LiveDatabase} does
     */
    Compared compare(long... xids) {
        List<Scope.Window> windows = Arrays.stream(xids)
                .mapToObj(xid -> Scope.Window.of(
                        PointInTime.transaction(history.reader(), xid).commit()))
                .toList();
        RestoreRequest request = new RestoreRequest(
                new Scope(windows, false, List.of()),
                null,
                ColumnChoice.ALL,
                operations,
                onConflict,
                true,
                10_000,
                triggers);
        Connections connections = new Connections(ConnectionSettings.parse(database.url()), "rowback");
        try (LiveDatabase live = LiveDatabase.open(connections, history.reader().info(), copy)) {
            RestorePlan plan = RestorePlanner.plan(history.reader(), request, live);
            return new Compared(plan, live.preview(plan));
        }
    }
}
