package io.rowback.daemon.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.rowback.history.Change;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.TableId;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The meters of one captured database. Thread-safe, but that batches are told by one thread. */
public final class DatabaseMetrics {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Lag lag = new Lag();
    private final AtomicLong coveredTables = new AtomicLong();
    private final AtomicLong uncoveredTables = new AtomicLong();
    private final AtomicLong pendingBaselines = new AtomicLong();
    private final AtomicLong gaps = new AtomicLong();
    private final AtomicLong retained = new AtomicLong();
    private final AtomicLong capturing = new AtomicLong();
    private final AtomicLong lastFailure = new AtomicLong();
    private final Counter failures;
    private final Counter batches;
    private final Counter baselineRows;
    private final Map<TableId, Map<Operation, Counter>> changes = new HashMap<>();

    DatabaseMetrics(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        gauge("rowback_capturing", "1 while changes are being captured", capturing);
        gauge("rowback_covered_tables", "tables whose history is being kept", coveredTables);
        gauge("rowback_uncovered_tables", "tables that should be covered but are not", uncoveredTables);
        gauge("rowback_baseline_pending_tables", "tables whose existing rows are still to be read", pendingBaselines);
        gauge("rowback_gaps", "stretches of the log that were lost", gaps);
        gauge("rowback_retained_wal_bytes", "log that the server keeps because of our slot", retained);
        gauge(
                "rowback_last_failure_timestamp_seconds",
                "when capture failed last, since 1970; 0 for never",
                lastFailure);
        failures = Counter.builder("rowback_failures")
                .description("times that capture failed; what heals is tried again")
                .tags(tags)
                .register(registry);
        batches = Counter.builder("rowback_batches")
                .description("synced writes")
                .tags(tags)
                .register(registry);
        baselineRows = Counter.builder("rowback_baseline_rows")
                .description("rows read because they existed before")
                .tags(tags)
                .register(registry);
        Gauge.builder("rowback_durable_lsn", lag, value ->
                        (double) value.durable().value())
                .description("everything below this position of the log is stored")
                .tags(tags)
                .register(registry);
        Gauge.builder("rowback_lag_bytes", lag, Lag::bytes)
                .description("log that the server has written and we have not stored")
                .tags(tags)
                .register(registry);
        Gauge.builder("rowback_lag_seconds", lag, value -> value.seconds(Instant.now()))
                .description("age of the oldest log that is not stored")
                .tags(tags)
                .register(registry);
    }

    /** A batch is durable. */
    public void stored(HistoryWriter.Batch batch) {
        batches.increment();
        batch.changes().forEach(change -> counter(change).increment());
        if (batch.durable() != null) {
            lag.stored(batch.durable());
        }
    }

    /** The server's log ends at this position. */
    public void serverAt(Lsn end) {
        lag.serverAt(end, Instant.now());
    }

    /** Everything below that position is stored, as a start found it. */
    public void durable(Lsn durable) {
        lag.stored(durable);
    }

    /** How many tables are covered, and how many should be but are not. */
    public void tables(long covered, long uncovered) {
        coveredTables.set(covered);
        uncoveredTables.set(uncovered);
    }

    /** How many tables wait for their baseline. */
    public void pendingBaselines(long tables) {
        pendingBaselines.set(tables);
    }

    /** Rows of a baseline were stored. */
    public void baseline(long rows) {
        baselineRows.increment((double) rows);
    }

    /** How many bytes of its log the server keeps because of our slot. */
    public void retained(long bytes) {
        retained.set(bytes);
    }

    /** How many gaps the history has. */
    public void gaps(long count) {
        gaps.set(count);
    }

    /** Capture failed. */
    public void failed() {
        failures.increment();
        lastFailure.set(Instant.now().getEpochSecond());
    }

    /** Whether changes are being captured. */
    public void capturing(boolean now) {
        capturing.set(now ? 1 : 0);
    }

    private Counter counter(Change change) {
        return changes.computeIfAbsent(change.table(), table -> new EnumMap<>(Operation.class))
                .computeIfAbsent(change.operation(), operation -> Counter.builder("rowback_changes")
                        .description("changes stored")
                        .tags(tags.and(
                                "table", change.schema().name().toString(),
                                "operation", operation.name().toLowerCase(Locale.ROOT)))
                        .register(registry));
    }

    private void gauge(String name, String description, AtomicLong value) {
        Gauge.builder(name, value, AtomicLong::doubleValue)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
