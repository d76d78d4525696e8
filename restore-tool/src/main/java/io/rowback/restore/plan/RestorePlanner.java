package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.Hole;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.plan.Repair.Cause;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plans how the damage of a scope is put right. For each row that the scope touched: read its life, work out what it
 * would be without the scope, judge that against what is there; then check what the rows hang on and put the writes in
 * order.
 */
public final class RestorePlanner {
    /** Of so many rows at once it is asked what is there. */
    private static final int BATCH = 1_000;

    private final HistoryReader reader;
    private final RestoreRequest request;
    private final CurrentRows current;
    private final Tables tables;
    private final Map<TableInfo, LifeReader> lives = new HashMap<>();
    private final PartitionMoves moves;
    private final Map<Row, Row> named = new HashMap<>();
    private final Map<Row, Set<Row>> halves = new HashMap<>();
    private final Set<Row> unmet = new HashSet<>();
    private final Set<Row> askedFor = new HashSet<>();
    private final Map<Lsn, Optional<Transaction>> transactions = new HashMap<>();
    private final Map<Lsn, Transaction> causing = new TreeMap<>();
    private final List<Draft> drafts = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final Map<TableName, Long> leftInserted = new TreeMap<>();
    private long surplus;

    private RestorePlanner(HistoryReader reader, RestoreRequest request, CurrentRows current) {
        this.reader = reader;
        this.request = request;
        this.current = current;
        this.tables = new Tables(current.tables(reader.tables()));
        this.moves = new PartitionMoves(reader);
    }

    /**
     * Plans a request for a database as the history knows it.
     *
     * @throws RowbackException if the request cannot be planned at all: a point in time that is not covered, more rows
     *     than allowed
     */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request) {
        return plan(reader, request, new HistoryRows(reader));
    }

    /** Plans a request for a database as it is. */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request, CurrentRows current) {
        return new RestorePlanner(reader, request, current).plan();
    }

    private RestorePlan plan() {
        ScopeRows scope = new ScopeRows(reader, tables, request.scope());
        Set<Row> rows = scope.read();
        List<RowLife> read = new ArrayList<>();
        for (Row row : rows) {
            TableInfo table = tables.byId(row.table()).orElseThrow();
            if (!named.containsKey(row)) {
                LifeReader reading = lives.computeIfAbsent(table, t -> new LifeReader(reader, t, request.scope()));
                RowLife life = reading.read(row.key());
                reading.keys(row.key()).forEach(key -> named.put(new Row(row.table(), key), row(life)));
                read.add(life);
            }
            if (read.size() == BATCH) {
                judge(read, rows);
                read.clear();
            }
        }
        judge(read, rows);
        refuseSurplus();
        scope.withoutKey().forEach(this::addWithoutKey);
        refuseHalvesOfUnmet();
        RepairOrder order = order();
        return new RestorePlan(
                request,
                reader.info().durable(),
                List.copyOf(causing.values()),
                order.tables(),
                order.statements(),
                findings,
                missing(),
                leftInserted);
    }

    /** Judges these rows by what is there, which is asked for all of them at once. */
    private void judge(List<RowLife> read, Set<Row> rows) {
        Map<TableInfo, Map<RowKey, Optional<RowImage>>> last = new HashMap<>();
        for (RowLife life : read) {
            if (life.isTold()) {
                last.computeIfAbsent(life.table(), table -> new HashMap<>())
                        .put(life.last(), Optional.ofNullable(life.now()));
            }
        }
        Map<TableInfo, Map<RowKey, RowImage>> there = new HashMap<>();
        last.forEach((table, images) -> {
            if (current.obstacle(table).isEmpty()) {
                there.put(table, current.rows(table, images));
            }
        });
        for (RowLife life : read) {
            Map<RowKey, RowImage> images = there.get(life.table());
            if (images != null && life.isTold()) {
                add(life.met(images.get(life.last())), rows);
            } else {
                String obstacle = life.isTold() ? current.obstacle(life.table()).orElseThrow() : null;
                add(obstacle == null ? life : RowLife.untold(life.table(), life.key(), obstacle), rows);
            }
        }
        if (drafts.size() + findings.size() > request.maxRows()) {
            // What follows is counted alone.
            surplus += drafts.size() + findings.size();
            drafts.clear();
            findings.clear();
        }
    }

    private void refuseSurplus() {
        if (surplus > 0) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "the plan has " + (surplus + drafts.size() + findings.size()) + " rows, more than the "
                            + request.maxRows() + " that are allowed",
                    "Narrow it by --table, --key-range or --where, or allow as many with --max-rows.");
        }
    }

    private List<String> missing() {
        List<Gap> gaps = reader.info().gaps();
        Stream<Hole> holes = request.scope().countsAllTables()
                ? gaps.stream().map(gap -> new Hole(gap.from(), gap.to(), gap))
                : request.scope().narrowings().stream()
                        .flatMap(narrowing -> narrowing.table().holes(gaps).stream())
                        .distinct();
        return holes.filter(hole -> request.scope().searched().stream()
                        .anyMatch(window -> hole.overlaps(window.from(), window.to())))
                .map(Hole::toString)
                .toList();
    }

    /** Orders what can be written; each time that something turns out not to be, all that hangs on it is looked at anew. */
    private RepairOrder order() {
        Parents parents = new Parents(current, tables, drafts);
        while (true) {
            int known = findings.size();
            Dependencies dependencies = new Dependencies(reader, tables, halves(), parents, drafts, findings);
            if (addParents(dependencies.absent(), known)) {
                parents = new Parents(current, tables, drafts);
                continue;
            }
            List<Draft> possible = dependencies.drafts();
            List<Finding> obstacles = current.obstacles(possible, request.onConflict());
            if (!obstacles.isEmpty()) {
                findings.subList(known, findings.size()).clear();
                Set<Row> obstructed = obstacles.stream()
                        .map(finding -> new Row(finding.table().id(), finding.key()))
                        .collect(Collectors.toSet());
                drafts.removeIf(draft -> obstructed.contains(draft.row()));
                findings.addAll(obstacles);
                continue;
            }
            RepairOrder order = new RepairOrder(possible);
            List<Draft> impossible = order.impossible();
            if (impossible.isEmpty()) {
                return order;
            }
            findings.subList(known, findings.size()).clear();
            drafts.removeAll(impossible);
            for (Draft draft : impossible) {
                findings.add(new Finding.Refusal(
                        draft.table(),
                        draft.name(),
                        "it takes a unique value from a row that waits for it: no order of writes can do that"));
            }
        }
    }

    /** What is to be done about a table without a key: nothing but to name it, unless rows were only inserted. */
    private void addWithoutKey(TableSchema table, Transaction.Counts counts) {
        boolean damaged = Arrays.stream(Operation.values())
                .anyMatch(operation -> request.asksFor(operation) && counts.of(operation) > 0);
        if (damaged) {
            findings.add(
                    new Finding.Refusal(
                            table,
                            RowKey.of(),
                            "rows of a table without a key are not put back; history --where and show --where tell what they were"));
        }
        if (!request.asksFor(Operation.INSERT) && counts.inserts() > 0) {
            leftInserted.merge(table.name(), counts.inserts(), Long::sum);
        }
    }

    private void add(RowLife life, Set<Row> rows) {
        TableSchema table = life.table().schema();
        if (life.problem() != null) {
            findings.add(new Finding.Refusal(table, life.key(), life.problem()));
            return;
        }
        Predicate<RowLife.Step> undone =
                step -> step.inScope() && request.undoes(step.change().operation());
        if (life.last(undone) < 0) {
            return;
        }
        Finding moved = halfOfAMove(life, undone, rows);
        if (moved != null) {
            findings.add(moved);
            return;
        }
        RowImage wanted = asOf(life, life.without(undone));
        Truth counts = counts(life, wanted, undone);
        if (counts == Truth.UNKNOWN) {
            findings.add(new Finding.Refusal(table, life.key(), "whether it meets the condition is not known"));
        }
        if (counts != Truth.TRUE) {
            unmet.add(row(life));
            return;
        }
        judge(life, wanted, undone);
    }

    /** Whether rows were added that are gone and that others refer to; then what was found from {@code known} on is void. */
    private boolean addParents(Set<Row> absent, int known) {
        List<Row> fresh = absent.stream()
                .filter(row -> request.scope().withParents() && askedFor.add(row))
                .toList();
        if (!fresh.isEmpty()) {
            findings.subList(known, findings.size()).clear();
            fresh.forEach(this::addParent);
        }
        return !fresh.isEmpty();
    }

    /**
     * A row that others refer to and that is gone comes back as if neither the scope nor who deleted it last had been. One
     * that has another key now, or of which the history knows nothing, stays missing.
     */
    private void addParent(Row row) {
        TableInfo table = tables.byId(row.table()).orElseThrow();
        List<RowTimeline.Version> versions = new RowTimeline(reader, table)
                .versions(row.key(), Lsn.ZERO, reader.info().durable());
        Change last =
                versions.isEmpty() ? null : versions.get(versions.size() - 1).change();
        if (last == null || last.after() != null || moves.otherHalf(last) != null) {
            return;
        }
        Scope scope = request.scope().with(last.position().commit());
        RowLife life = new LifeReader(reader, table, scope).read(row.key());
        String obstacle = life.isTold() ? current.obstacle(table).orElse(null) : life.problem();
        if (obstacle != null) {
            findings.add(new Finding.Refusal(table.schema(), life.key(), obstacle));
        } else if (life.last(RowLife.Step::inScope) >= 0) {
            Map<RowKey, Optional<RowImage>> asked = Map.of(life.last(), Optional.ofNullable(life.now()));
            RowLife met = life.met(current.rows(table, asked).get(life.last()));
            if (met.now() == null) {
                judge(met, asOf(met, met.without(RowLife.Step::inScope)), RowLife.Step::inScope);
            }
        }
    }

    private void judge(RowLife life, @Nullable RowImage wanted, Predicate<RowLife.Step> undone) {
        int last = life.last(undone);
        RowJudgement judgement = new RowJudgement(
                request,
                life.table().schema(),
                new RowJudgement.Images(
                        life.key(),
                        wanted,
                        life.without(undone),
                        life.steps().get(last).after(),
                        life.now(),
                        causes(life, undone),
                        lastBy(life, last)));
        keep(life, judgement);
    }

    /** A row that moved to another partition was deleted here and inserted there: undone is both or nothing. */
    private @Nullable Finding halfOfAMove(RowLife life, Predicate<RowLife.Step> undone, Set<Row> rows) {
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
    private Map<Row, Set<Row>> halves() {
        Map<Row, Set<Row>> halves = new HashMap<>();
        this.halves.forEach(
                (row, others) -> halves.put(row, others.stream().map(named::get).collect(Collectors.toSet())));
        return halves;
    }

    /** The condition is to hold of both halves of a move, which may differ in what it asks for. */
    private void refuseHalvesOfUnmet() {
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

    private void keep(RowLife life, RowJudgement judgement) {
        findings.addAll(judgement.findings());
        if (judgement.left()) {
            leftInserted.merge(life.table().schema().name(), 1L, Long::sum);
        }
        judgement.repair().ifPresent(repair -> {
            drafts.add(new Draft(life.key(), repair, life.now()));
            repair.causes().forEach(cause -> causing.put(cause.transaction().commit(), cause.transaction()));
        });
    }

    /** What the row is to be: as it was at the point asked for, else as it would be without the scope. */
    private @Nullable RowImage asOf(RowLife life, @Nullable RowImage without) {
        Lsn at = request.at();
        if (at == null) {
            return without;
        }
        // The row is followed back by its key: where others changed that before the scope, it is told by the new one.
        RowTimeline.State state = new RowTimeline(reader, life.table()).asOf(life.key(), at);
        if (state instanceof RowTimeline.State.NotCovered) {
            throw life.table().notCovered(at, reader.info().gaps());
        }
        return state.imageOrNull();
    }

    private Truth counts(RowLife life, @Nullable RowImage wanted, Predicate<RowLife.Step> undone) {
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

    private List<Cause> causes(RowLife life, Predicate<RowLife.Step> undone) {
        List<Cause> causes = new ArrayList<>();
        for (RowLife.Step step : life.steps()) {
            if (undone.test(step)) {
                transaction(step.change().position())
                        .ifPresent(transaction ->
                                causes.add(new Cause(step.change().operation(), transaction)));
            }
        }
        return causes;
    }

    private @Nullable Transaction lastBy(RowLife life, int lastUndone) {
        int last = life.last(step -> !step.inScope());
        return last < lastUndone || life.changedUnseen()
                ? null
                : transaction(life.steps().get(last).change().position()).orElse(null);
    }

    private Optional<Transaction> transaction(Position position) {
        return transactions.computeIfAbsent(position.commit(), reader::transaction);
    }
}
