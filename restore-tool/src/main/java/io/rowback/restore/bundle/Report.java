package io.rowback.restore.bundle;

import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import io.rowback.restore.sql.RowText;
import io.rowback.restore.sql.TableDefinition;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code report.md}: what happened, what the restore does about it and what it leaves, for people. */
final class Report {
    private static final int LISTED = 200;

    private final RestorePlan plan;
    private final Appendable out;

    private Report(RestorePlan plan, Appendable out) {
        this.plan = plan;
        this.out = out;
    }

    static void write(RestorePlan plan, Owners owners, Tables tables, Appendable out) throws IOException {
        Report report = new Report(plan, out);
        report.incident();
        report.counts();
        report.owners(owners, tables);
        report.findings(
                switch (plan.request().onConflict()) {
                    case OVERWRITE -> "Written over although somebody changed it since";
                    case SKIP -> "Left as somebody changed it since";
                    case REFUSE -> "Conflicts";
                },
                plan.conflicts());
        report.findings("Refused", plan.refusals());
        report.leftOut();
        report.triggers();
        report.files();
    }

    private void incident() throws IOException {
        line("# Restore");
        line("");
        line("What is put right, as the history knew it at LSN " + plan.seen() + ":");
        line("");
        for (Definition definition : plan.definitions()) {
            line("- " + PrintableText.oneLine(definition.toString()) + " is gone and comes back as of LSN "
                    + definition.asOf() + ". Not known, and not made:");
            for (String line : new TableDefinition(definition).notKnown()) {
                line("  - " + line);
            }
        }
        for (Transaction transaction : listed(plan.transactions())) {
            line("- transaction " + transaction.id() + ", committed " + transaction.time());
        }
        more(plan.transactions().size());
    }

    private void counts() throws IOException {
        section("Writes");
        for (Map.Entry<TableName, Map<Repair.Action, Integer>> table :
                plan.writes().entrySet()) {
            for (Map.Entry<Repair.Action, Integer> rows : table.getValue().entrySet()) {
                line("- " + PrintableText.oneLine(table.getKey().toString()) + ": rows to be "
                        + rows.getKey().done() + ": " + rows.getValue());
            }
        }
    }

    private void owners(Owners owners, Tables tables) throws IOException {
        Map<String, Integer> rows = new TreeMap<>();
        for (Repair repair : plan.repairs()) {
            Row owner = owners.of(repair).orElse(null);
            if (owner != null) {
                TableSchema table = tables.byId(owner.table()).orElseThrow().schema();
                rows.merge(RowText.name(table, owner.key()), 1, Integer::sum);
            }
        }
        section("Whom it concerns: " + rows.size());
        for (Map.Entry<String, Integer> owner : listed(List.copyOf(rows.entrySet()))) {
            line("- " + owner.getKey() + ": rows " + owner.getValue());
        }
        more(rows.size());
    }

    private void findings(String title, List<Finding> findings) throws IOException {
        if (findings.isEmpty()) {
            return;
        }
        section(title + ": " + findings.size());
        for (Finding finding : listed(findings)) {
            String column = "";
            String values = "";
            if (finding instanceof Finding.ColumnConflict conflict) {
                column = ", column " + PrintableText.oneLine(conflict.column());
                values = "; now " + RowText.value(conflict.now()) + ", wanted " + RowText.value(conflict.wanted());
            }
            line("- " + RowText.name(finding.table(), finding.key()) + column + ": "
                    + PrintableText.oneLine(finding.reason()) + values);
        }
        more(findings.size());
    }

    private void leftOut() throws IOException {
        if (!plan.missing().isEmpty() || !plan.leftInserted().isEmpty()) {
            section("Not part of it");
            for (String stretch : plan.missing()) {
                line("- not held by the history: " + PrintableText.oneLine(stretch));
            }
            for (Map.Entry<?, Long> left : plan.leftInserted().entrySet()) {
                line("- " + PrintableText.oneLine(left.getKey().toString()) + ": rows that were inserted and stay: "
                        + left.getValue());
            }
        }
    }

    private void triggers() throws IOException {
        section("Triggers that may fire");
        // A table that is made anew has none yet.
        for (TableSchema table : plan.makesTables() ? List.<TableSchema>of() : plan.tables()) {
            for (TableSchema.Trigger trigger : table.triggers()) {
                if (trigger.enabled() != 'D') {
                    line("- " + PrintableText.oneLine(trigger.definition()));
                }
            }
        }
        line("");
        line("What they change beside the columns that are put back is not taken back by `undo-restore.sql`.");
    }

    private void files() throws IOException {
        section("Files");
        line("- `restore.sql` puts the rows back, in one transaction: `psql -X -v ON_ERROR_STOP=1 -f restore.sql`");
        line("- `verify.sql` prints each row that is not as it was to be: `psql -XAtq -f verify.sql`");
        line(
                "- `undo-restore.sql` leads every column that was written back to what it held before. Where it deletes rows that"
                        + " had come back, foreign keys with ON DELETE CASCADE or SET NULL act on rows that refer to them since."
                        + " A table or a column that was made anew goes again, and all fails if others have put something there");
        line(
                "- `affected.csv`: each row, to whom it belongs, what was lost (JSON) and what is replaced; `plan.json`: the same for"
                        + " programs, as `rowback restore --json` prints it");
        line("- `SHA256SUMS`: `sha256sum -c SHA256SUMS` tells whether the files are as they were written");
    }

    private static <T> List<T> listed(List<T> all) {
        return all.subList(0, Math.min(LISTED, all.size()));
    }

    private void more(int count) throws IOException {
        if (count > LISTED) {
            line("- and " + (count - LISTED) + " more");
        }
    }

    private void section(String title) throws IOException {
        line("");
        line("## " + title);
        line("");
    }

    private void line(String line) throws IOException {
        out.append(line).append('\n');
    }
}
