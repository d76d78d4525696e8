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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables need a baseline: those not covered, those whose rows were given values without events, and those that an
 * operator asked for. One that failed is tried again after a while, so that it does not keep the others waiting, and what
 * it left is taken away. Confined to one thread.
 */
final class DueBaselines {
    private static final Logger LOG = LoggerFactory.getLogger(DueBaselines.class);

    private final String database;
    private final HistoryWriter writer;
    private final StoreRoom room;
    private final RebaselineRequests requests;
    private final Baseline baseline;
    private final Map<TableId, FailedBaseline> failed = new HashMap<>();

    private List<CatalogTable> due = List.of();
    /** Those that are not covered and wait for their baseline, by id. */
    private Map<TableId, CatalogTable> uncovered = Map.of();

    private int waiting;

    DueBaselines(
            String database, HistoryWriter writer, StoreRoom room, RebaselineRequests requests, Baseline baseline) {
        this.database = database;
        this.writer = writer;
        this.room = room;
        this.requests = requests;
        this.baseline = baseline;
    }

    /**
     * Finds what {@link #take} is to take.
     *
     * @param ending the tables whose coverage is still to be ended, before another begins
     */
    void find(List<CatalogTable> coverable, Set<TableId> ending) {
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
        due = waiting.stream().filter(table -> !failedLately(table.id())).toList();
        uncovered = waiting.stream()
                .filter(table -> !covered.containsKey(table.id()))
                .collect(Collectors.toMap(CatalogTable::id, table -> table));
        this.waiting = waiting.size();
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
                        "its baseline failed: "
                                + Objects.requireNonNull(failed.get(table.id())).reason(),
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

    /**
     * Takes the baseline of what is due, if there is room, and takes away what was left of those that were broken off.
     * Returns where it holds, or {@link Lsn#ZERO} if none was taken.
     */
    Lsn take() throws SQLException, InterruptedException {
        // Of one that a lost connection or a kill ended: the table may be gone, and never be tried again.
        writer.abandonBaselines();
        if (due.isEmpty() || !room.isThere()) {
            return Lsn.ZERO;
        }
        LOG.info("baseline of {} tables of {}: the server first waits for running transactions", due.size(), database);
        Map<CatalogTable, String> failures = new HashMap<>();
        Lsn at = Lsn.ZERO;
        try {
            Baseline.Outcome outcome = baseline.take(due);
            at = outcome.at();
            failures.putAll(outcome.failures());
        } catch (SQLException e) {
            if (TableWatch.isConnectionLost(e)) {
                throw e;
            }
            // No slot is free, say: capture goes on, and the baseline is tried again.
            due.forEach(table -> failures.put(table, String.valueOf(e.getMessage())));
        }
        for (CatalogTable table : due) {
            String reason = failures.get(table);
            if (reason == null) {
                waiting--;
                failed.remove(table.id());
                requests.done(table.id());
            } else {
                fail(table, reason);
            }
        }
        writer.abandonBaselines();
        return at;
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
}
