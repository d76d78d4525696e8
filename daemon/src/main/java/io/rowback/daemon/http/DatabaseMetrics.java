package io.rowback.daemon.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.StoreInfo;
import io.rowback.history.StoreMeasures;
import io.rowback.history.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The meters of one captured database. Thread-safe, but that batches are told by one thread. */
public final class DatabaseMetrics {
    private static final Duration[] BATCH_TIMES = {
        Duration.ofMillis(1),
        Duration.ofMillis(3),
        Duration.ofMillis(10),
        Duration.ofMillis(30),
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final Tags tags;
    private final Lag lag = new Lag();
    private final ChangeCounters changes;
    private final StoreMeters store;
    private final Counter failures;
    private final Counter rounds;
    private final Timer batches;
    private final Counter baselineRows;
    private final AtomicLong capturing;
    private final AtomicLong lastFailure;
    private final AtomicLong lastFailureCode;
    private final AtomicLong gaps;
    private final AtomicLong lastGap;
    private final AtomicLong coveredTables;
    private final AtomicLong uncoveredTables;
    private final AtomicLong pendingBaselines;
    private final AtomicLong baselineExpected;
    private final AtomicLong free;
    private final AtomicLong minFree;
    private final AtomicLong maxBytes;
    /** What the server keeps for our slot, and what it may still become until the server gives it up; NaN before a look. */
    private volatile double retained = Double.NaN;

    private volatile double safe = Double.NaN;

    DatabaseMetrics(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        changes = new ChangeCounters(registry, tags);
        store = new StoreMeters(registry, tags);
        capturing = gauge("rowback_capturing", "1 while changes are being captured");
        rounds = counter("rowback_rounds", "times that capture began, anew after each failure");
        failures = counter("rowback_failures", "times that capture failed; what heals is tried again");
        lastFailure =
                gauge("rowback_last_failure_timestamp_seconds", "when capture failed last, since 1970; 0 for never");
        lastFailureCode =
                gauge("rowback_last_failure_code", "the exit code of rowbackd that the last failure stands for");
        gaps = gauge("rowback_gaps", "stretches of the log that were lost");
        lastGap = gauge("rowback_last_gap_timestamp_seconds", "when the newest gap ended, since 1970; 0 for none");
        coveredTables = gauge("rowback_covered_tables", "tables whose history is being kept");
        uncoveredTables = gauge("rowback_uncovered_tables", "tables that should be covered but are not");
        pendingBaselines = gauge("rowback_baseline_pending_tables", "tables whose existing rows are still to be read");
        baselineExpected = gauge(
                "rowback_baseline_expected_rows",
                "rows of the tables whose baseline is being taken, as the server estimates; 0 while none is");
        baselineRows = counter("rowback_baseline_rows", "rows read because they existed before");
        gauge(
                "rowback_retained_wal_bytes",
                "log that the server keeps because of our slot",
                metrics -> metrics.retained);
        free = gauge("rowback_store_free_bytes", "room on the store's disk, as seen last");
        minFree =
                gauge("rowback_store_min_free_bytes", "with less room on its disk nothing more is stored; 0 for never");
        maxBytes =
                gauge("rowback_store_max_bytes", "above this the store's oldest changes are dropped; 0 for no limit");
        gauge(
                "rowback_slot_safe_wal_bytes",
                "log that may still be written before the server gives our slot up; +Inf for any amount",
                metrics -> metrics.safe);
        gauge("rowback_durable_lsn", "everything below this position of the log is stored", metrics -> metrics.lag
                .durable()
                .value());
        gauge(
                "rowback_lag_bytes",
                "log that the server has written and we have not stored",
                metrics -> metrics.lag.bytes());
        gauge(
                "rowback_lag_seconds",
                "age of the oldest log that we know of and have not stored",
                metrics -> metrics.lag.seconds());
        gauge(
                "rowback_rpo_seconds",
                "age of the oldest commit that is not stored, at most; 0 if all are",
                metrics -> metrics.lag.commitSeconds());
        batches = Timer.builder("rowback_batch")
                .description("synced writes, and how long each took")
                .serviceLevelObjectives(BATCH_TIMES)
                .tags(tags)
                .register(registry);
    }

    /** How far it is behind. */
    Lag lag() {
        return lag;
    }

    /** The gaps of a history as it is. */
    public void gaps(StoreInfo info) {
        gaps.set(info.gaps().size());
        lastGap.set(info.gaps().stream()
                .mapToLong(gap -> gap.until().getEpochSecond())
                .max()
                .orElse(0));
    }

    /** A round of capture begins with a history as it is. */
    public void begins(StoreInfo info) {
        rounds.increment();
        gaps(info);
        Instant complete = info.completeUntil();
        Instant commit = info.lastCommitTime();
        boolean isCommitLater = commit != null && complete.isBefore(commit);
        lag.stored(info.durable(), isCommitLater ? commit : complete.equals(Instant.MIN) ? null : complete);
    }

    /** A batch is durable, after a write of that time. */
    public void stored(HistoryWriter.Batch batch, Duration time) {
        batches.record(time);
        batch.changes().forEach(changes::count);
        if (batch.durable() != null) {
            lag.stored(batch.durable(), newest(batch.transactions()));
        }
    }

    private static @Nullable Instant newest(List<Transaction> transactions) {
        return transactions.isEmpty()
                ? null
                : transactions.get(transactions.size() - 1).time();
    }

    /** The server's log ended at this position at that time of its clock, just now. */
    public void serverAt(Lsn end, Instant clock) {
        lag.serverAt(end, clock, Instant.now());
    }

    /** What the store takes and does. */
    public void measured(StoreMeasures measures) {
        store.measured(measures);
    }

    /** The store's disk has that much room, of which some is to stay free, in bytes. */
    public void room(long now, long atLeast) {
        free.set(now);
        minFree.set(atLeast);
    }

    /** The store is to take no more bytes than that, so the oldest changes go; 0 for no limit. */
    public void limit(long bytes) {
        maxBytes.set(bytes);
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

    /** Baselines begin that are expected to have so many rows, or end: less so many. */
    public void baselineExpects(long rows) {
        baselineExpected.addAndGet(rows);
    }

    /** Rows of a baseline were stored. */
    public void baseline(long rows) {
        baselineRows.increment((double) rows);
    }

    /**
     * What our slot makes the server keep.
     *
     * @param bytes how many bytes of its log
     * @param room how many more it may become until the server gives the slot up; negative for any number
     */
    public void retained(long bytes, long room) {
        retained = bytes;
        safe = room < 0 ? Double.POSITIVE_INFINITY : room;
    }

    /** Capture failed. */
    public void failed(ErrorCode code) {
        failures.increment();
        lastFailure.set(Instant.now().getEpochSecond());
        lastFailureCode.set(code.exitCode());
    }

    /** Whether changes are being captured. */
    public void capturing(boolean now) {
        capturing.set(now ? 1 : 0);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private AtomicLong gauge(String name, String description) {
        AtomicLong value = new AtomicLong();
        gauge(name, description, metrics -> value.get());
        return value;
    }

    private void gauge(String name, String description, ToDoubleFunction<DatabaseMetrics> value) {
        Gauge.builder(name, this, value).description(description).tags(tags).register(registry);
    }
}
