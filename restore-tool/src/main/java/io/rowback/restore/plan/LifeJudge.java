package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.plan.Finding.Refusal;
import io.rowback.restore.plan.Finding.Refusal.Kind;
import io.rowback.restore.plan.Repair.Cause;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is to be done about a row whose life is read: what a request wants of it, and by whom it was damaged. For several threads. */
final class LifeJudge {
    private final HistoryReader reader;
    private final RestoreRequest request;
    private final MovedRows moved;
    private final Predicate<RowLife.Step> undone;
    private final Map<Lsn, Optional<Transaction>> transactions = new ConcurrentHashMap<>();
    private final Map<TableId, ColumnChoice> columns = new ConcurrentHashMap<>();
    private volatile List<Cause> lastCauses = List.of();

    LifeJudge(HistoryReader reader, RestoreRequest request, MovedRows moved) {
        this.reader = reader;
        this.request = request;
        this.moved = moved;
        this.undone = moved::undoes;
    }

    /**
     * What is to be done about a row.
     *
     * @param draft the write, null if there is none
     * @param findings what is in the way
     * @param left the table of a row that is there because the scope inserted it and stays because nobody asked to undo that
     */
    record Verdict(
            @Nullable Draft draft,
            List<Finding> findings,
            @Nullable TableName left) {
        private static final Verdict NOTHING = new Verdict(null, List.of(), null);

        private static Verdict refused(RowLife life, String reason, Kind kind) {
            return of(new Refusal(life.table().schema(), life.key(), reason, kind));
        }

        private static Verdict of(Finding finding) {
            return new Verdict(null, List.of(finding), null);
        }
    }

    /** The verdict about a row that the scope touched, as it did these; what is there was asked. */
    Verdict verdict(RowLife life, Set<Row> rows) {
        if (life.problem() != null) {
            return Verdict.refused(life, life.problem(), Kind.UNTOLD);
        }
        if (life.last(undone) < 0) {
            return Verdict.NOTHING;
        }
        Finding half = moved.half(life, undone, rows);
        if (half != null) {
            return Verdict.of(half);
        }
        RowImage wanted = wanted(life, undone);
        return switch (counts(life, wanted)) {
            case TRUE -> {
                Finding away = wanted == null ? null : moved.away(life);
                yield away == null ? judged(life, wanted, undone) : Verdict.of(away);
            }
            case FALSE, NULL -> {
                moved.unmet(life);
                yield Verdict.NOTHING;
            }
            case UNKNOWN -> {
                moved.unmet(life);
                yield Verdict.refused(life, "whether it meets the condition is not known", Kind.OTHER);
            }
        };
    }

    /** The verdict about a row that is gone and that others refer to: it comes back as if no step in the scope had been. */
    Verdict asParent(RowLife life) {
        return judged(life, wanted(life, RowLife.Step::inScope), RowLife.Step::inScope);
    }

    /** What the row is to be: as it was at the point asked for, else as it would be without these steps. Null for no row. */
    private @Nullable RowImage wanted(RowLife life, Predicate<RowLife.Step> undone) {
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
    private Truth counts(RowLife life, @Nullable RowImage wanted) {
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
    private Verdict judged(RowLife life, @Nullable RowImage wanted, Predicate<RowLife.Step> undone) {
        int last = life.last(undone);
        RowJudgement judgement = new RowJudgement(
                request,
                columns(life.table()),
                life.table().schema(),
                new RowJudgement.Images(
                        life.key(),
                        wanted,
                        life.without(undone),
                        life.steps().get(last).after(),
                        life.now(),
                        life.insertedBetween(undone),
                        goes(life, undone),
                        causes(life, undone),
                        lastBy(life, last)));
        Draft draft = judgement
                .repair()
                .map(repair -> new Draft(life.key(), repair, life.now()))
                .orElse(null);
        TableName left = judgement.left() ? life.table().schema().name() : null;
        return new Verdict(draft, judgement.findings(), left);
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
        List<Cause> last = lastCauses;
        if (causes.equals(last)) {
            return last;
        }
        List<Cause> others = List.copyOf(causes);
        lastCauses = others;
        return others;
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
