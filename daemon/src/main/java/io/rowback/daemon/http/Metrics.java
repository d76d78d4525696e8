package io.rowback.daemon.http;

import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All meters of the process. Their names begin with {@code rowback_} and are a promise. Thread-safe. */
public final class Metrics {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, DatabaseMetrics> databases = new ConcurrentHashMap<>();

    /** The meters of the database configured under that name. */
    public DatabaseMetrics database(String name) {
        return databases.computeIfAbsent(name, key -> new DatabaseMetrics(registry, Tags.of("database", key)));
    }

    /** Every meter in Prometheus' text form. */
    String scrape() {
        return registry.scrape();
    }
}
