package io.rowback.daemon.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rowback.history.RowbackException;

/**
 * The body of {@code /health} and {@code /ready}, one line of JSON: how each database fares and why. {@code rowback status
 * --live} shows it.
 */
final class StatusReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private StatusReport() {}

    static String of(Health health, Metrics metrics) {
        ObjectNode report = JSON.createObjectNode();
        report.put("alive", health.isAlive()).put("ready", health.isReady());
        ObjectNode databases = report.putObject("databases");
        health.conditions()
                .forEach((name, condition) -> describe(
                        condition, health.progress(name), metrics.database(name).lag(), databases.putObject(name)));
        return report + "\n";
    }

    private static void describe(Health.Condition condition, Progress progress, Lag lag, ObjectNode database) {
        database.put("state", condition.word())
                .put("since", condition.since().toString())
                .put("durable", lag.durable().toString());
        double bytes = lag.bytes();
        database.put("lag_bytes", Double.isNaN(bytes) ? null : (Long) (long) bytes);
        double age = lag.commitSeconds();
        database.put("rpo_seconds", Double.isNaN(age) ? null : (Double) age);
        database.put("slow_step", progress.slowest().orElse(null));
        RowbackException failure = condition.failure();
        if (failure == null) {
            database.putNull("last_failure");
        } else {
            database.putObject("last_failure")
                    .put("time", String.valueOf(condition.failed()))
                    .put("message", failure.getMessage())
                    .put("hint", failure.hint())
                    .put("exit_code", failure.code().exitCode());
        }
    }
}
