package io.rowback.restore.live;

import io.rowback.history.ColumnValue;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.postgres.Equality;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.Repair.DeleteRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What foreign keys of the live database say: parents that are missing there, and rows that refer to what would go. */
final class ReferenceChecks {
    private static final String FOREIGN_KEYS = """
            SELECT k.conname, k.conrelid, k.confrelid, k.confupdtype = 'c' AS follows,
                   COALESCE((pg_catalog.to_jsonb(k) ->> 'conperiod')::bool, false) AS period,
                   n.nspname, c.relname,
                   CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS rows,
                   pg_catalog.has_table_privilege(c.oid, 'SELECT')
                     AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                     AND NOT pg_catalog.row_security_active(c.oid) AS readable,
                   ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u (attnum, i)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                          ORDER BY u.i) AS columns,
                   ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u (attnum, i)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
                          ORDER BY u.i) AS ref_columns,
                   ARRAY(SELECT pg_catalog.format('OPERATOR(%%I.%%s)', s.nspname, o.oprname)
                           FROM pg_catalog.unnest(k.conpfeqop) WITH ORDINALITY u (oid, i)
                           JOIN pg_catalog.pg_operator o ON o.oid = u.oid
                           JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
                          ORDER BY u.i) AS operators
              FROM pg_catalog.pg_constraint k
              JOIN pg_catalog.pg_class c ON c.oid = k.%2$s
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype = 'f' AND k.%1$s = %3$s AND %4$s
               AND COALESCE((pg_catalog.to_jsonb(k) ->> 'conenforced')::bool, true)
             ORDER BY k.conname, k.conrelid, k.confrelid
            """;

    /** To a partitioned table the catalog has one foreign key, and one more to each of its partitions. */
    private static final String DECLARED = "NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p"
            + " WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)";

    private static final String UNREADABLE = ", of which our role may not read all rows";

    /** Rows are in partitions. */
    private static final String HOLDS_ROWS = "c.relkind <> 'p'";

    private final Session session;
    private final List<LiveTable> tables;
    private final List<Draft> drafts;

    /** A foreign key, and the table at its other end; {@code rows} are that table's own, as SQL. */
    private record Reference(
            TableName other,
            String rows,
            long otherOid,
            boolean readable,
            boolean follows,
            boolean period,
            List<String> columns,
            List<String> refColumns,
            List<String> operators) {}

    /**
     * Checks writes of a plan.
     *
     * @param drafts the whole plan
     */
    ReferenceChecks(Session session, List<LiveTable> tables, List<Draft> drafts) {
        this.session = session;
        this.tables = tables;
        this.drafts = drafts;
    }

    /** Tells of each of these rows of one table which parent is neither there nor in the plan. */
    void findMissingParents(LiveTable table, TableFacts facts, List<Draft> rows, BiConsumer<Draft, String> found) {
        for (Reference reference : references("conrelid", "confrelid", DECLARED, table)) {
            List<Draft> referring = rows.stream()
                    .filter(draft -> draft.writes(reference.columns()))
                    .filter(draft -> values(draft, reference.columns()) != null)
                    .toList();
            if (referring.isEmpty()) {
                continue;
            }
            Set<List<String>> provided = provided(reference);
            if (reference.period() && !provided.isEmpty()) {
                // The ranges of several rows together cover one that refers to them: of the plan's and of others.
                continue;
            }
            if (!reference.readable()) {
                referring.stream()
                        .filter(draft -> !provided.contains(values(draft, reference.columns())))
                        .forEach(draft -> found.accept(draft, "it refers to " + reference.other() + UNREADABLE));
                continue;
            }
            for (RowBatch batch : RowBatch.after(facts, referring)) {
                session.rows(parents(batch, reference), row -> batch.drafts().get(row.getInt(1) - 1)).stream()
                        .filter(draft -> !provided.contains(values(draft, reference.columns())))
                        .forEach(draft -> found.accept(
                                draft,
                                "it refers to " + reference.other() + " "
                                        + String.join(",", shown(draft, reference.columns()))
                                        + ", which is neither there nor in the plan"));
            }
        }
    }

    /** Tells of each of these rows of one table that would go, or change its key, which row outside of the plan refers to it, or that this cannot be told. */
    void findDependents(
            LiveTable table,
            TableFacts facts,
            List<Draft> rows,
            BiConsumer<Draft, String> found,
            BiConsumer<Draft, String> unknown) {
        for (Reference reference : references("confrelid", "conrelid", HOLDS_ROWS, table)) {
            List<Draft> letting = rows.stream()
                    .filter(draft -> draft.repair() instanceof DeleteRow
                            || (draft.writes(reference.refColumns()) && !reference.follows()))
                    .toList();
            if (letting.isEmpty()) {
                continue;
            }
            if (!reference.readable()) {
                letting.forEach(
                        draft -> unknown.accept(draft, "rows may refer to it of " + reference.other() + UNREADABLE));
                continue;
            }
            LiveTable child = tables.stream()
                    .filter(known -> known.oid() == reference.otherOid())
                    .findFirst()
                    .orElse(null);
            List<RowKey> planned = planned(child, reference);
            for (RowBatch batch : RowBatch.before(facts, letting)) {
                session.rows(children(batch, reference, child, planned), row -> {
                    RowKey key = new RowKey(Session.texts(row.getArray(2)));
                    found.accept(
                            batch.drafts().get(row.getInt(1) - 1),
                            reference.other() + " " + key + " refers to it and is not in the plan");
                    return key;
                });
            }
        }
    }

    private List<Reference> references(String side, String otherSide, String which, LiveTable table) {
        return session.rows(
                FOREIGN_KEYS.formatted(side, otherSide, Long.toString(table.oid()), which),
                row -> reference(row, otherSide));
    }

    private static Reference reference(ResultSet row, String otherSide) throws SQLException {
        return new Reference(
                new TableName(row.getString("nspname"), row.getString("relname")),
                row.getString("rows"),
                row.getLong(otherSide),
                row.getBoolean("readable"),
                row.getBoolean("follows"),
                row.getBoolean("period"),
                Session.texts(row.getArray("columns")),
                Session.texts(row.getArray("ref_columns")),
                Session.texts(row.getArray("operators")));
    }

    /** The values that rows of the plan will have in the columns referred to. */
    private Set<List<String>> provided(Reference reference) {
        Set<TableId> ids = new HashSet<>();
        for (LiveTable table : tables) {
            if (table.oid() == reference.otherOid()
                    || table.schema().partitionOf().contains(reference.other())) {
                ids.add(table.schema().id());
            }
        }
        Set<List<String>> provided = new HashSet<>();
        for (Draft draft : drafts) {
            List<String> values = ids.contains(draft.table().id()) ? values(draft, reference.refColumns()) : null;
            if (values != null) {
                provided.add(values);
            }
        }
        return provided;
    }

    /** The rows of that table that will refer to something else, or be gone. */
    private List<RowKey> planned(@Nullable LiveTable child, Reference reference) {
        List<RowKey> keys = new ArrayList<>();
        for (Draft draft : drafts) {
            if (child != null
                    && draft.table().id().equals(child.schema().id())
                    && (draft.repair() instanceof DeleteRow || draft.writes(reference.columns()))) {
                keys.add(draft.repair().key());
            }
        }
        return keys;
    }

    private static String parents(RowBatch batch, Reference reference) {
        String alias = batch.facts().alias();
        return "SELECT " + RowBatch.NUMBER + " FROM " + batch.numbered() + " CROSS JOIN LATERAL " + batch.row()
                + " WHERE NOT EXISTS (SELECT FROM " + reference.rows() + " AS \"rowback$other\""
                + " WHERE " + joined(reference, "\"rowback$other\"", alias) + ")";
    }

    private static String children(
            RowBatch batch, Reference reference, @Nullable LiveTable child, List<RowKey> planned) {
        String alias = batch.facts().alias();
        List<String> key = new ArrayList<>();
        if (child != null) {
            child.schema()
                    .key()
                    .forEach(column -> key.add("format('%s', \"rowback$other\"." + Identifiers.quote(column) + ")"));
        }
        return "SELECT " + RowBatch.NUMBER + ", c.key FROM " + batch.numbered() + " CROSS JOIN LATERAL " + batch.row()
                + " CROSS JOIN LATERAL (SELECT ARRAY[" + String.join(", ", key) + "]::text[] FROM "
                + reference.rows() + " AS \"rowback$other\" WHERE "
                + joined(reference, alias, "\"rowback$other\"") + notIn(key, planned) + " LIMIT 1) AS c (key)";
    }

    /** The condition that a row is none of these. */
    private static String notIn(List<String> key, List<RowKey> rows) {
        if (rows.isEmpty()) {
            return "";
        }
        List<String> arrays = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            int part = i;
            arrays.add(Literals.texts(rows.stream().map(row -> row.values().get(part))));
        }
        return " AND (" + String.join(" COLLATE \"C\", ", key) + " COLLATE \"C\") NOT IN (SELECT * FROM unnest("
                + String.join(", ", arrays) + "))";
    }

    /** The condition under which a row refers to another. */
    private static String joined(Reference reference, String parent, String child) {
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < reference.columns().size(); i++) {
            conditions.add(
                    parent + "." + Identifiers.quote(reference.refColumns().get(i)) + " "
                            + reference.operators().get(i) + " " + child + "."
                            + Identifiers.quote(reference.columns().get(i)));
        }
        return String.join(" AND ", conditions);
    }

    private static List<String> shown(Draft draft, List<String> columns) {
        return columns.stream()
                .map(column -> String.valueOf(draft.after(column)))
                .toList();
    }

    /** What the row will hold in these columns, in the form that equal values share; null where it refers to nothing by them. */
    private static @Nullable List<String> values(Draft draft, List<String> columns) {
        List<String> texts = new ArrayList<>();
        for (String column : columns) {
            if (!(draft.after(column) instanceof ColumnValue.Text text)) {
                return null;
            }
            texts.add(Equality.normalForm(draft.table().column(column), text.text()));
        }
        return texts;
    }
}
