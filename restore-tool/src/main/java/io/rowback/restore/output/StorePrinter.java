package io.rowback.restore.output;

import io.rowback.history.Coverage;
import io.rowback.history.Gap;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.Retention;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.Voided;
import io.rowback.postgres.Amount;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.daemon.DaemonAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Prints what a store is and which tables it holds. */
public final class StorePrinter {
    /** So many tables that are not covered for the same reason are named by the status. */
    private static final int ALIKE_MAX = 20;

    private final Output output;

    public StorePrinter(Output output) {
        this.output = output;
    }

    /**
     * The state of a store.
     *
     * @param directory where it is
     * @param info what it knows of itself
     * @param tables its tables
     * @param sizeBytes the space that it takes
     * @param now the time at which this was asked
     * @param daemon what the daemon says; null if it was not asked
     */
    public record Status(
            Path directory,
            StoreInfo info,
            List<TableInfo> tables,
            long sizeBytes,
            Instant now,
            @Nullable DaemonAnswer daemon) {
        private @Nullable Coverage coveredSince() {
            return tables.stream()
                    .flatMap(table -> table.coverage(info.durable()).stream())
                    .min(Comparator.comparing(Coverage::from))
                    .orElse(null);
        }

        /** The tables that the daemon cannot cover, and those that it once did and no longer does. */
        private List<NotCovered> notCovered() {
            Map<TableName, NotCovered> all = new TreeMap<>();
            tables.stream()
                    .filter(table -> table.coverage(info.durable()).isEmpty())
                    .map(table -> table.schema().name())
                    .forEach(table -> all.put(table, new NotCovered(table, "dropped, or its baseline is due", null)));
            info.notCovered().forEach(table -> all.put(table.table(), table));
            return List.copyOf(all.values());
        }

        private @Nullable Long lagSeconds() {
            Instant last = info.lastCommitTime();
            return last == null ? null : Duration.between(last, now).toSeconds();
        }
    }

    /** Prints a store's state. */
    public void print(Status status) {
        StoreInfo info = status.info();
        if (output.json()) {
            output.document(document(status));
            return;
        }
        Coverage since = status.coveredSince();
        output.line("store:             " + status.directory());
        output.line("database:          " + PrintableText.oneLine(info.database()) + " (system identifier "
                + info.systemIdentifier() + ")");
        output.line("covered since:     "
                + (since == null ? "nothing is covered" : since.since() + ", LSN " + since.from()));
        output.line("durable position:  LSN " + info.durable());
        output.line("last commit:       "
                + (info.lastCommitTime() == null
                        ? "none"
                        : info.lastCommitTime() + ", " + status.lagSeconds() + " s ago"));
        output.line("complete until:    "
                + (info.completeUntil().equals(Instant.MIN) ? "not known yet" : info.completeUntil()));
        output.line("size:              " + Amount.bytes((double) status.sizeBytes()));
        output.line("kept:              " + words(info.retention()));
        if (info.horizon() != null) {
            output.line("dropped:           " + info.horizon());
        }
        output.line("tables:            " + status.tables().size());
        notCovered(status.notCovered());
        for (Voided voided : info.voided()) {
            output.line(
                    "voided:            " + voided.transactions() + " transactions from LSN " + voided.from() + " to "
                            + voided.to() + " of timeline " + voided.timeline()
                            + ", which the server does not have any more; the store with them: --store "
                            + status.directory().resolve(voided.folder()));
        }
        for (Gap gap : info.gaps()) {
            output.line("gap:               " + PrintableText.oneLine(gap.toString()));
        }
        if (status.daemon() != null) {
            DaemonPrinter.lines(status.daemon()).forEach(output::line);
        }
    }

    private void notCovered(List<NotCovered> tables) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (NotCovered table : tables) {
            if (counts.merge(table.reason(), 1, Integer::sum) <= ALIKE_MAX) {
                output.line("not covered:       "
                        + PrintableText.oneLine(table.table() + ": " + table.reason()
                                + (table.mend() == null ? "" : "; to mend it: " + table.mend())));
            }
        }
        counts.forEach((reason, count) -> {
            if (count > ALIKE_MAX) {
                output.line("not covered:       "
                        + PrintableText.oneLine(
                                "%,d more: %s; rowback tables names them".formatted(count - ALIKE_MAX, reason)));
            }
        });
    }

    private static String words(Retention retention) {
        List<String> limits = new ArrayList<>();
        if (!retention.age().isZero()) {
            limits.add("changes of the last " + Amount.time(retention.age()));
        }
        if (retention.bytes() > 0) {
            limits.add("at most " + Amount.bytes((double) retention.bytes()));
        }
        return limits.isEmpty() ? "everything" : String.join(", ", limits);
    }

    private static JsonObject document(Status status) {
        StoreInfo info = status.info();
        Coverage since = status.coveredSince();
        JsonObject document = new JsonObject()
                .put("store", status.directory())
                .put("database", info.database())
                .put("system_identifier", info.systemIdentifier())
                .put("covered_since", since == null ? null : since.from())
                .put("covered_since_time", since == null ? null : since.since())
                .put("durable", info.durable())
                .put("last_commit", info.lastCommit())
                .put("last_commit_time", info.lastCommitTime())
                .put("complete_until", info.completeUntil().equals(Instant.MIN) ? null : info.completeUntil());
        Long lag = status.lagSeconds();
        if (lag != null) {
            document.put("seconds_since_last_commit", lag.longValue());
        }
        Horizon horizon = info.horizon();
        if (status.daemon() != null) {
            document.put("live", DaemonPrinter.document(status.daemon()));
        }
        return document.put("size_bytes", status.sizeBytes())
                .put("retention_seconds", info.retention().age().toSeconds())
                .put("max_size_bytes", info.retention().bytes())
                .put("horizon", horizon == null ? null : horizon.at())
                .put("horizon_time", horizon == null ? null : horizon.since())
                .put("tables", status.tables().size())
                .putStrings(
                        "not_covered",
                        status.notCovered().stream()
                                .map(table -> table.table().toString())
                                .toList())
                .putObjects(
                        "not_covered_reasons",
                        status.notCovered().stream()
                                .map(table -> new JsonObject()
                                        .putTable(table.table())
                                        .put("reason", table.reason())
                                        .put("mend", table.mend()))
                                .toList())
                .putObjects(
                        "gaps",
                        info.gaps().stream()
                                .map(gap -> new JsonObject()
                                        .put("from", gap.from())
                                        .put("to", gap.to())
                                        .put("since", gap.since().equals(Instant.MIN) ? null : gap.since())
                                        .put("until", gap.until())
                                        .put("reason", gap.reason()))
                                .toList())
                .putObjects(
                        "voided",
                        info.voided().stream()
                                .map(voided -> new JsonObject()
                                        .put("from", voided.from())
                                        .put("to", voided.to())
                                        .put("timeline", voided.timeline())
                                        .put("transactions", voided.transactions())
                                        .put("store", status.directory().resolve(voided.folder())))
                                .toList());
    }

    /**
     * Prints a table.
     *
     * @param changes what the history holds of its changes
     * @param notCovered why it is not covered now, if the daemon has told
     */
    public void print(TableInfo table, Counts changes, @Nullable NotCovered notCovered) {
        TableSchema schema = table.schema();
        if (output.json()) {
            output.document(new JsonObject()
                    .putTable(schema.name())
                    .put("oid", schema.id())
                    .putStrings("key", schema.key())
                    .put("replica_identity", word(schema))
                    .put("baseline_rows", table.baselineRows())
                    .put("changes", TransactionPrinter.json(changes))
                    .putObjects(
                            "coverage",
                            table.coverage().stream()
                                    .map(stretch -> new JsonObject()
                                            .put("from", stretch.from())
                                            .put("since", stretch.since())
                                            .put("to", openEnd(stretch)))
                                    .toList())
                    .put("not_covered", notCovered == null ? null : notCovered.reason()));
            return;
        }
        String key = schema.hasKey() ? "key " + PrintableText.oneLine(String.join(", ", schema.key())) : "no key";
        output.line(
                PrintableText.oneLine(schema.name().toString()) + "  " + key + "  replica identity " + word(schema));
        output.line("    " + table.baselineRows() + " rows in the baseline, since then "
                + TransactionPrinter.text(changes));
        for (Coverage stretch : table.coverage()) {
            Lsn end = openEnd(stretch);
            output.line("    covered since " + stretch.since() + ", LSN " + stretch.from()
                    + (end == null ? "" : ", up to LSN " + end));
        }
        if (notCovered != null) {
            output.line("    " + words(notCovered));
        } else if (table.coverage().isEmpty()) {
            output.line("    not covered");
        }
    }

    /** Prints a table of which the history holds nothing; as JSON {@link #print(Status)} tells it. */
    public void printUnknown(NotCovered table) {
        if (!output.json()) {
            output.line(PrintableText.oneLine(table.table().toString()));
            output.line("    " + words(table));
        }
    }

    private static String words(NotCovered table) {
        return PrintableText.oneLine(
                "not covered: " + table.reason() + (table.mend() == null ? "" : "; to mend it: " + table.mend()));
    }

    private static String word(TableSchema schema) {
        return schema.replicaIdentity().name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable Lsn openEnd(Coverage stretch) {
        return stretch.to().equals(Lsn.MAX) ? null : stretch.to();
    }
}
