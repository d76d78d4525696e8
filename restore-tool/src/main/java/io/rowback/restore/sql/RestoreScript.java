package io.rowback.restore.sql;

import io.rowback.history.TableId;
import io.rowback.postgres.Literals;
import io.rowback.postgres.SessionSettings;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A plan as the statements of one transaction: settings, a mark for the history, locks in the order of keys, the writes, a
 * check of everything that was to be written. Running it twice changes nothing the second time. The statements are made
 * one by one as they are asked for, so that a large script is never held.
 */
public final class RestoreScript {
    private static final int TRANSACTIONS_NAMED = 10;
    private static final int ROWS_IN_A_BLOCK = 100;
    private static final int ROWS_A_SECOND = 1_000;

    private final RestorePlan plan;

    public RestoreScript(RestorePlan plan) {
        this.plan = plan;
    }

    /** What the script does, for people; comment lines, then an empty one. */
    public List<String> header() {
        return ScriptHeader.lines(plan);
    }

    /** Hands all statements to the sink, in order, as the sink takes them. */
    public <E extends Exception> void statements(ScriptSink<E> sink) throws E {
        sink.take(statement(Phase.BEGIN, List.of(), "BEGIN"));
        settings(sink);
        sink.take(mark());
        locks(sink);
        for (List<Repair> rows : plan.statements()) {
            sink.take(write(rows.stream().map(RowStatement::new).toList()));
        }
        checks(sink);
        for (ScriptStatement statement : SequenceAdvance.of(plan)) {
            sink.take(statement);
        }
        sink.take(statement(Phase.COMMIT, List.of("-- All is as it was to be."), "COMMIT"));
    }

    private static ScriptStatement statement(Phase phase, List<String> comment, String sql) {
        return new ScriptStatement(phase, comment, sql, 0);
    }

    private <E extends Exception> void settings(ScriptSink<E> sink) throws E {
        for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
            sink.take(set(List.of(), setting.getKey(), setting.getValue()));
        }
        sink.take(set(List.of("-- Rather fail than keep others waiting."), "lock_timeout", "5s"));
        sink.take(set(List.of(), "statement_timeout", 60 + plan.repairs().size() / ROWS_A_SECOND + "s"));
    }

    private static ScriptStatement set(List<String> comment, String name, String value) {
        return statement(Phase.SETTINGS, comment, "SET LOCAL " + name + " = " + Literals.quote(value));
    }

    private ScriptStatement mark() {
        String ids = plan.transactions().stream()
                .limit(TRANSACTIONS_NAMED)
                .map(transaction -> transaction.id().toString())
                .collect(Collectors.joining(", "));
        int more = plan.transactions().size() - TRANSACTIONS_NAMED;
        String what = "what transaction " + ids + (more > 0 ? " and " + more + " more" : "") + " did";
        return statement(
                Phase.MARK,
                List.of("-- Marks this transaction in the history as a restore."),
                Block.of(
                        List.of(
                                "  PERFORM pg_logical_emit_message(true, 'rowback', json_strip_nulls(json_build_object(",
                                "    'restore', " + Literals.quote(what) + ", 'user', session_user,",
                                "    'application', nullif(current_setting('application_name'), ''),",
                                "    'client', host(inet_client_addr())))::text);"),
                        false));
    }

    /** Rows that are to be updated or deleted are locked first, always in the same order, so that two restores wait for each other in turn. */
    private <E extends Exception> void locks(ScriptSink<E> sink) throws E {
        Map<TableId, List<Repair>> tables = new LinkedHashMap<>();
        for (Repair repair : plan.repairs()) {
            if (!(repair instanceof InsertRow)) {
                tables.computeIfAbsent(repair.table().id(), id -> new ArrayList<>())
                        .add(repair);
            }
        }
        for (List<Repair> rows : tables.values()) {
            rows.sort(Comparator.comparing(Repair::key));
            for (int i = 0; i < rows.size(); i += ROWS_IN_A_BLOCK) {
                List<RowStatement> block = rows.subList(i, Math.min(i + ROWS_IN_A_BLOCK, rows.size())).stream()
                        .map(RowStatement::new)
                        .toList();
                sink.take(new ScriptStatement(
                        Phase.LOCK,
                        i == 0
                                ? List.of("-- Locks the rows of " + block.get(0).tableName() + " that are changed.")
                                : List.of(),
                        Block.of(RowStatement.lock(block), RowStatement.shadowsVariable(block)),
                        block.size()));
            }
        }
    }

    /** One repair is a statement of its own; several that need each other are one together. */
    private static ScriptStatement write(List<RowStatement> rows) {
        List<String> comment = new ArrayList<>();
        rows.forEach(row -> comment.addAll(row.comment()));
        if (rows.size() == 1) {
            return new ScriptStatement(Phase.WRITE, comment, rows.get(0).write(), 1);
        }
        comment.add(
                "-- These rows refer to each other: written by one statement, at whose end foreign keys are checked.");
        StringBuilder together = new StringBuilder("WITH ");
        int last = rows.size() - 1;
        for (int i = 0; i < last; i++) {
            together.append(i == 0 ? "" : ", ").append("row").append(i + 1).append(" AS (\n");
            together.append(rows.get(i).write()).append("\n)");
        }
        together.append('\n').append(rows.get(last).write());
        return new ScriptStatement(Phase.WRITE, comment, together.toString(), rows.size());
    }

    /** Triggers of a later statement may have changed a row that an earlier one wrote: all are checked at the end. */
    private <E extends Exception> void checks(ScriptSink<E> sink) throws E {
        List<Repair> repairs = plan.repairs();
        for (int i = 0; i < repairs.size(); i += ROWS_IN_A_BLOCK) {
            List<RowStatement> block = repairs.subList(i, Math.min(i + ROWS_IN_A_BLOCK, repairs.size())).stream()
                    .map(RowStatement::new)
                    .toList();
            List<String> lines = new ArrayList<>();
            block.forEach(row -> lines.addAll(row.check()));
            sink.take(new ScriptStatement(
                    Phase.VERIFY,
                    i == 0
                            ? List.of("-- Every value that was to be put back is there, by our hand or already before.")
                            : List.of(),
                    Block.of(lines, RowStatement.shadowsVariable(block)),
                    block.size()));
        }
    }
}
