package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a plan that were moved between partitions: that is undone for both halves of a row, or for none. Several threads
 * may ask whether a row was, and note it.
 */
final class MovedRows {
    private final RestoreRequest request;
    private final boolean allColumns;
    private final PartitionMoves moves;
    private final Map<Row, Row> named = new HashMap<>();
    private final Map<Row, Set<Row>> halves = new ConcurrentHashMap<>();
    private final Set<Row> unmet = ConcurrentHashMap.newKeySet();
    private final Set<Row> gone = ConcurrentHashMap.newKeySet();
    private final Set<Row> movedOn = ConcurrentHashMap.newKeySet();

    MovedRows(HistoryReader reader, RestoreRequest request, Tables tables) {
        this.request = request;
        this.allColumns = request.columns().equals(ColumnChoice.ALL);
        this.moves = new PartitionMoves(reader, tables);
    }

    /**
     * Whether the change counts as an UPDATE: it is surely one half of a move. Where some columns alone are asked for it does
     * not, since both halves are whole rows.
     */
    boolean isUpdate(Change change) {
        return allColumns && moves.isUpdate(change);
    }

    /** Whether the step belongs to what the request undoes. */
    boolean undoes(RowLife.Step step) {
        Change change = step.change();
        return step.inScope()
                && (isUpdate(change) ? request.asksFor(Operation.UPDATE) : request.undoes(change.operation()));
    }

    /** Notes under which keys a row was known, unless that is the one alone by which it is named. */
    void name(RowLife life, Set<RowKey> keys) {
        if (keys.size() > 1 || !keys.contains(life.key())) {
            keys.forEach(key -> named.put(new Row(row(life).table(), key), row(life)));
        }
    }

    /** Whether the key is one of several under which a row was known. */
    boolean isNamed(Row row) {
        return named.containsKey(row);
    }

    /** The row as findings call it, by whichever of its keys. */
    Row named(Row row) {
        return named.getOrDefault(row, row);
    }

    /** Notes that a row does not meet the condition. */
    void unmet(RowLife life) {
        unmet.add(row(life));
    }

    /** Whether the change deleted or inserted a row that went on in another partition, or came from one. */
    boolean isHalf(Change change) {
        return moves.otherHalf(change) != null;
    }

    /**
     * Whether somebody surely moved the row to another partition since: it must not come back beside itself. A finding says where
     * it is, null if nobody did.
     */
    @Nullable
    Finding away(RowLife life) {
        RowLife.Step last = life.steps().get(life.steps().size() - 1);
        boolean gone = life.now() == null && !last.inScope() && last.after() == null;
        Change other = gone && moves.isUpdate(last.change()) ? moves.otherHalf(last.change()) : null;
        if (other == null) {
            return null;
        }
        String reason = "somebody moved it since to partition " + other.schema().name() + ", where its key is "
                + row(other).key();
        return request.onConflict() == ConflictMode.OVERWRITE
                ? new Finding.Refusal(life.table().schema(), life.key(), reason)
                : new Finding.RowConflict(life.table().schema(), life.key(), reason, null);
    }

    /**
     * Why the change, one half of a move, cannot be undone alone; null if it is none, or the other half is undone too.
     *
     * @param planned whether a row is looked at for the plan
     */
    @Nullable
    String obstacle(Change change, Predicate<Row> planned) {
        Change other = moves.otherHalf(change);
        if (other == null) {
            return null;
        }
        Row half = row(other);
        boolean update = isUpdate(other);
        boolean asked = update || (request.asksFor(Operation.INSERT) && request.asksFor(Operation.DELETE));
        return asked && planned.test(half)
                ? null
                : "it seems to have been moved " + (other.operation() == Operation.INSERT ? "to" : "from")
                        + " partition " + other.schema().name() + ", where its key is " + half.key()
                        + "; that is undone for both of them" + (update ? "" : ", by --ops delete,update,insert");
    }

    /** Notes the other halves of a row that was moved; if one of them is not among the plan's rows, why it is refused. */
    @Nullable
    Finding half(RowLife life, Predicate<RowLife.Step> undone, Set<Row> rows) {
        for (RowLife.Step step : life.steps()) {
            Change other = undone.test(step) ? moves.otherHalf(step.change()) : null;
            if (other == null) {
                continue;
            }
            String obstacle = obstacle(step.change(), rows::contains);
            if (obstacle != null) {
                return new Finding.Refusal(life.table().schema(), life.key(), obstacle);
            }
            halves.computeIfAbsent(row(life), row -> ConcurrentHashMap.newKeySet())
                    .add(row(other));
            int last = life.last(undone);
            if (life.now() == null && life.steps().get(last).after() != null) {
                gone.add(row(life));
                if (away(life) != null) {
                    movedOn.add(row(life));
                }
            }
        }
        return null;
    }

    /** Of each row that was moved the rows that are its other halves, each by the key that names it. */
    Map<Row, Set<Row>> halves() {
        Map<Row, Set<Row>> halves = new HashMap<>();
        this.halves.forEach((row, others) ->
                halves.put(row, others.stream().map(this::named).collect(Collectors.toSet())));
        return halves;
    }

    /** Takes out halves that cannot be undone for the other one's sake. */
    void leaveHalves(List<Draft> drafts, List<Finding> findings) {
        Map<Row, Set<Row>> halves = halves();
        drafts.removeIf(draft -> {
            Set<Row> others = halves.getOrDefault(draft.row(), Set.of());
            if (!Collections.disjoint(others, unmet)) {
                findings.add(
                        new Finding.Refusal(
                                draft.table(),
                                draft.name(),
                                "it seems to have been moved between partitions, and only one half of that meets the condition"));
                return true;
            }
            if (!Collections.disjoint(others, movedOn) && request.onConflict() == ConflictMode.OVERWRITE) {
                findings.add(new Finding.Refusal(draft.table(), draft.name(), "somebody moved it on since"));
                return true;
            }
            if (!Collections.disjoint(others, gone)) {
                findings.add(new Finding.RowConflict(
                        draft.table(), draft.name(), "somebody deleted it since, or moved it on", null));
                return request.onConflict() != ConflictMode.OVERWRITE;
            }
            return false;
        });
    }

    private static Row row(Change change) {
        return new Row(change.table(), Objects.requireNonNull(change.key()));
    }

    private static Row row(RowLife life) {
        return new Row(life.table().schema().id(), life.key());
    }
}
