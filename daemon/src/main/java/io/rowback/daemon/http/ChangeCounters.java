package io.rowback.daemon.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.rowback.history.Change;
import io.rowback.history.Operation;
import io.rowback.history.TableName;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The changes of one database by table and operation. The first tables that change have a counter of their own; those
 * beyond share one, so that a database of many thousand tables does not become as many time series. Confined to one
 * thread.
 */
final class ChangeCounters {
    private static final int TABLES_MAX = 200;
    /** Longer than any name that Postgres takes, so that it stands for no table. */
    static final String OTHERS =
            "(all tables beyond the first " + TABLES_MAX + " that changed since the daemon started)";

    private final MeterRegistry registry;
    private final Tags tags;
    private final Map<TableName, Map<Operation, Counter>> tables = new HashMap<>();
    private final Map<Operation, Counter> others = new EnumMap<>(Operation.class);

    ChangeCounters(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
    }

    void count(Change change) {
        TableName table = change.schema().name();
        Map<Operation, Counter> counters = tables.get(table);
        if (counters == null && tables.size() < TABLES_MAX) {
            counters = new EnumMap<>(Operation.class);
            tables.put(table, counters);
        }
        String label = counters == null ? OTHERS : table.toString();
        (counters == null ? others : counters)
                .computeIfAbsent(change.operation(), operation -> counter(label, operation))
                .increment();
    }

    private Counter counter(String table, Operation operation) {
        return Counter.builder("rowback_changes")
                .description("changes stored, by table and operation")
                .tags(tags.and("table", table, "operation", operation.name().toLowerCase(Locale.ROOT)))
                .register(registry);
    }
}
