package io.rowback.daemon.http;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All meters of the process: ours, whose names begin with {@code rowback_} and are a promise, and those of the JVM under
 * the names that Micrometer gives them everywhere. Thread-safe.
 */
public final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final Map<String, DatabaseMetrics> databases = new ConcurrentHashMap<>();

    public Metrics() {
        List<MeterBinder> process = List.of(
                new JvmMemoryMetrics(),
                new JvmThreadMetrics(),
                new ProcessorMetrics(),
                new FileDescriptorMetrics(),
                new UptimeMetrics(),
                collections);
        process.forEach(meters -> meters.bindTo(registry));
    }

    /** The meters of the database configured under that name. */
    public DatabaseMetrics database(String name) {
        return databases.computeIfAbsent(name, key -> new DatabaseMetrics(registry, Tags.of("database", key)));
    }

    /** Every meter in Prometheus' text form. */
    String scrape() {
        return registry.scrape();
    }

    /** Ends what listens to the JVM. */
    @Override
    public void close() {
        collections.close();
    }
}
