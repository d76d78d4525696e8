package io.rowback.daemon.tables;

import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The baselines of some tables under one snapshot, while looks at the catalog go on: a look that finds a table otherwise
 * spoils its baseline, whether it is complete by then or not. Thread-safe.
 */
final class BaselineRun {
    static final String SPOILED = "it was altered, or not published for a while, after the baseline began";

    private final HistoryWriter writer;
    private final List<CatalogTable> tables;
    private final Queue<CatalogTable> waiting;
    private final Set<CatalogTable> unended = ConcurrentHashMap.newKeySet();
    private final Queue<Result> results = new ConcurrentLinkedQueue<>();
    private final Set<TableId> spoiled = new HashSet<>();
    private final Map<TableId, Lsn> covered = new HashMap<>();

    /**
     * What became of a table's baseline.
     *
     * @param failure why it is left out; null if the table is covered
     */
    record Result(CatalogTable table, @Nullable String failure) {}

    BaselineRun(HistoryWriter writer, List<CatalogTable> tables) {
        this.writer = writer;
        this.tables = tables;
        this.waiting = new ConcurrentLinkedQueue<>(tables);
        unended.addAll(tables);
    }

    List<CatalogTable> tables() {
        return tables;
    }

    /** The next table that nobody reads yet; null if none is left. */
    @Nullable
    CatalogTable next() {
        return waiting.poll();
    }

    /** Says that a table is not, or may not have been all the time, what it was when this began. */
    synchronized void spoil(TableId table) {
        spoiled.add(table);
        Lsn at = covered.get(table);
        if (at != null) {
            writer.uncovered(table, at);
        }
    }

    synchronized boolean isSpoiled(TableId table) {
        return spoiled.contains(table);
    }

    /** Makes a table covered; whether its baseline had not been spoiled. */
    synchronized boolean cover(TableSchema schema, Lsn at, Instant since, long rows) {
        if (isSpoiled(schema.id())) {
            return false;
        }
        writer.covered(schema, at, since, rows);
        covered.put(schema.id(), at);
        return true;
    }

    void ended(CatalogTable table, @Nullable String failure) {
        unended.remove(table);
        results.add(new Result(table, failure));
    }

    /** The tables of which nothing has come out. */
    Set<CatalogTable> unended() {
        return Set.copyOf(unended);
    }

    /** What has come out since this was asked last. */
    List<Result> results() {
        List<Result> news = new ArrayList<>();
        for (Result result = results.poll(); result != null; result = results.poll()) {
            news.add(result);
        }
        return news;
    }
}
