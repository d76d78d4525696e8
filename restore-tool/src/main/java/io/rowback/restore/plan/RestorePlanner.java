package io.rowback.restore.plan;

import io.rowback.history.Change;
import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.Hole;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.ScopeRows.Touched;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
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
    private final Map<TableId, LifeReader> lives = new HashMap<>();
    private final Map<TableId, PlainLives> plain = new ConcurrentHashMap<>();
    private final Map<TableId, Boolean> partitions = new HashMap<>();
    private final MovedRows moved;
    private final LifeJudge judge;
    private final Set<Row> askedFor = new HashSet<>();
    private final Map<Lsn, Transaction> causing = new TreeMap<>();
    private final List<Draft> drafts = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final Map<TableName, Long> leftInserted = new TreeMap<>();
    private final List<KeylessTable> keyless = new ArrayList<>();
    /** How many rows were looked at. */
    private long planned;
    /** How many of them are to be written or have something in their way. */
    private long judged;

    private RestorePlanner(HistoryReader reader, RestoreRequest request, CurrentRows current) {
        this.reader = reader;
        this.request = request;
        this.current = current;
        this.tables = new Tables(current.tables(reader.tables()));
        this.moved = new MovedRows(reader, request, tables);
        this.judge = new LifeJudge(reader, request, moved);
    }

    /**
     * Plans a request for a database as the history knows it.
     *
     * @throws RowbackException if the request cannot be planned at all: a point in time that is not covered, more rows
     *     than allowed
     */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request) {
        return plan(reader, request, (planned, touched) -> {});
    }

    /** The same, watched. */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request, PlanningWatch watch) {
        return new RestorePlanner(reader, request, new HistoryRows(reader)).plan(watch);
    }

    /** Plans a request for a database as it is. */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request, CurrentRows current) {
        return plan(reader, request, current, (planned, touched) -> {});
    }

    /** The same, watched. */
    public static RestorePlan plan(
            HistoryReader reader, RestoreRequest request, CurrentRows current, PlanningWatch watch) {
        return new RestorePlanner(reader, request, current).plan(watch);
    }

    private RestorePlan plan(PlanningWatch watch) {
        judgeAll(watch);
        moved.leaveHalves(drafts, findings);
        RepairOrder order = order();
        List<List<Repair>> statements = new ArrayList<>(order.statements());
        keyless.forEach(table -> table.repairs().forEach(repair -> statements.add(List.of(repair))));
        // Parents that come along were not counted yet.
        request.refuseMoreThanAllowed(statements.stream().mapToLong(List::size).sum());
        List<TableSchema> written = new ArrayList<>(order.tables());
        keyless.stream()
                .flatMap(table -> table.repairs().stream())
                .map(Repair::table)
                .distinct()
                .forEach(written::add);
        return new RestorePlan(
                request,
                reader.info(),
                List.copyOf(causing.values()),
                List.of(),
                written,
                reader.forms(),
                statements,
                order.singly(),
                keyless.stream().flatMap(table -> table.counts().stream()).toList(),
                findings,
                missing(),
                leftInserted);
    }

    /** Judges the rows of the scope while they are being found. */
    private void judgeAll(PlanningWatch watch) {
        IntConsumer found = rows -> {
            if (planned == 0) {
                watch.rows(0, rows);
            }
        };
        try (ScopeRows scope = new ScopeRows(reader, tables, request.scope(), found, ScopeRows.MOST)) {
            Set<Row> rows = scope.touched();
            List<RowLife> open = new ArrayList<>();
            // Of what may have been moved between partitions it counts which other rows the scope touched.
            Iterator<List<Touched>> parts = new ScopeParts(scope, row -> wasPartition(row.table()));
            try (Ahead<List<Touched>, List<Told>> batches = new Ahead<>(parts, part -> told(part, rows))) {
                while (batches.hasNext()) {
                    List<Told> batch = batches.next();
                    batch.forEach(row -> take(row, rows, open));
                    planned += batch.size();
                    if (open.size() >= BATCH || !batches.hasNext()) {
                        judge(open, rows);
                        open.clear();
                    }
                    watch.rows(planned, scope.hasNext() ? 0 : rows.size());
                }
            }
            request.refuseMoreThanAllowed(judged);
            scope.withoutKey().forEach((id, keys) -> addWithoutKey(table(id), keys));
        }
    }

    private boolean wasPartition(TableId table) {
        return partitions.computeIfAbsent(table, id -> table(id).schemas().stream()
                .anyMatch(version -> !version.schema().partitionOf().isEmpty()));
    }

    /**
     * What is told of a row by its changes alone: its life, or the verdict where nobody need be asked what is there. Both are
     * null if they do not tell all.
     */
    private record Told(Row row, @Nullable RowLife life, LifeJudge.@Nullable Verdict verdict) {}

    /** Reads, and judges what can be judged, on any thread. */
    private List<Told> told(List<Touched> part, Set<Row> rows) {
        Map<TableId, List<RowKey>> keys = new HashMap<>();
        Map<Position, Change> known = new HashMap<>();
        for (Touched touched : part) {
            Row row = touched.row();
            keys.computeIfAbsent(row.table(), table -> new ArrayList<>()).add(row.key());
            if (touched.change() != null) {
                known.put(touched.change().position(), touched.change());
            }
        }
        Map<TableId, Map<RowKey, RowLife>> lives = new HashMap<>();
        keys.forEach((table, ofTable) -> lives.put(table, plain(table).of(ofTable, known)));
        List<Told> told = new ArrayList<>(part.size());
        for (Touched touched : part) {
            Row row = touched.row();
            RowLife life = Objects.requireNonNull(lives.get(row.table())).get(row.key());
            told.add(
                    life != null && current.areLast()
                            ? new Told(row, null, judge.verdict(life, rows))
                            : new Told(row, life, null));
        }
        return told;
    }

    /** Takes the verdict about a row, or notes its life for what is to be asked. A row that had several keys counts once. */
    private void take(Told told, Set<Row> rows, List<RowLife> open) {
        Row row = told.row();
        if (moved.isNamed(row)) {
            return;
        }
        if (told.verdict() != null) {
            take(told.verdict());
            return;
        }
        RowLife life = told.life();
        if (life == null) {
            LifeReader reading = lives(row.table());
            life = reading.read(row.key());
            moved.name(life, reading.keys(row.key()));
        }
        if (current.areLast()) {
            take(judge.verdict(life, rows));
        } else {
            open.add(life);
        }
    }

    private LifeReader lives(TableId table) {
        return lives.computeIfAbsent(table, id -> new LifeReader(reader, table(id), request.scope()));
    }

    private PlainLives plain(TableId table) {
        return plain.computeIfAbsent(table, id -> new PlainLives(reader, table(id), request.scope()));
    }

    private TableInfo table(TableId id) {
        return tables.byId(id).orElseThrow();
    }

    /** Judges these rows by what is there, which is asked for all of them at once. */
    private void judge(List<RowLife> read, Set<Row> rows) {
        Map<TableId, Map<RowKey, Optional<RowImage>>> last = new HashMap<>();
        for (RowLife life : read) {
            if (life.isTold()) {
                last.computeIfAbsent(life.table().schema().id(), table -> new HashMap<>())
                        .put(life.last(), Optional.ofNullable(life.now()));
            }
        }
        Map<TableId, Map<RowKey, RowImage>> there = new HashMap<>();
        last.forEach((id, images) -> {
            TableInfo table = table(id);
            if (current.obstacle(table).isEmpty()) {
                there.put(id, current.rows(table, images));
            }
        });
        for (RowLife life : read) {
            Map<RowKey, RowImage> images = there.get(life.table().schema().id());
            if (images != null && life.isTold()) {
                take(judge.verdict(life.met(images.get(life.last())), rows));
            } else {
                String obstacle = life.isTold() ? current.obstacle(life.table()).orElseThrow() : null;
                take(judge.verdict(obstacle == null ? life : RowLife.untold(life.table(), life.key(), obstacle), rows));
            }
        }
    }

    private void take(LifeJudge.Verdict verdict) {
        judged += verdict.draft() != null || !verdict.findings().isEmpty() ? 1 : 0;
        // What is more than allowed is counted alone.
        if (judged <= request.maxRows()) {
            keep(verdict);
        }
    }

    private void keep(LifeJudge.Verdict verdict) {
        findings.addAll(verdict.findings());
        if (verdict.left() != null) {
            leftInserted.merge(verdict.left(), 1L, Long::sum);
        }
        if (verdict.draft() != null) {
            drafts.add(verdict.draft());
            addCauses(verdict.draft().repair());
        }
    }

    private List<String> missing() {
        List<Gap> gaps = reader.info().gaps();
        Predicate<Hole> counts = hole ->
                request.scope().searched().stream().anyMatch(window -> hole.overlaps(window.from(), window.to()));
        if (request.scope().countsAllTables()) {
            Horizon horizon = reader.info().horizon();
            Stream<Hole> dropped = horizon == null ? Stream.empty() : Stream.of(Hole.below(horizon));
            return Stream.concat(dropped, gaps.stream().map(gap -> new Hole(gap.from(), gap.to(), gap)))
                    .filter(counts)
                    .map(Hole::toString)
                    .toList();
        }
        return request.scope().narrowings().stream()
                .map(Scope.Narrowing::table)
                .flatMap(table -> table.holes(gaps).stream()
                        .filter(counts)
                        .map(hole -> hole.cause() == null ? table.schema().name() + ": " + hole : hole.toString()))
                .distinct()
                .toList();
    }

    /** Orders what can be written; each time that something turns out not to be, all that hangs on it is looked at anew. */
    private RepairOrder order() {
        Parents parents = new Parents(current, tables, drafts);
        Successors successors = new Successors(reader, request);
        while (true) {
            int known = findings.size();
            Dependencies dependencies = new Dependencies(tables, moved, parents, successors, drafts, findings);
            if (addParents(dependencies.absent(), known)) {
                parents = new Parents(current, tables, drafts);
                continue;
            }
            List<Draft> possible = dependencies.drafts();
            CurrentRows.Obstacles there = current.obstacles(possible, request.onConflict());
            List<Finding> obstacles = new ArrayList<>(there.findings());
            obstacles.addAll(new Respellings(reader, tables.all(), possible).obstacles());
            if (obstacles.isEmpty()) {
                obstacles.addAll(SharedValues.obstacles(possible));
            }
            if (!obstacles.isEmpty()) {
                findings.subList(known, findings.size()).clear();
                Set<Row> obstructed = obstacles.stream()
                        .map(finding -> new Row(finding.table().id(), finding.key()))
                        .collect(Collectors.toSet());
                drafts.removeIf(draft -> obstructed.contains(draft.row()));
                findings.addAll(obstacles);
                continue;
            }
            RepairOrder order = new RepairOrder(possible, there.holders(), there.deferrable());
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

    private void addWithoutKey(TableInfo table, Set<RowKey> keys) {
        KeylessTable planned = new KeylessTable(reader, request, current, moved, table, keys);
        keyless.add(planned);
        findings.addAll(planned.findings());
        planned.repairs().forEach(this::addCauses);
        if (planned.left() > 0) {
            leftInserted.merge(table.schema().name(), planned.left(), Long::sum);
        }
    }

    private void addCauses(Repair repair) {
        for (Repair.Cause cause : repair.causes()) {
            causing.put(cause.transaction().commit(), cause.transaction());
        }
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
        TableInfo table = table(row.table());
        List<RowTimeline.Version> versions = new RowTimeline(reader, table)
                .versions(row.key(), Lsn.ZERO, reader.info().durable());
        Change last =
                versions.isEmpty() ? null : versions.get(versions.size() - 1).change();
        if (last == null || last.after() != null || moved.isHalf(last)) {
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
                keep(judge.asParent(met));
            }
        }
    }
}
