package io.rowback.restore.sql;

import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestoreRequest.TriggerMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a script does, for who reads it before it runs. */
final class ScriptHeader {
    private static final int TRANSACTIONS_NAMED = 10;

    private final RestorePlan plan;
    private final List<String> lines = new ArrayList<>();

    private ScriptHeader(RestorePlan plan) {
        this.plan = plan;
    }

    /** Comment lines: the incident, the counts, the triggers that may fire, and how to run it. */
    static List<String> lines(RestorePlan plan) {
        ScriptHeader header = new ScriptHeader(plan);
        header.incident();
        header.counts();
        header.triggers();
        header.use();
        return header.lines;
    }

    private void incident() {
        for (Definition definition : plan.definitions()) {
            lines.add("-- Written by Rowback. Makes "
                    + PrintableText.oneLine(definition.toString())
                    + " anew, which is gone, with "
                    + (definition.isOfTable() ? "its rows" : "the values of rows that are there") + " as of LSN "
                    + definition.asOf() + ".");
        }
        if (!plan.definitions().isEmpty()) {
            return;
        }
        lines.add("-- Written by Rowback. Puts back what this did:");
        List<Transaction> transactions = plan.transactions();
        for (Transaction transaction : transactions.subList(0, Math.min(TRANSACTIONS_NAMED, transactions.size()))) {
            lines.add("--   transaction " + transaction.id() + ", committed " + transaction.time());
        }
        if (transactions.size() > TRANSACTIONS_NAMED) {
            lines.add("--   and " + (transactions.size() - TRANSACTIONS_NAMED) + " more, up to "
                    + transactions.get(transactions.size() - 1).time());
        }
    }

    private void counts() {
        lines.add("-- Writes:");
        plan.writes()
                .forEach((table, writes) -> lines.add("--   " + PrintableText.oneLine(table.toString()) + ": "
                        + writes.entrySet().stream()
                                .map(write -> write.getValue() + " to " + write.getKey())
                                .collect(Collectors.joining(", "))));
    }

    private void triggers() {
        if (plan.makesTables()) {
            // A table that is made anew has none yet.
            return;
        }
        List<String> triggers = new ArrayList<>();
        for (TableSchema table : plan.tables()) {
            table.triggers().stream()
                    .filter(TriggerSwitch::fires)
                    .forEach(trigger -> triggers.add("--   " + PrintableText.oneLine(trigger.definition())));
        }
        if (!triggers.isEmpty()) {
            lines.add(
                    plan.request().triggers() == TriggerMode.DISABLE
                            ? "-- Triggers of these tables, which are disabled meanwhile:"
                            : "-- Triggers of these tables, which may fire:");
            lines.addAll(triggers);
        }
    }

    private void use() {
        lines.add("-- Read it, then run it:");
        lines.add("--   psql -X -v ON_ERROR_STOP=1 -f THIS_FILE -d DATABASE");
        if (!plan.definitions().isEmpty()) {
            lines.add(
                    "-- It is one transaction. Where that is done already, as in a second run, all fails and nothing is changed.");
            lines.add("-- Before COMMIT every value is checked.");
            lines.add("");
            return;
        }
        lines.add("-- It is one transaction and made from the rows as they were at LSN " + plan.seen()
                + ". A row is written only while");
        lines.add(
                "-- it holds what the incident left; one that holds what is wanted already is left alone. Before COMMIT every value");
        lines.add(
                "-- that was to be put back is checked: if one is not there, all fails and names the row. So running it twice does");
        lines.add("-- no harm.");
        lines.add("");
    }
}
