package io.rowback.daemon.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.rowback.history.StoreMeasures;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** What the store of one database takes and does, as measured last. Thread-safe. */
final class StoreMeters {
    private static final StoreMeasures NOTHING = new StoreMeasures(Map.of(), 0, 0, 0, 0, Duration.ZERO, Duration.ZERO);

    private final MeterRegistry registry;
    private final Tags tags;
    private volatile StoreMeasures last = NOTHING;

    StoreMeters(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        gauge(
                "rowback_compaction_pending_bytes",
                "what the store has still to merge, estimated",
                measures -> measures.compactionPendingBytes());
        gauge(
                "rowback_compactions_running",
                "merges of the store's files that run now",
                measures -> measures.compactionsRunning());
        counter(
                "rowback_compaction_written_bytes",
                "what merging the store's files has written",
                measures -> measures.compactedBytes());
        counter(
                "rowback_write_stall_seconds",
                "for how long writes had to wait for merges",
                measures -> seconds(measures.stalled()));
        FunctionTimer.builder(
                        "rowback_fsync",
                        this,
                        meters -> meters.last.syncs(),
                        meters -> meters.last.syncing().toNanos(),
                        TimeUnit.NANOSECONDS)
                .description("how often and for how long the disk was asked to hold what was written")
                .tags(tags)
                .register(registry);
    }

    void measured(StoreMeasures measures) {
        boolean first = last.bytes().isEmpty();
        last = measures;
        if (first) {
            measures.bytes().keySet().forEach(this::part);
        }
    }

    private void part(String part) {
        Gauge.builder("rowback_store_bytes", this, meters -> meters.last.bytes().getOrDefault(part, 0L))
                .description("space on disk that a part of the store takes")
                .tags(tags.and("part", part))
                .register(registry);
    }

    private void gauge(String name, String description, ToDoubleFunction<StoreMeasures> value) {
        Gauge.builder(name, this, meters -> value.applyAsDouble(meters.last))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void counter(String name, String description, ToDoubleFunction<StoreMeasures> value) {
        FunctionCounter.builder(name, this, meters -> value.applyAsDouble(meters.last))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
