package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The rows of a plan that were moved between partitions: that is undone for both halves of a row, or for none. */
final class MovedRows {
    private final RestoreRequest request;
    private final PartitionMoves moves;
    private final Map<Row, Row> named = new HashMap<>();
    private final Map<Row, Set<Row>> halves = new HashMap<>();
    private final Set<Row> unmet = new HashSet<>();

    MovedRows(HistoryReader reader, RestoreRequest request) {
        this.request = request;
        this.moves = new PartitionMoves(reader);
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

    /** Notes that a row does not meet the condition. */
    void unmet(RowLife life) {
        unmet.add(row(life));
    }

    /** Whether the change deleted or inserted a row that went on in another partition, or came from one. */
    boolean isHalf(Change change) {
        return moves.otherHalf(change) != null;
    }

    /** Notes the other halves of a row that was moved; if one of them is not among the plan's rows, why it is refused. */
    @Nullable
    Finding half(RowLife life, Predicate<RowLife.Step> undone, Set<Row> rows) {
        boolean bothOperations = request.asksFor(Operation.INSERT) && request.asksFor(Operation.DELETE);
        for (RowLife.Step step : life.steps()) {
            Change other = undone.test(step) ? moves.otherHalf(step.change()) : null;
            if (other == null) {
                continue;
            }
            boolean inserted = other.operation() == Operation.INSERT;
            Row half = new Row(other.table(), Objects.requireNonNull(other.key()));
            if (!bothOperations || !rows.contains(half)) {
                return new Finding.Refusal(
                        life.table().schema(),
                        life.key(),
                        "it seems to have been moved " + (inserted ? "to" : "from") + " partition "
                                + other.schema().name() + ", where its key is " + half.key()
                                + "; that is undone for both of them, by --ops delete,update,insert");
            }
            halves.computeIfAbsent(row(life), row -> new HashSet<>()).add(half);
        }
        return null;
    }

    /** Of each row that was moved the rows that are its other halves, each by the key that names it. */
    Map<Row, Set<Row>> halves() {
        Map<Row, Set<Row>> halves = new HashMap<>();
        this.halves.forEach((row, others) -> halves.put(
                row, others.stream().map(half -> named.getOrDefault(half, half)).collect(Collectors.toSet())));
        return halves;
    }

    /** The condition is to hold of both halves of a move, which may differ in what it asks for. */
    void refuseHalvesOfUnmet(List<Draft> drafts, List<Finding> findings) {
        Map<Row, Set<Row>> halves = halves();
        drafts.removeIf(draft -> {
            boolean alone = !Collections.disjoint(halves.getOrDefault(draft.row(), Set.of()), unmet);
            if (alone) {
                findings.add(
                        new Finding.Refusal(
                                draft.table(),
                                draft.name(),
                                "it seems to have been moved between partitions, and only one half of that meets the condition"));
            }
            return alone;
        });
    }

    private static Row row(RowLife life) {
        return new Row(life.table().schema().id(), life.key());
    }
}
