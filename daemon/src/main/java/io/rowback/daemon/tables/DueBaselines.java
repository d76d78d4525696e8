package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.history.Column;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables need a baseline: those not covered, those whose rows were given values without events, and those that an
 * operator asked for. They are taken on other threads, in at most two runs at once, so that a table which takes hours
 * keeps none waiting that comes meanwhile. One that failed is tried again after a while, one that was spoiled at once.
 * Confined to one thread, but for {@link #close}.
 */
public final class DueBaselines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DueBaselines.class);
    /** With this the reason begins why a table is not covered whose baseline failed. */
    public static final String FAILED = "its baseline failed: ";

    private static final String TRIED_AGAIN =
            "; it is tried again, at least every hour, and when rowbackd is started anew";
    private static final int RUNS_MAX = 2;
    private static final long END_SECONDS = 60;

    private final String database;
    private final HistoryWriter writer;
    private final StoreRoom room;
    private final RebaselineRequests requests;
    private final Baseline baseline;
    private final ExecutorService threads;
    private final Map<BaselineRun, Future<Lsn>> runs = new HashMap<>();
    /** The tables that a run has been given and {@link #find} has not heard of since, by id. */
    private final Map<TableId, BaselineRun> taken = new HashMap<>();

    private final List<BaselineRun.Result> results = new ArrayList<>();
    private final Map<TableId, FailedBaseline> failed = new HashMap<>();

    private List<CatalogTable> due = List.of();
    /** Those that are not covered and wait for their baseline, by id. */
    private Map<TableId, CatalogTable> uncovered = Map.of();

    private int waiting;
    private Lsn newest = Lsn.ZERO;

    DueBaselines(
            String database, HistoryWriter writer, StoreRoom room, RebaselineRequests requests, Baseline baseline) {
        this.database = database;
        this.writer = writer;
        this.room = room;
        this.requests = requests;
        this.baseline = baseline;
        this.threads = Executors.newFixedThreadPool(RUNS_MAX, task -> new Thread(task, "baselines-" + database));
    }

    /**
     * Hears what the runs have come to. To be called before a look reads the catalog: what that finds otherwise spoils the
     * baselines that ended before.
     *
     * @throws SQLException if a run has lost its connection
     */
    void hear() throws SQLException {
        for (BaselineRun run : List.copyOf(runs.keySet())) {
            Future<Lsn> future = Objects.requireNonNull(runs.get(run));
            boolean done = future.isDone();
            results.addAll(run.results());
            if (done) {
                runs.remove(run);
                end(run, future);
            }
        }
    }

    private void end(BaselineRun run, Future<Lsn> future) throws SQLException {
        try {
            Lsn at = future.get();
            newest = newest.isBefore(at) ? at : newest;
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof SQLException failure)) {
                throw new IllegalStateException("a baseline failed", e.getCause());
            }
            if (TableWatch.isConnectionLost(failure)) {
                throw failure;
            }
            // No slot is free, say: capture goes on, and the baselines are tried again.
            run.unended()
                    .forEach(table -> results.add(new BaselineRun.Result(table, String.valueOf(failure.getMessage()))));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while nothing was waited for", e);
        }
    }

    /** The tables whose baselines a look spoils by what it finds. */
    Set<TableId> taken() {
        return Set.copyOf(taken.keySet());
    }

    /** Says that the baseline of a table that is {@link #taken} does not count. */
    void spoil(TableId table) {
        Objects.requireNonNull(taken.get(table)).spoil(table);
    }

    /**
     * Finds what {@link #begin} is to begin, once a look has compared what there is.
     *
     * @param ending the tables whose coverage is still to be ended, before another begins
     */
    void find(List<CatalogTable> coverable, Set<TableId> ending) {
        results.forEach(this::settle);
        results.clear();
        Map<TableId, TableInfo> covered = writer.tables().stream()
                .filter(TableInfo::isCovered)
                .collect(Collectors.toMap(table -> table.schema().id(), table -> table));
        Set<TableId> requested = requests.open();
        Set<TableId> there = coverable.stream().map(CatalogTable::id).collect(Collectors.toSet());
        // One that was dropped never will be; one that was left out is read by itself when it comes back.
        requested.stream().filter(table -> !there.contains(table)).forEach(requests::done);
        List<CatalogTable> waiting = coverable.stream()
                .filter(table -> !ending.contains(table.id()))
                .filter(table -> requested.contains(table.id()) || !isCovered(table, covered.get(table.id())))
                .toList();
        failed.keySet().retainAll(waiting.stream().map(CatalogTable::id).collect(Collectors.toSet()));
        due = waiting.stream()
                .filter(table -> !taken.containsKey(table.id()) && !failedLately(table.id()))
                .toList();
        uncovered = waiting.stream()
                .filter(table -> !covered.containsKey(table.id()))
                .collect(Collectors.toMap(CatalogTable::id, table -> table));
        this.waiting = waiting.size();
    }

    private void settle(BaselineRun.Result result) {
        CatalogTable table = result.table();
        BaselineRun run = Objects.requireNonNull(taken.remove(table.id()));
        if (run.isSpoiled(table.id())) {
            LOG.info("baseline of {} is taken anew: {}", table.name(), BaselineRun.SPOILED);
        } else if (result.failure() == null) {
            failed.remove(table.id());
            requests.done(table.id());
        } else {
            fail(table, result.failure());
        }
    }

    private void fail(CatalogTable table, String reason) {
        FailedBaseline failure = FailedBaseline.of(reason, System.nanoTime(), failed.get(table.id()));
        failed.put(table.id(), failure);
        LOG.warn(
                "baseline of {} failed, next attempt in {} min: {}",
                table.name(),
                failure.delay().toMinutes(),
                reason);
    }

    /** How many tables wait for their baseline, but for {@link #failures}. */
    int pending() {
        return waiting - failures().size();
    }

    /** The tables without coverage whose baseline failed when it was tried last. */
    List<NotCovered> failures() {
        return uncovered.values().stream()
                .filter(table -> failed.containsKey(table.id()))
                .map(table -> new NotCovered(
                        table.name(),
                        FAILED + Objects.requireNonNull(failed.get(table.id())).reason() + TRIED_AGAIN,
                        null))
                .sorted(Comparator.comparing(NotCovered::table))
                .toList();
    }

    private boolean failedLately(TableId table) {
        FailedBaseline last = failed.get(table);
        return last != null && last.isLately(System.nanoTime());
    }

    private static boolean isCovered(CatalogTable table, @Nullable TableInfo info) {
        TableSchema now = table.schema();
        if (info == null || now == null) {
            return false;
        }
        TableSchema then = info.baselineSchema();
        // ADD COLUMN ... DEFAULT and ALTER TYPE give existing rows values that no event carries.
        return now.identifiesRowsAs(then)
                && now.columns().stream().filter(Column::published).allMatch(column -> then.indexOfSame(column) >= 0);
    }

    /** Begins what is due, if there is room and not enough goes on already. */
    void begin() {
        if (due.isEmpty() || runs.size() >= RUNS_MAX || !room.isThere()) {
            return;
        }
        LOG.info("baseline of {} tables of {}: the server first waits for running transactions", due.size(), database);
        BaselineRun run = new BaselineRun(writer, due);
        due.forEach(table -> taken.put(table.id(), run));
        due = List.of();
        runs.put(run, threads.submit(() -> baseline.take(run)));
    }

    /** Whether a run has ended that {@link #hear} has not heard of. */
    boolean isAnyDone() {
        return runs.values().stream().anyMatch(Future::isDone);
    }

    /** Whether none goes on. */
    boolean isIdle() {
        return runs.isEmpty();
    }

    /** Where the newest of them holds; {@link Lsn#ZERO} if there was none. */
    Lsn newest() {
        return newest;
    }

    /** Ends them and waits for their threads; the connections that they wait for are to be cut off before. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
