package io.rowback.restore.drill;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.live.Restoration;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.plan.Scope.Narrowing;
import io.rowback.restore.plan.Scope.Window;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether rows come back: plans a restore as {@code rowback restore} does, makes the damage anew in a scratch database,
 * has the restore's own statements executed there, and compares all rows with what they were to be. Confined to one thread.
 */
public final class Drill {
    /** What {@code rowback restore} undoes by default. */
    private static final Set<Operation> OPERATIONS = Set.of(Operation.DELETE, Operation.UPDATE);

    /** So many times as many are drawn of each table, since some rows come twice or need nothing. */
    private static final int SPARE = 3;

    private static final int MAX_ROWS = 1_000_000;

    private final HistoryReader reader;
    private final Tables tables;
    private final ScratchDatabase scratch;
    private final Score score = new Score();

    public Drill(HistoryReader reader, ScratchDatabase scratch) {
        this.reader = reader;
        this.tables = new Tables(reader.tables());
        this.scratch = scratch;
    }

    /**
     * Draws rows that were updated or deleted, of each table as many, and puts each back to what it was before the change that
     * was drawn, whatever was done to it since.
     *
     * @param rows how many; fewer where the history has no more
     * @param seed what to draw by
     * @throws RowbackException if the scratch database fails
     */
    public DrillReport rows(int rows, long seed) {
        List<Sample.OfTable> drawn = Sample.draw(reader, SPARE * rows, new Random(seed));
        for (Sample.OfTable sample : drawn) {
            score.drawnOf(sample.table().schema(), sample.changes());
            if (sample.picks().isEmpty()) {
                score.leftOut(sample.table().schema(), "the table has no key by which its rows can be put back");
            }
        }
        Set<Row> met = new HashSet<>();
        int tried = 0;
        for (int i = 0; i < SPARE * rows && tried < rows; i++) {
            for (Sample.OfTable sample : drawn) {
                if (tried < rows
                        && i < sample.picks().size()
                        && isTried(sample.picks().get(i), met)) {
                    tried++;
                }
            }
        }
        return score.report(seed, null, scratch.description(), reader.info(), now());
    }

    /** Undoes one transaction as far as nobody has changed since what it did. */
    public DrillReport transaction(Transaction transaction) {
        transaction.counts().forEach((id, counts) -> {
            if (counts.updates() + counts.deletes() > 0) {
                score.drawnOf(tables.byId(id).orElseThrow().schema(), counts.updates() + counts.deletes());
            }
        });
        Scope scope = new Scope(
                List.of(Window.of(transaction.commit())),
                false,
                List.of(),
                List.of(Window.of(transaction.commit())),
                true);
        attempt(scope, Map.of());
        return score.report(null, transaction, scratch.description(), reader.info(), now());
    }

    private static Instant now() {
        return Clock.systemUTC().instant();
    }

    /** Tries a row that was not drawn before; returns false if there is nothing to put back. */
    private boolean isTried(Sample.Pick pick, Set<Row> met) {
        TableSchema table = pick.table().schema();
        RowKey key = pick.key(reader);
        if (!met.add(new Row(table.id(), key))) {
            return false;
        }
        Window since = new Window(pick.commit(), reader.info().durable());
        Scope scope = new Scope(
                List.of(since),
                true,
                List.of(new Narrowing(pick.table(), key, false, List.of())),
                List.of(since),
                true);
        RowImage before =
                new RowTimeline(reader, pick.table()).asOf(key, pick.commit()).imageOrNull();
        return attempt(scope, before == null ? Map.of() : Map.of(new Row(table.id(), key), before));
    }

    /**
     * Plans and tries one restore; returns false if there is nothing to put back.
     *
     * @param known what rows are to be by the history itself, beside what the plan says
     */
    private boolean attempt(Scope scope, Map<Row, RowImage> known) {
        RestoreRequest request = new RestoreRequest(
                scope, null, ColumnChoice.ALL, OPERATIONS, ConflictMode.SKIP, /* allowIncomplete= */ true, MAX_ROWS);
        long begin = System.nanoTime();
        RestorePlan plan = RestorePlanner.plan(reader, request);
        Duration planning = Duration.ofNanos(System.nanoTime() - begin);
        for (Finding finding : plan.findings()) {
            score.untried(finding.table(), finding.key(), finding.reason());
        }
        if (plan.rows() == 0) {
            return !plan.findings().isEmpty();
        }
        try {
            Stage stage = new Stage(reader, tables, plan);
            scratch.build(stage);
            try {
                Duration writing = write(plan);
                score.timed(planning, writing);
                compare(plan, stage, known);
            } finally {
                scratch.clear();
            }
        } catch (UntriedException e) {
            score.untried(plan.repairs(), String.valueOf(e.getMessage()));
        } catch (RowbackException e) {
            if (e.code() != ErrorCode.REFUSED) {
                throw e;
            }
            score.failed(plan.repairs(), "the script failed: " + said(e));
        }
        return true;
    }

    private Duration write(RestorePlan plan) {
        long begin = System.nanoTime();
        new Restoration(scratch.connections(), plan, statement -> {}).run();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static String said(RowbackException refused) {
        return refused.getCause() instanceof SQLException cause
                ? UntriedException.reason(cause)
                : String.valueOf(refused.getMessage());
    }

    private void compare(RestorePlan plan, Stage stage, Map<Row, RowImage> known) {
        Set<Row> different = new HashSet<>();
        for (TableSchema table : stage.tables()) {
            Map<RowKey, RowImage> wanted = stage.wanted(table);
            Map<RowKey, RowImage> there = scratch.rows(table);
            Set<RowKey> keys = new TreeSet<>(wanted.keySet());
            keys.addAll(there.keySet());
            for (RowKey key : keys) {
                Row row = new Row(table.id(), key);
                String what = difference(wanted.get(key), there.get(key));
                if (what == null && known.containsKey(row)) {
                    what = difference(known.get(row), there.get(key));
                }
                if (what != null) {
                    different.add(row);
                    score.different(table, key, what);
                }
            }
        }
        for (Repair repair : plan.repairs()) {
            if (!different.contains(new Row(repair.table().id(), repair.keyAfter()))) {
                score.restored(repair.table());
            }
        }
    }

    private static @Nullable String difference(@Nullable RowImage wanted, @Nullable RowImage there) {
        if (there == null) {
            return wanted == null ? null : "it is not there";
        }
        if (wanted == null) {
            return "it is there and was not to be";
        }
        String columns = there.contradictions(wanted).stream().map(Column::name).collect(Collectors.joining(", "));
        return columns.isEmpty() ? null : "it holds other values than it was to in " + columns;
    }
}
