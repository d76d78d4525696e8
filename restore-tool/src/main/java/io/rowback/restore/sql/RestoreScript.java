package io.rowback.restore.sql;

import io.rowback.history.TableId;
import io.rowback.postgres.Literals;
import io.rowback.postgres.SessionSettings;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.Portions.Portion;
import io.rowback.restore.sql.RowSet.Range;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A plan as the statements of one transaction: settings, a mark for the history, locks in the order of keys, the writes, a
 * check of everything that was to be written. Running it twice changes nothing the second time. The statements are made
 * one by one as they are asked for, so that a large script is never held.
 */
public final class RestoreScript {
    private static final int TRANSACTIONS_NAMED = 10;
    private static final int ROWS_IN_A_BLOCK = 100;
    private static final String TOGETHER =
            "-- These rows refer to each other: written by one statement, at whose end foreign keys are checked.";
    private static final int ROWS_A_SECOND = 1_000;

    /** So many rows of a kind are each a statement for a person to read. */
    private static final int FEW = 20;

    private final RestorePlan plan;
    private final Portions portions;
    private final List<EqualRowsScript> equalRows;
    private final boolean undo;

    public RestoreScript(RestorePlan plan) {
        this(plan, FEW, false);
    }

    /** The script of a plan that takes a restore back, and says so. */
    static RestoreScript undo(RestorePlan reversed) {
        return new RestoreScript(reversed, FEW, true);
    }

    /** A script that spells out up to {@code few} rows of a kind. */
    RestoreScript(RestorePlan plan, int few) {
        this(plan, few, false);
    }

    private RestoreScript(RestorePlan plan, int few, boolean undo) {
        this.plan = plan;
        this.undo = undo;
        this.equalRows = EqualRowsScript.of(plan);
        this.portions = new Portions(plan.keyed(), plan.singly(), few);
    }

    /** What the script does, for people; comment lines, then an empty one. */
    public List<String> header() {
        return ScriptHeader.lines(plan);
    }

    /** Hands all statements to the sink, in order, as the sink takes them. */
    public <E extends Exception> void statements(ScriptSink<E> sink) throws E {
        sink.take(begin());
        settings(sink);
        sink.take(foreignKeysChecked());
        if (!plan.makesTables() && !plan.tables().isEmpty()) {
            sink.take(KnownTables.of(plan));
        }
        sink.take(mark());
        for (Definition definition : plan.definitions()) {
            take(sink, undo ? new TableRemoval(definition).before() : new TableDefinition(definition).before());
        }
        sink.take(ownPath());
        load(sink);
        for (EqualRowsScript table : equalRows) {
            take(sink, table.load());
        }
        take(sink, TriggerSwitch.off(plan));
        locks(sink);
        guards(sink);
        for (Portion portion : portions.inOrder()) {
            sink.take(portion.rows().isEmpty() ? writeRanges(portion.ranges()) : writeRows(portion.rows()));
        }
        for (EqualRowsScript table : equalRows) {
            take(sink, table.writes());
        }
        sink.take(statement(
                Phase.VERIFY,
                List.of("-- What is put off until COMMIT, checks and triggers, comes now: it may change rows."),
                "SET CONSTRAINTS ALL IMMEDIATE"));
        take(sink, TriggerSwitch.on(plan));
        sink.take(set(List.of(), "search_path", ""));
        checks(sink);
        for (Definition definition : plan.definitions()) {
            take(sink, undo ? new TableRemoval(definition).after() : new TableDefinition(definition).after());
        }
        take(sink, SequenceAdvance.of(plan));
        sink.take(statement(Phase.COMMIT, List.of("-- All is as it was to be."), "COMMIT"));
    }

    private static <E extends Exception> void take(ScriptSink<E> sink, List<ScriptStatement> statements) throws E {
        for (ScriptStatement statement : statements) {
            sink.take(statement);
        }
    }

    private static ScriptStatement statement(Phase phase, List<String> comment, String sql) {
        return new ScriptStatement(phase, comment, sql, 0);
    }

    /** Whatever database or role prescribe: what others committed while it waited for a lock must be seen. */
    private static ScriptStatement begin() {
        return statement(Phase.BEGIN, List.of(), "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE");
    }

    private <E extends Exception> void settings(ScriptSink<E> sink) throws E {
        for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
            sink.take(set(List.of(), setting.getKey(), setting.getValue()));
        }
        sink.take(set(List.of("-- Rather fail than keep others waiting."), "lock_timeout", "5s"));
        sink.take(set(List.of(), "statement_timeout", 60 + plan.rows() / ROWS_A_SECOND + "s"));
        if (!portions.sets().isEmpty()) {
            List<String> why =
                    List.of("-- Finds rows by their keys, even if the server believes that a table is empty.");
            sink.take(set(why, "enable_seqscan", "off"));
        }
    }

    private static ScriptStatement set(List<String> comment, String name, String value) {
        return statement(Phase.SETTINGS, comment, "SET LOCAL " + name + " = " + Literals.quote(value));
    }

    private static ScriptStatement foreignKeysChecked() {
        return statement(
                Phase.SETTINGS,
                List.of("-- Foreign keys must be checked."),
                Block.of(
                        List.of(
                                "  IF current_setting('session_replication_role') = 'replica' THEN",
                                "    RAISE EXCEPTION 'foreign keys are not checked under session_replication_role = replica'",
                                "      USING HINT = 'Run it as a role, or in a session, where it is origin.';",
                                "  END IF;"),
                        false));
    }

    /** Whether the role needs to make temporary tables. */
    public boolean needsTemporaryTables() {
        return !portions.sets().isEmpty() || !equalRows.isEmpty() || ReferenceGuard.isNeeded(plan);
    }

    /**
     * Sets the path that the database or the role prescribes, with pg_catalog first if it is named elsewhere. The setting is
     * computed while the path is empty still, so that nothing of its schemas has a part in that.
     */
    private static ScriptStatement ownPath() {
        List<String> lines = List.of(
                "  PERFORM set_config('search_path',",
                "      CASE WHEN reset_val ~ 'pg_catalog' THEN 'pg_catalog, ' ELSE '' END || reset_val, true)",
                "    FROM pg_settings WHERE name = 'search_path';");
        return statement(
                Phase.SETTINGS,
                List.of("-- For what triggers, checks and generated columns name: the database's or the role's path."),
                Block.of(lines, false));
    }

    private ScriptStatement mark() {
        String ids = plan.transactions().stream()
                .limit(TRANSACTIONS_NAMED)
                .map(transaction -> transaction.id().toString())
                .collect(Collectors.joining(", "));
        int more = plan.transactions().size() - TRANSACTIONS_NAMED;
        String did = "what transaction " + ids + (more > 0 ? " and " + more + " more" : "") + " did";
        String what = (undo ? "taken back: " : "")
                + (plan.definitions().isEmpty() ? did : plan.definitions().get(0));
        return statement(
                Phase.MARK,
                List.of("-- Marks this transaction in the history as a restore" + (undo ? " taken back." : ".")),
                Block.of(
                        List.of(
                                "  PERFORM pg_logical_emit_message(true, 'rowback', json_strip_nulls(json_build_object(",
                                "    'restore', " + Literals.quote(what) + ", 'user', session_user,",
                                "    'application', nullif(current_setting('application_name'), ''),",
                                "    'client', host(inet_client_addr())))::text);"),
                        false));
    }

    /** The values of each set. */
    private <E extends Exception> void load(ScriptSink<E> sink) throws E {
        for (RowSet set : portions.sets()) {
            sink.take(statement(Phase.LOAD, set.comment(), set.create()));
            sink.load(new RowLoad(set));
            Optional<String> index = set.index();
            if (index.isPresent()) {
                sink.take(statement(Phase.LOAD, List.of(), index.get()));
            }
        }
    }

    /**
     * Rows that are to be updated or deleted are locked first: table by table in the order of their oids, and in a table sets
     * before rows that are spelled out, each in the order of keys. So two restores wait for each other in turn, unless one
     * spells out what the other has in a set; then the server ends one of them.
     */
    private <E extends Exception> void locks(ScriptSink<E> sink) throws E {
        Map<TableId, List<Repair>> spelledOut = new LinkedHashMap<>();
        for (Portion portion : portions.inOrder()) {
            for (Repair repair : portion.rows()) {
                if (!(repair instanceof InsertRow)) {
                    spelledOut
                            .computeIfAbsent(repair.table().id(), id -> new ArrayList<>())
                            .add(repair);
                }
            }
        }
        Map<TableId, List<RowSet>> sets = new LinkedHashMap<>();
        for (RowSet set : portions.sets()) {
            if (!set.inserts()) {
                sets.computeIfAbsent(set.table().id(), id -> new ArrayList<>()).add(set);
            }
        }
        Set<TableId> tables = new TreeSet<>(Comparator.comparing(id -> Integer.toUnsignedLong(id.oid())));
        tables.addAll(sets.keySet());
        tables.addAll(spelledOut.keySet());
        for (TableId table : tables) {
            List<RowSet> setsOfTable = sets.getOrDefault(table, List.of());
            if (!setsOfTable.isEmpty()) {
                sink.take(RowLocks.of(setsOfTable));
            }
            List<Repair> ofTable = new ArrayList<>(spelledOut.getOrDefault(table, List.of()));
            ofTable.sort(Comparator.comparing(Repair::key));
            for (List<Repair> block : blocks(ofTable)) {
                sink.take(RowLocks.spelledOut(block));
            }
        }
    }

    private <E extends Exception> void guards(ScriptSink<E> sink) throws E {
        takeUnderNoPath(
                sink,
                equalRows.stream().flatMap(table -> table.guard().stream()).toList());
        for (EqualRowsScript table : equalRows) {
            take(sink, table.deletes());
        }
        takeUnderNoPath(sink, ReferenceGuard.of(plan, portions.sets(), blocks(changed())));
    }

    /** Those that walk the catalog or count: no schema of the application's path may have a part in that. */
    private static <E extends Exception> void takeUnderNoPath(ScriptSink<E> sink, List<ScriptStatement> statements)
            throws E {
        if (!statements.isEmpty()) {
            sink.take(set(List.of(), "search_path", ""));
            take(sink, statements);
            sink.take(ownPath());
        }
    }

    /** The rows that are spelled out and that are there. */
    private List<Repair> changed() {
        return portions.inOrder().stream()
                .flatMap(portion -> portion.rows().stream())
                .filter(repair -> !(repair instanceof InsertRow))
                .toList();
    }

    private static List<List<Repair>> blocks(List<Repair> rows) {
        List<List<Repair>> blocks = new ArrayList<>();
        for (int i = 0; i < rows.size(); i += ROWS_IN_A_BLOCK) {
            blocks.add(rows.subList(i, Math.min(i + ROWS_IN_A_BLOCK, rows.size())));
        }
        return blocks;
    }

    /** One repair is a statement of its own; several that need each other are one together. */
    private static ScriptStatement writeRows(List<Repair> repairs) {
        List<RowStatement> rows = repairs.stream().map(RowStatement::new).toList();
        List<String> comment = new ArrayList<>();
        rows.forEach(row -> comment.addAll(row.comment()));
        if (rows.size() > 1) {
            comment.add(TOGETHER);
        }
        String sql = together(rows.stream().map(RowStatement::write).toList());
        return new ScriptStatement(Phase.WRITE, comment, sql, rows.size());
    }

    private static ScriptStatement writeRanges(List<Range> ranges) {
        List<String> comment = new ArrayList<>();
        for (Range range : ranges) {
            comment.add("-- " + range.set().tableName() + ": rows " + range.from() + " to " + range.to() + " of "
                    + range.set().size());
        }
        if (ranges.size() > 1) {
            comment.add(TOGETHER);
        }
        String sql =
                together(ranges.stream().map(range -> range.set().write(range)).toList());
        return new ScriptStatement(
                Phase.WRITE, comment, sql, ranges.stream().mapToInt(Range::size).sum());
    }

    private static String together(List<String> writes) {
        int last = writes.size() - 1;
        StringBuilder together = new StringBuilder();
        for (int i = 0; i < last; i++) {
            together.append(i == 0 ? "WITH " : ", ")
                    .append("part")
                    .append(i + 1)
                    .append(" AS (\n");
            together.append(writes.get(i)).append("\n)");
            together.append(i == last - 1 ? "\n" : "");
        }
        return together.append(writes.get(last)).toString();
    }

    /** Triggers of a later statement may have changed a row that an earlier one wrote: all are checked at the end. */
    private <E extends Exception> void checks(ScriptSink<E> sink) throws E {
        List<String> comment =
                List.of("-- Every value that was to be put back is there, by our hand or already before.");
        for (RowSet set : portions.sets()) {
            sink.take(new ScriptStatement(Phase.VERIFY, comment, set.check(), set.size()));
            comment = List.of();
        }
        for (EqualRowsScript table : equalRows) {
            sink.take(table.check(comment));
            comment = List.of();
        }
        List<Repair> spelledOut = portions.inOrder().stream()
                .flatMap(portion -> portion.rows().stream())
                .toList();
        for (List<Repair> block : blocks(spelledOut)) {
            List<RowStatement> rows = block.stream().map(RowStatement::new).toList();
            List<String> lines = new ArrayList<>();
            rows.forEach(row -> lines.addAll(row.check()));
            String sql = Block.of(lines, RowStatement.shadowsVariable(rows));
            sink.take(new ScriptStatement(Phase.VERIFY, comment, sql, rows.size()));
            comment = List.of();
        }
    }
}
