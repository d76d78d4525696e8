package io.rowback.restore.output;

import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.live.Preview;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Finding;
import io.rowback.restore.plan.Finding.ColumnConflict;
import io.rowback.restore.plan.Finding.Refusal;
import io.rowback.restore.plan.Finding.RowConflict;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.sql.RowText;
import io.rowback.restore.sql.TableDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells about a plan: a summary for the operator, and the whole plan for programs. */
public final class PlanPrinter {
    private static final int LISTED = 50;

    private final Output output;
    private final RestorePlan plan;
    private final @Nullable Preview preview;
    private @Nullable String committed;

    /** Tells about a plan for a database as the history knows it. */
    public PlanPrinter(Output output, RestorePlan plan) {
        this(output, plan, null);
    }

    /** Tells about a plan for a live database, and what writing it would do and meet there. */
    public PlanPrinter(Output output, RestorePlan plan, @Nullable Preview preview) {
        this.output = output;
        this.plan = plan;
        this.preview = preview;
    }

    /** Tells what the plan does and leaves, and what to do next; as notes, so that they do not mix with the SQL. */
    public void summary() {
        output.note(mode());
        plan.definitions().forEach(definition -> {
            if (definition.isOfTable()) {
                output.note(
                        "note: whether it was dropped, or only taken out of the publication, the history does not tell;"
                                + " the SQL fails if it is there");
            }
            output.note("not known, and not made:");
            new TableDefinition(definition).notKnown().forEach(line -> output.note("  " + line));
        });
        counts().forEach(output::note);
        if (plan.isEmpty()) {
            output.note("nothing to write");
        }
        list(plan.conflicts(), "conflict", conflictFate());
        list(plan.refusals(), "refused row", "");
        plan.missing().forEach(stretch -> output.note("gap in the window: " + stretch));
        for (Map.Entry<TableName, Long> left : plan.leftInserted().entrySet()) {
            output.note(left.getKey() + ": " + left.getValue()
                    + " rows that the scope inserted stay; --ops delete,update,insert removes them");
        }
        if (plan.request().scope().open() && plan.definitions().isEmpty()) {
            output.note("note: the window has no end, so every change since counts as part of the incident"
                    + " and is discarded; end it with --to");
        }
        if (preview != null) {
            PreviewPrinter.notes(output, preview);
        }
        for (TableSchema table : plan.tables()) {
            if (rewrites(table)) {
                output.note("note: triggers of " + table.name()
                        + " fire before its rows are updated; if one of them sets a column itself, the script fails there:"
                        + " leave that column out with --except-columns");
            }
        }
        hint();
    }

    /** Which of the two it is, and what is gone after it. */
    private String mode() {
        if (!plan.definitions().isEmpty()) {
            Definition definition = plan.definitions().get(0);
            boolean last = definition.asOf().equals(definition.end());
            return "as of LSN " + definition.asOf() + (last ? ", where the history of it ends" : "") + ": "
                    + PrintableText.oneLine(definition.toString()) + " is gone; it is made anew, with all "
                    + (definition.isOfTable() ? "rows that it held then" : "values that the rows still there had");
        }
        Lsn at = plan.request().at();
        boolean overwrites = plan.request().onConflict() == ConflictMode.OVERWRITE;
        String discarded = "discards what " + incident() + " did; ";
        return at == null
                ? "undo: " + discarded
                        + (overwrites ? "what others changed since in its place goes too" : "others' changes stay")
                : "as of LSN " + at + ": " + discarded + "what others did since then to the same rows "
                        + (overwrites ? "goes too" : "is a conflict");
    }

    private String incident() {
        List<Scope.Window> windows = plan.request().scope().windows();
        if (windows.equals(plan.request().scope().searched())
                && windows.size() == 1
                && !windows.get(0).isOneCommit()) {
            return "the commits from LSN " + windows.get(0).from() + " to "
                    + windows.get(0).to();
        }
        return windows.size() == 1 ? "one transaction" : windows.size() + " transactions";
    }

    private boolean rewrites(TableSchema table) {
        return table.triggers().stream()
                        .filter(trigger -> trigger.enabled() != 'D')
                        .map(trigger -> trigger.definition().toUpperCase(Locale.ROOT))
                        .anyMatch(definition -> definition.contains(" BEFORE ") && definition.contains("UPDATE"))
                && plan.statements().stream()
                        .flatMap(List::stream)
                        .anyMatch(repair ->
                                repair instanceof UpdateRow && repair.table().equals(table));
    }

    private List<String> counts() {
        List<String> lines = new ArrayList<>();
        plan.writes()
                .forEach((table, writes) -> writes.forEach((action, rows) ->
                        lines.add(PrintableText.oneLine(table.toString()) + ": rows to " + action + ": " + rows)));
        return lines;
    }

    private String conflictFate() {
        return switch (plan.request().onConflict()) {
            case REFUSE -> "";
            case SKIP -> ", left as they are";
            case OVERWRITE -> ", written over where that can be";
        };
    }

    private void list(List<Finding> findings, String what, String fate) {
        if (findings.isEmpty()) {
            return;
        }
        output.note(findings.size() + " " + what + (findings.size() == 1 ? "" : "s") + fate + ":");
        findings.stream().limit(LISTED).forEach(finding -> output.note("  " + text(finding)));
        if (findings.size() > LISTED) {
            output.note("  and " + (findings.size() - LISTED) + " more; --json lists them all");
        }
    }

    private static String text(Finding finding) {
        String row = RowText.name(finding.table(), finding.key());
        if (finding instanceof ColumnConflict conflict) {
            String by = conflict.by() == null
                    ? ""
                    : " (transaction " + conflict.by().id() + ")";
            return row + ", column " + PrintableText.oneLine(conflict.column()) + ": " + conflict.reason() + by
                    + "; wanted " + RowText.value(conflict.wanted()) + ", damaged " + RowText.value(conflict.damaged())
                    + ", now " + RowText.value(conflict.now());
        }
        String by = finding instanceof RowConflict conflict && conflict.by() != null
                ? " (transaction " + conflict.by().id() + ")"
                : "";
        return row + ": " + PrintableText.oneLine(finding.reason()) + by;
    }

    private void hint() {
        boolean conflicts = !plan.conflicts().isEmpty() && plan.request().onConflict() == ConflictMode.REFUSE;
        if (plan.outcome() != Outcome.REFUSED) {
            if (!plan.definitions().isEmpty()) {
                output.note(
                        "hint: Read the SQL, add what is not known, then run it with psql -X -v ON_ERROR_STOP=1 -f FILE.");
            } else if (plan.rows() > 0) {
                output.note("hint: Read the SQL, then run it with psql -X -v ON_ERROR_STOP=1 -f FILE, or --apply it.");
            }
        } else if (conflicts) {
            output.note("hint: --on-conflict skip leaves what somebody changed since, overwrite writes over it;"
                    + " --columns and --table narrow the request.");
        } else {
            if (!plan.request().scope().withParents()
                    && plan.refusals().stream().anyMatch(PlanPrinter::wantsParent)) {
                output.note("hint: --with-parents also brings back rows that these refer to and that are gone.");
            }
            output.note("hint: --allow-incomplete plans the rest without "
                    + (plan.missing().isEmpty() ? "the refused rows." : "what is not known."));
        }
    }

    private static boolean wantsParent(Finding refusal) {
        return refusal instanceof Refusal one && one.kind() == Refusal.Kind.PARENT_GONE;
    }

    /** Tells that the plan was written, by the transaction of this id; even if all else is quiet. */
    public void committed(String transaction) {
        committed = transaction;
        output.error("committed as transaction " + transaction);
    }

    /** Prints the whole plan as one document. */
    public void document() {
        JsonObject document = document(plan);
        if (preview != null) {
            PreviewPrinter.put(document, preview);
            document.put("committed", committed);
        }
        output.document(document);
    }

    private static JsonObject document(RestorePlan plan) {
        return new JsonObject()
                .put("outcome", plan.outcome().name().toLowerCase(Locale.ROOT))
                .put("mode", plan.request().at() == null ? "undo" : "as_of")
                .put("at", plan.request().at())
                .put("lsn", plan.seen())
                .put("open_window", plan.request().scope().open())
                .putObjects(
                        "transactions",
                        plan.transactions().stream()
                                .map(transaction -> new JsonObject()
                                        .put("xid", transaction.id())
                                        .put("time", transaction.time())
                                        .put("lsn", transaction.commit()))
                                .toList())
                .putObjects(
                        "definitions",
                        plan.definitions().stream()
                                .map(definition -> new JsonObject()
                                        .putTable(definition.table().name())
                                        .putStrings(
                                                "columns",
                                                definition.columns().stream()
                                                        .map(column -> column.name())
                                                        .toList())
                                        .put("as_of", definition.asOf())
                                        .putStrings("sql", new TableDefinition(definition).sql())
                                        .putStrings("not_known", new TableDefinition(definition).notKnown()))
                                .toList())
                .putObjects(
                        "counts",
                        plan.counts().stream()
                                .map(rows -> row(rows.table(), rows.key())
                                        .put("row", cells(rows.values()))
                                        .put("before", rows.before())
                                        .put("after", rows.after()))
                                .toList())
                .putObjects("repairs", repairs(plan))
                .putObjects(
                        "conflicts",
                        plan.conflicts().stream().map(PlanPrinter::json).toList())
                .putObjects(
                        "refused",
                        plan.refusals().stream().map(PlanPrinter::json).toList())
                .putStrings("missing", plan.missing())
                .putObjects(
                        "left_inserted",
                        plan.leftInserted().entrySet().stream()
                                .map(left -> new JsonObject()
                                        .putTable(left.getKey())
                                        .put("rows", left.getValue().longValue()))
                                .toList());
    }

    private static JsonObject row(TableSchema table, RowKey key) {
        return new JsonObject().putTable(table.name()).putKey("key", table, key);
    }

    private static List<JsonObject> repairs(RestorePlan plan) {
        Map<List<Object>, ColumnConflict> conflicts = new HashMap<>();
        for (Finding finding : plan.conflicts()) {
            if (finding instanceof ColumnConflict conflict) {
                conflicts.put(List.of(conflict.table().id(), conflict.key(), conflict.column()), conflict);
            }
        }
        List<JsonObject> repairs = new ArrayList<>();
        for (int statement = 0; statement < plan.statements().size(); statement++) {
            for (Repair repair : plan.statements().get(statement)) {
                repairs.add(json(repair, statement + 1L, conflicts));
            }
        }
        return repairs;
    }

    private static JsonObject json(Repair repair, long statement, Map<List<Object>, ColumnConflict> conflicts) {
        JsonObject json = row(repair.table(), repair.key())
                .put("action", repair.action().toString())
                .put("statement", statement)
                .putObjects(
                        "causes",
                        repair.causes().stream()
                                .map(cause -> new JsonObject()
                                        .put(
                                                "operation",
                                                cause.operation().name().toLowerCase(Locale.ROOT))
                                        .put("xid", cause.transaction().id()))
                                .toList())
                .putStrings(
                        "xids",
                        repair.causes().stream()
                                .map(cause -> cause.transaction().id().toString())
                                .distinct()
                                .toList());
        if (repair instanceof InsertRow) {
            return json.put("wanted", cells(repair.wanted())).put("now", (Object) null);
        }
        JsonObject now = cells(repair.expected());
        if (repair instanceof UpdateRow) {
            JsonObject damaged = new JsonObject();
            for (Cell cell : repair.expected()) {
                String column = cell.column().name();
                ColumnConflict conflict = conflicts.get(List.of(repair.table().id(), repair.key(), column));
                damaged.put(column, conflict == null ? cell.value() : conflict.damaged());
            }
            return json.put("wanted", cells(repair.wanted()))
                    .put("damaged", damaged)
                    .put("now", now)
                    .put("expected", now);
        }
        return json.put("wanted", (Object) null).put("now", now).put("expected", now);
    }

    private static JsonObject cells(List<Cell> cells) {
        JsonObject json = new JsonObject();
        cells.forEach(cell -> json.put(cell.column().name(), cell.value()));
        return json;
    }

    private static JsonObject json(Finding finding) {
        JsonObject json = row(finding.table(), finding.key()).put("reason", finding.reason());
        if (finding instanceof ColumnConflict conflict) {
            json.put("column", conflict.column())
                    .put("wanted", conflict.wanted())
                    .put("damaged", conflict.damaged())
                    .put("now", conflict.now())
                    .put("xid", conflict.by() == null ? null : conflict.by().id());
        } else if (finding instanceof RowConflict conflict) {
            json.put("xid", conflict.by() == null ? null : conflict.by().id());
        }
        return json;
    }
}
