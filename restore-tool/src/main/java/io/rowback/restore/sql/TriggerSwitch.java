package io.rowback.restore.sql;

import io.rowback.history.TableSchema;
import io.rowback.history.TableSchema.Trigger;
import io.rowback.postgres.Identifiers;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestoreRequest.TriggerMode;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.List;

/**
 * The statements that keep triggers from firing while rows are written. Each is named: to enable all of a table's triggers
 * would wake those that somebody had disabled.
 */
public final class TriggerSwitch {
    private TriggerSwitch() {}

    /** Disables what would fire; takes a lock on the table, which is therefore taken before those on rows. */
    static List<ScriptStatement> off(RestorePlan plan) {
        List<String> comment =
                List.of("-- Keeps triggers from firing, and until COMMIT others from writing to their tables.");
        List<ScriptStatement> statements = new ArrayList<>();
        for (TableSchema table : plan.tables()) {
            for (Trigger trigger : firing(plan, table)) {
                statements.add(alter(Phase.DISABLE, comment, table, "DISABLE TRIGGER", trigger));
                comment = List.of();
            }
        }
        return statements;
    }

    /** Enables them again, as they were; a check that is still put off until COMMIT would forbid that. */
    static List<ScriptStatement> on(RestorePlan plan) {
        List<String> comment = List.of("-- Enables the triggers again.");
        List<ScriptStatement> statements = new ArrayList<>();
        for (TableSchema table : plan.tables()) {
            for (Trigger trigger : firing(plan, table)) {
                String enable = trigger.enabled() == 'A' ? "ENABLE ALWAYS TRIGGER" : "ENABLE TRIGGER";
                statements.add(alter(Phase.ENABLE, comment, table, enable, trigger));
                comment = List.of();
            }
        }
        return statements;
    }

    private static List<Trigger> firing(RestorePlan plan, TableSchema table) {
        // A table that is made anew has no triggers yet.
        return plan.request().triggers() == TriggerMode.KEEP || plan.makesTables()
                ? List.of()
                : table.triggers().stream().filter(TriggerSwitch::fires).toList();
    }

    /** Whether it fires in an ordinary session; those for replicas do not. */
    public static boolean fires(Trigger trigger) {
        return trigger.enabled() == 'O' || trigger.enabled() == 'A';
    }

    private static ScriptStatement alter(
            Phase phase, List<String> comment, TableSchema table, String what, Trigger trigger) {
        String sql = "ALTER TABLE " + Identifiers.qualified(table.name()) + " " + what + " "
                + Identifiers.quote(trigger.name());
        return new ScriptStatement(phase, comment, sql, 0);
    }
}
