package io.rowback.restore.live;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the live catalog says of a table beyond its schema: how its rows are compared and what every row must satisfy.
 * Expressions are SQL as the server prints them under an empty search path.
 *
 * @param sqlName the table as SQL
 * @param alias its bare name as SQL, by which expressions call the whole row
 * @param indexes the indexes that keep rows apart, those of exclusion constraints included
 * @param checks what must not be false of a row: check constraints, and the bounds of a partition; by name
 * @param generated the expressions of generated columns, by column
 * @param defaulted the columns that get a value when none is given
 */
record TableFacts(
        String sqlName,
        String alias,
        List<Index> indexes,
        Map<String, String> checks,
        Map<String, String> generated,
        List<String> defaulted) {

    /**
     * An index that keeps rows apart.
     *
     * @param name its name
     * @param columns the plain columns among those that it is over
     * @param computed whether it is over expressions, generated columns among them, or of some rows only
     * @param exclusion whether rows are kept apart by other operators than equality: an exclusion constraint, or a key
     *     WITHOUT OVERLAPS
     * @param deferrable whether it waits for the end of a statement
     * @param expressions what it is over
     * @param operators for each the operator that must not hold between two rows, with its schema
     * @param predicate which rows it is of, null for all
     * @param nullsEqual whether two NULLs are the same to it
     */
    record Index(
            String name,
            List<String> columns,
            boolean computed,
            boolean exclusion,
            boolean deferrable,
            List<String> expressions,
            List<String> operators,
            @Nullable String predicate,
            boolean nullsEqual) {
        /** Whether it says no more and no less than that rows are not equal in these columns. */
        boolean isOver(List<String> unique) {
            return !computed && !exclusion && columns.equals(unique);
        }
    }

    /** The lists of columns whose values are unique at the end of a statement only. */
    Set<List<String>> deferrable() {
        return indexes.stream()
                .filter(Index::deferrable)
                .map(Index::columns)
                .filter(columns -> indexes.stream().allMatch(index -> index.deferrable() || !index.isOver(columns)))
                .collect(Collectors.toSet());
    }

    private static final String ACCESS = """
            SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS sql_name, pg_catalog.quote_ident(c.relname) AS alias,
                   pg_catalog.row_security_active(c.oid) AS hidden,
                   pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND NOT EXISTS (
                     SELECT FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable,
                   pg_catalog.quote_ident(current_user) AS role
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid = %s
            """;

    private static final String INDEXES = """
            SELECT c.relname AS name,
                   0 = ANY (i.indkey::int2[]) OR i.indpred IS NOT NULL
                     OR (NOT i.indisprimary AND EXISTS (
                       SELECT FROM pg_catalog.pg_attribute g
                        WHERE g.attrelid = i.indrelid AND g.attnum = ANY (i.indkey::int2[]) AND g.attgenerated <> '')) AS computed,
                   x.conexclop IS NOT NULL AS exclusion, COALESCE(x.condeferrable, false) AS deferrable,
                   COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) AS nulls_equal,
                   pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
                   ARRAY(SELECT a.attname::text
                           FROM pg_catalog.generate_series(1, i.indnkeyatts) k
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1]
                          ORDER BY k) AS columns,
                   ARRAY(SELECT '(' || pg_catalog.pg_get_indexdef(i.indexrelid, k, false) || ')'
                                || COALESCE((SELECT pg_catalog.format(' COLLATE %%I.%%I', n.nspname, l.collname)
                                               FROM pg_catalog.pg_collation l
                                               JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
                                              WHERE l.oid = i.indcollation[k - 1]), '')
                           FROM pg_catalog.generate_series(1, i.indnkeyatts) k ORDER BY k) AS expressions,
                   ARRAY(SELECT pg_catalog.format('OPERATOR(%%I.%%s)', n.nspname, o.oprname)
                           FROM pg_catalog.generate_series(1, i.indnkeyatts) k
                           JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[k - 1]
                           LEFT JOIN pg_catalog.pg_amop e ON e.amopfamily = oc.opcfamily AND e.amopstrategy = 3
                                AND e.amoplefttype = oc.opcintype AND e.amoprighttype = oc.opcintype
                           JOIN pg_catalog.pg_operator o ON o.oid = COALESCE(x.conexclop[k], e.amopopr)
                           JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
                          ORDER BY k) AS operators
              FROM pg_catalog.pg_index i
              JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
              LEFT JOIN pg_catalog.pg_constraint x ON x.conindid = i.indexrelid AND x.contype IN ('p', 'u', 'x')
             WHERE i.indrelid = %s AND (i.indisunique OR i.indisexclusion) AND i.indislive AND i.indisready
             ORDER BY c.relname
            """;

    private static final String CHECKS = """
            SELECT conname AS name, pg_catalog.pg_get_expr(conbin, conrelid) AS expression
              FROM pg_catalog.pg_constraint k
             WHERE conrelid = %1$s AND contype = 'c'
               AND COALESCE((pg_catalog.to_jsonb(k) ->> 'conenforced')::bool, true)
             UNION ALL
            SELECT 'the bounds of its partition', pg_catalog.pg_get_partition_constraintdef(%1$s)
             WHERE pg_catalog.pg_get_partition_constraintdef(%1$s) IS NOT NULL
             ORDER BY 1
            """;

    private static final String DEFAULTS = """
            SELECT a.attname AS name, a.attgenerated <> '' AS generated,
                   pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
              FROM pg_catalog.pg_attribute a
              LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND (a.atthasdef OR a.attidentity <> '')
            """;

    /**
     * Reads the facts of a table.
     *
     * @throws RowbackException of code REFUSED if our role cannot see all of its rows
     */
    static TableFacts read(Session session, LiveTable table) {
        String oid = Long.toString(table.oid());
        List<String> names = session.row(ACCESS.formatted(oid), row -> {
            requireAllRows(table, row);
            return List.of(row.getString("sql_name"), row.getString("alias"));
        });
        Map<String, String> checks = new HashMap<>();
        session.rows(CHECKS.formatted(oid), row -> checks.put(row.getString("name"), row.getString("expression")));
        Map<String, String> generated = new HashMap<>();
        List<String> defaulted = session.rows(DEFAULTS.formatted(oid), row -> {
            if (row.getBoolean("generated")) {
                generated.put(row.getString("name"), row.getString("expression"));
            }
            return row.getString("name");
        });
        return new TableFacts(
                names.get(0),
                names.get(1),
                session.rows(INDEXES.formatted(oid), TableFacts::index),
                checks,
                generated,
                defaulted);
    }

    private static void requireAllRows(LiveTable table, ResultSet row) throws SQLException {
        if (row.getBoolean("hidden")) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "row-level security hides rows of " + table.schema().name() + " from " + row.getString("role"),
                    "Connect as a role that has BYPASSRLS, or as the table's owner where it does not FORCE ROW LEVEL"
                            + " SECURITY.");
        }
        if (!row.getBoolean("readable")) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    row.getString("role") + " may not read " + table.schema().name(),
                    "GRANT SELECT ON " + row.getString("sql_name") + " TO " + row.getString("role")
                            + "; and USAGE on its schema.");
        }
    }

    private static Index index(ResultSet row) throws SQLException {
        return new Index(
                row.getString("name"),
                Session.texts(row.getArray("columns")),
                row.getBoolean("computed"),
                row.getBoolean("exclusion"),
                row.getBoolean("deferrable"),
                Session.texts(row.getArray("expressions")),
                Session.texts(row.getArray("operators")),
                row.getString("predicate"),
                row.getBoolean("nulls_equal"));
    }
}
