package io.rowback.restore.sql;

import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.ArrayList;
import java.util.List;

/**
 * Fails a script right before its first write if a row that it leaves alone refers to one that it deletes, or whose columns
 * referred to it changes: a foreign key would delete that row too, or write to it. What refers is asked of the server then,
 * since rows, foreign keys and tables may have come after the plan was made. Rows that go are locked by then, so that no
 * reference to them can come any more.
 */
final class ReferenceGuard {
    private static final String TABLE = "rowback_changed";

    private static final List<String> CHECK = """
              FOR fk IN
                SELECT g.relation::regclass::text AS parent, k.conrelid::regclass::text AS child, k.conname,
                       CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END AS own,
                       k.confupdtype = 'c' AS follows, n.columns, n.referred, n.joined, n.printed
                  FROM (SELECT DISTINCT relation FROM pg_temp.rowback_changed) AS g
                  JOIN pg_constraint AS k ON k.confrelid = g.relation
                       OR k.confrelid IN (SELECT relid FROM pg_partition_ancestors(g.relation))
                  JOIN pg_class AS c ON c.oid = k.conrelid
                  CROSS JOIN LATERAL (
                    SELECT array_agg(b.attname::text) AS columns, array_agg(a.attname::text) AS referred,
                           string_agg(format('p.%I OPERATOR(%I.%s) c.%I', a.attname, s.nspname, o.oprname, b.attname), ' AND ') AS joined,
                           string_agg(format('p.%I', a.attname), ', ') AS printed
                      FROM unnest(k.confkey, k.conkey, k.conpfeqop) AS u (parent, child, operator)
                      JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.parent
                      JOIN pg_attribute AS b ON b.attrelid = k.conrelid AND b.attnum = u.child
                      JOIN pg_operator AS o ON o.oid = u.operator
                      JOIN pg_namespace AS s ON s.oid = o.oprnamespace) AS n
                 WHERE k.contype = 'f' AND k.conparentid = 0
                   AND COALESCE((to_jsonb(k) ->> 'conenforced')::boolean, true)
                   AND EXISTS (SELECT FROM pg_temp.rowback_changed AS o WHERE o.relation = g.relation
                     AND (o.columns IS NULL OR (o.columns && n.referred AND k.confupdtype <> 'c')))
                 ORDER BY 1, 2, 3
              LOOP
                EXECUTE 'SELECT concat_ws('','', ' || fk.printed || ') FROM pg_temp.rowback_changed AS g'
                  || ' JOIN ONLY ' || fk.parent || ' AS p ON p.ctid = g.place'
                  || ' JOIN ' || fk.own || fk.child || ' AS c ON ' || fk.joined
                  || ' WHERE g.relation = $1::regclass AND (g.columns IS NULL OR (g.columns && $2 AND NOT $3))'
                  || ' AND NOT EXISTS (SELECT FROM pg_temp.rowback_changed AS w WHERE w.relation = c.tableoid'
                  || ' AND w.place = c.ctid AND (w.columns IS NULL OR w.columns && $4)) LIMIT 1'
                  INTO wrong USING fk.parent, fk.referred, fk.follows, fk.columns;
                IF wrong IS NOT NULL THEN
                  RAISE EXCEPTION USING MESSAGE = regexp_replace(fk.parent || ' ' || wrong || ' goes or is changed, but a row refers to it of '
                      || fk.child || ', by ' || fk.conname, '[[:cntrl:]]', '?', 'g'),
                    HINT = 'That row is not in this script and would be deleted or changed with it. Nothing was written; make it anew.';
                END IF;
              END LOOP;
            """.stripTrailing().lines().toList();

    private ReferenceGuard() {}

    /** Whether anything that a plan writes can be referred to. */
    static boolean isNeeded(RestorePlan plan) {
        return plan.keyed().stream().flatMap(List::stream).anyMatch(ReferenceGuard::letsGo);
    }

    /** The statements for a plan; none if nothing that it writes can be referred to. */
    static List<ScriptStatement> of(RestorePlan plan, List<RowSet> sets, List<List<Repair>> spelledOut) {
        if (!isNeeded(plan)) {
            return List.of();
        }
        List<ScriptStatement> statements = new ArrayList<>();
        statements.add(new ScriptStatement(
                Phase.GUARD,
                List.of("-- Where the rows are that are updated or deleted, and the columns that are updated."),
                "CREATE TEMPORARY TABLE " + TABLE + " (relation oid, place tid, columns text[]) ON COMMIT DROP",
                0));
        for (RowSet set : sets) {
            if (!set.inserts()) {
                statements.add(insert(List.of(set.places()), set.size()));
            }
        }
        for (List<Repair> block : spelledOut) {
            statements.add(insert(
                    block.stream().map(row -> new RowStatement(row).places()).toList(), block.size()));
        }
        // Without it the server expects few rows, and compares each with each.
        statements.add(new ScriptStatement(Phase.GUARD, List.of(), "ANALYZE pg_temp." + TABLE, 0));
        statements.add(new ScriptStatement(
                Phase.GUARD,
                List.of(
                        "-- No row that this script leaves alone refers to one that goes: it would go too, or be changed."),
                Block.declaring("fk record;\n  wrong text", CHECK),
                0));
        return statements;
    }

    private static ScriptStatement insert(List<String> places, int rows) {
        return new ScriptStatement(
                Phase.GUARD,
                List.of(),
                "INSERT INTO pg_temp." + TABLE + "\n  " + String.join("\n  UNION ALL ", places),
                rows);
    }

    /** Whether rows that refer to this one may have to go or change with it. */
    private static boolean letsGo(Repair repair) {
        TableSchema table = repair.table();
        return repair instanceof DeleteRow
                || (repair instanceof UpdateRow update
                        && update.wanted().stream()
                                .map(cell -> cell.column().name())
                                .anyMatch(name -> table.key().contains(name)
                                        || table.uniques().stream().anyMatch(unique -> unique.columns()
                                                .contains(name))));
    }
}
