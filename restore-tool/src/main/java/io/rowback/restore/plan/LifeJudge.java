package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.plan.Repair.Cause;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a request wants of a row whose life is read, and by whom it was damaged. */
final class LifeJudge {
    private final HistoryReader reader;
    private final RestoreRequest request;
    private final MovedRows moved;
    private final Map<Lsn, Optional<Transaction>> transactions = new HashMap<>();
    private final Map<TableId, ColumnChoice> columns = new HashMap<>();
    private List<Cause> lastCauses = List.of();

    LifeJudge(HistoryReader reader, RestoreRequest request, MovedRows moved) {
        this.reader = reader;
        this.request = request;
        this.moved = moved;
    }

    /** What the row is to be: as it was at the point asked for, else as it would be without these steps. Null for no row. */
    @Nullable
    RowImage wanted(RowLife life, Predicate<RowLife.Step> undone) {
        Lsn at = request.at();
        if (at == null) {
            return life.without(undone);
        }
        // The row is followed back by its key: where others changed that before the scope, it is told by the new one.
        RowTimeline.State state = new RowTimeline(reader, life.table()).asOf(life.key(), at);
        if (state instanceof RowTimeline.State.NotCovered) {
            throw life.table().notCovered(at, reader.info().gaps());
        }
        return state.imageOrNull();
    }

    /** Whether the row meets the request's conditions, told by what it is to be, or by what the scope made of it first. */
    Truth counts(RowLife life, @Nullable RowImage wanted, Predicate<RowLife.Step> undone) {
        Scope.Narrowing narrowing =
                request.scope().narrowing(life.table().schema().id()).orElse(null);
        if (narrowing == null || narrowing.conditions().isEmpty()) {
            return Truth.TRUE;
        }
        RowLife.Step first = life.steps().stream().filter(undone).findFirst().orElseThrow();
        RowImage image = wanted != null ? wanted : first.after() != null ? first.after() : first.before();
        RowImage row = Objects.requireNonNull(image).in(narrowing.table().schema());
        return narrowing.conditions().stream()
                .map(condition -> condition.test(row))
                .reduce(Truth.TRUE, Truth::and);
    }

    /** What is to be done about the row; at least one of its steps is undone. */
    RowJudgement judgement(RowLife life, @Nullable RowImage wanted, Predicate<RowLife.Step> undone) {
        int last = life.last(undone);
        return new RowJudgement(
                request,
                columns(life.table()),
                life.table().schema(),
                new RowJudgement.Images(
                        life.key(),
                        wanted,
                        life.without(undone),
                        life.steps().get(last).after(),
                        life.now(),
                        goes(life, undone),
                        causes(life, undone),
                        lastBy(life, last)));
    }

    private ColumnChoice columns(TableInfo table) {
        return columns.computeIfAbsent(
                table.schema().id(), id -> request.columns().of(table));
    }

    /** Whether the row goes where it is not wanted: because an UPDATE brought it here, or because insertions are to be undone. */
    private boolean goes(RowLife life, Predicate<RowLife.Step> undone) {
        if (request.asksFor(Operation.INSERT)) {
            return true;
        }
        for (int i = life.steps().size() - 1; i >= 0; i--) {
            RowLife.Step step = life.steps().get(i);
            if (undone.test(step) && step.before() == null) {
                return moved.isUpdate(step.change());
            }
        }
        return false;
    }

    private List<Cause> causes(RowLife life, Predicate<RowLife.Step> undone) {
        List<Cause> causes = new ArrayList<>();
        for (RowLife.Step step : life.steps()) {
            if (undone.test(step)) {
                Transaction transaction = transaction(step.change().position());
                if (transaction != null) {
                    causes.add(new Cause(step.change().operation(), transaction));
                }
            }
        }
        // Nearly all rows of an incident have the same.
        if (!causes.equals(lastCauses)) {
            lastCauses = List.copyOf(causes);
        }
        return lastCauses;
    }

    private @Nullable Transaction lastBy(RowLife life, int lastUndone) {
        int last = life.last(step -> !step.inScope());
        return last < lastUndone || life.changedUnseen()
                ? null
                : transaction(life.steps().get(last).change().position());
    }

    private @Nullable Transaction transaction(Position position) {
        Optional<Transaction> known = transactions.get(position.commit());
        if (known == null) {
            known = reader.transaction(position.commit());
            transactions.put(position.commit(), known);
        }
        return known.orElse(null);
    }
}
