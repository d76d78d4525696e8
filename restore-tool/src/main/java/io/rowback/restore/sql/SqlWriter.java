package io.rowback.restore.sql;

import io.rowback.history.ColumnValue;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.postgres.Literals;
import io.rowback.postgres.PrintableText;
import io.rowback.postgres.SessionSettings;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestorePlan;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Writes a plan as one transaction. Running the script twice changes nothing the second time. */
public final class SqlWriter {
    private static final int TRANSACTIONS_NAMED = 10;

    private final RestorePlan plan;
    private final Appendable out;

    private SqlWriter(RestorePlan plan, Appendable out) {
        this.plan = plan;
        this.out = out;
    }

    /** Writes the script. */
    public static void write(RestorePlan plan, Appendable out) throws IOException {
        SqlWriter writer = new SqlWriter(plan, out);
        writer.header();
        writer.line("BEGIN;");
        writer.settings();
        for (List<Repair> statement : plan.statements()) {
            writer.statement(statement.stream().map(RowStatement::new).toList());
        }
        writer.sequences();
        writer.line("");
        writer.line("COMMIT;");
    }

    private void header() throws IOException {
        line("-- Written by Rowback. Puts back what this did:");
        List<Transaction> transactions = plan.transactions();
        for (Transaction transaction : transactions.subList(0, Math.min(TRANSACTIONS_NAMED, transactions.size()))) {
            line("--   transaction " + transaction.id() + ", committed " + transaction.time());
        }
        if (transactions.size() > TRANSACTIONS_NAMED) {
            line("--   and " + (transactions.size() - TRANSACTIONS_NAMED) + " more, up to "
                    + transactions.get(transactions.size() - 1).time());
        }
        line("-- Writes:");
        for (TableSchema table : plan.tables()) {
            line("--   " + counts(table));
        }
        triggers();
        line("-- Read it, then run it:");
        line("--   psql -X -v ON_ERROR_STOP=1 -f THIS_FILE -d DATABASE");
        line("-- It is one transaction and made from the rows as they were at LSN " + plan.seen()
                + ". A row is written only");
        line(
                "-- while it holds what the incident left. If it holds what is wanted already, nothing is done; if anything");
        line("-- else, all fails and names the row. So running it twice does no harm.");
        line("");
    }

    private String counts(TableSchema table) {
        List<String> counts = new ArrayList<>();
        count(table, InsertRow.class::isInstance, "to insert", counts);
        count(table, UpdateRow.class::isInstance, "to update", counts);
        count(table, Repair.DeleteRow.class::isInstance, "to delete", counts);
        return PrintableText.oneLine(table.name().toString()) + ": " + String.join(", ", counts);
    }

    private void count(TableSchema table, Predicate<Repair> kind, String words, List<String> counts) {
        long count = plan.repairs().stream()
                .filter(repair -> repair.table().equals(table) && kind.test(repair))
                .count();
        if (count > 0) {
            counts.add(count + " " + words);
        }
    }

    private void triggers() throws IOException {
        List<String> lines = new ArrayList<>();
        for (TableSchema table : plan.tables()) {
            table.triggers().stream()
                    .filter(trigger -> trigger.enabled() != 'D')
                    .forEach(trigger -> lines.add("--   " + PrintableText.oneLine(trigger.definition())));
        }
        if (!lines.isEmpty()) {
            line("-- Triggers of these tables, which may fire:");
            for (String line : lines) {
                line(line);
            }
        }
    }

    private void settings() throws IOException {
        for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
            line("SET LOCAL " + setting.getKey() + " = " + Literals.quote(setting.getValue()) + ";");
        }
        line("-- Rather fail than keep others waiting.");
        line("SET LOCAL lock_timeout = '5s';");
        line("SET LOCAL statement_timeout = '60s';");
        String ids = plan.transactions().stream()
                .limit(TRANSACTIONS_NAMED)
                .map(transaction -> transaction.id().toString())
                .collect(Collectors.joining(", "));
        line("-- Marks this transaction in the history as a restore.");
        out.append(Block.of(
                List.of("  PERFORM pg_logical_emit_message(true, 'rowback', "
                        + Literals.quote("restore of what transaction " + ids + " did") + ");"),
                false));
    }

    /** One repair is a block of its own; several that need each other are one statement and then checked one by one. */
    private void statement(List<RowStatement> rows) throws IOException {
        line("");
        List<String> body = new ArrayList<>();
        boolean shadowed = rows.stream().anyMatch(RowStatement::shadowsVariable);
        for (RowStatement row : rows) {
            for (String comment : row.comment()) {
                line(comment);
            }
        }
        if (rows.size() == 1) {
            body.addAll(rows.get(0).write());
        } else {
            line("-- These rows refer to each other: written by one statement, at whose end foreign keys are checked.");
            body.add(together(rows));
        }
        rows.forEach(row -> body.addAll(row.check()));
        out.append(Block.of(body, shadowed));
    }

    private static String together(List<RowStatement> rows) {
        StringBuilder statement = new StringBuilder("  WITH ");
        int last = rows.size() - 1;
        for (int i = 0; i < last; i++) {
            statement.append(i == 0 ? "" : ", ");
            statement
                    .append("row")
                    .append(i + 1)
                    .append(" AS (\n    ")
                    .append(rows.get(i).part());
            statement.append("\n  )");
        }
        return statement
                .append("\n  ")
                .append(rows.get(last).part())
                .append(';')
                .toString();
    }

    /** Identities and serials that would hand out a number that is in use again; they are never moved back. */
    private void sequences() throws IOException {
        Map<String, BigInteger> highest = new TreeMap<>();
        for (Repair repair : plan.repairs()) {
            if (repair instanceof InsertRow insert) {
                for (Repair.Cell cell : insert.cells()) {
                    String sequence = cell.column().sequence();
                    if (sequence != null && cell.value() instanceof ColumnValue.Text text) {
                        highest.merge(sequence, new BigInteger(text.text()), BigInteger::max);
                    }
                }
            }
        }
        for (Map.Entry<String, BigInteger> sequence : highest.entrySet()) {
            String name = sequence.getKey();
            String value = sequence.getValue().toString();
            line("");
            line("-- " + PrintableText.oneLine(name) + " must not hand out " + value
                    + " again; it is never moved backwards.");
            out.append(Block.of(
                    List.of(
                            "  IF (SELECT last_value < " + value + " OR (last_value = " + value
                                    + " AND NOT is_called) FROM " + name + ")",
                            "      AND (SELECT seqincrement > 0 FROM pg_sequence WHERE seqrelid = "
                                    + Literals.typed(name, "regclass") + ") THEN",
                            "    PERFORM setval(" + Literals.typed(name, "regclass") + ", " + value + ");",
                            "  END IF;"),
                    false));
        }
    }

    private void line(String line) throws IOException {
        out.append(line).append('\n');
    }
}
