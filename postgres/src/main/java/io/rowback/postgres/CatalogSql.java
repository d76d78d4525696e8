package io.rowback.postgres;

/** The queries of {@link Catalog}. They need no privilege, and no search path: every relation is named with its schema. */
final class CatalogSql {
    /** The major version from which a publication can carry stored generated columns. */
    static final int GENERATED_PUBLISHED_SINCE = 18;

    static final String RELATIONS = """
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,
                   pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS sql_name
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE %s
               AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
               AND c.relpersistence <> 't'
               AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
             ORDER BY n.nspname, c.relname
            """;

    static final String ATTRIBUTES = """
            SELECT a.attnum, a.attname, a.attisdropped,
                   pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = ? AND a.attnum > 0
             ORDER BY a.attnum
            """;

    static final String COLUMNS = """
            SELECT a.attrelid AS oid, a.attname, a.attnum, a.atttypid, a.attnotnull, a.attidentity, a.attgenerated,
                   pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                   (SELECT pg_catalog.format('%I.%I', sn.nspname, s.relname)
                      FROM pg_catalog.pg_depend d
                      JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                      JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
                     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                       AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                     LIMIT 1) AS sequence,
                   CASE a.attcollation
                       WHEN 0 THEN true
                       WHEN 'pg_catalog."default"'::regcollation THEN db.c_collation
                       ELSE l.collname IN ('C', 'POSIX', 'ucs_basic') AND l.collnamespace = 'pg_catalog'::regnamespace
                   END AS byte_ordered
              FROM pg_catalog.pg_attribute a
              LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
             CROSS JOIN (SELECT d.datcollate IN ('C', 'POSIX')
                                -- The column is there from version 15 on; before it there was only the C library.
                                AND COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AS c_collation
                           FROM pg_catalog.pg_database d
                          WHERE d.datname = pg_catalog.current_database()) db
             WHERE a.attrelid = ANY (?) AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attrelid, a.attnum
            """;

    static final String INDEXES = """
            SELECT i.indrelid AS oid, c.relname, i.indisprimary, i.indisreplident, i.indimmediate,
                   ARRAY(SELECT a.attname::text
                           FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, ordinal)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                          WHERE k.ordinal <= i.indnkeyatts
                          ORDER BY k.ordinal) AS columns
              FROM pg_catalog.pg_index i
              JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             WHERE i.indrelid = ANY (?) AND i.indisunique AND i.indisvalid AND i.indislive
               AND i.indpred IS NULL AND i.indexprs IS NULL
             ORDER BY i.indrelid, c.relname
            """;

    /**
     * A foreign key to a partitioned table is one to each partition that holds rows. That the catalog has of its own for
     * the table that refers, but not for partitions of that; so all are told from the partitions of now.
     * One that is NOT ENFORCED promises nothing and is left out.
     */
    static final String FOREIGN_KEYS = """
            SELECT k.conrelid AS oid, k.conname, coalesce(leaf.relid::oid, k.confrelid) AS confrelid, k.confdeltype, k.confupdtype, k.condeferrable,
                   ARRAY(SELECT a.attname::text
                           FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY c (attnum, ordinal)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum
                          ORDER BY c.ordinal) AS columns,
                   ARRAY(SELECT a.attname::text
                           FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY c (attnum, ordinal)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.attnum
                          ORDER BY c.ordinal) AS ref_columns
              FROM pg_catalog.pg_constraint k
              LEFT JOIN LATERAL pg_catalog.pg_partition_tree(k.confrelid) leaf ON leaf.isleaf
             WHERE k.contype = 'f' AND k.conrelid = ANY (?)
               AND coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::bool, true)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p
                                WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
             ORDER BY k.conrelid, k.conname, 3
            """;

    static final String ANCESTORS = """
            SELECT c.oid, n.nspname, a.relname
              FROM pg_catalog.pg_class c
             CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY p (relid, ordinal)
              JOIN pg_catalog.pg_class a ON a.oid = p.relid
              JOIN pg_catalog.pg_namespace n ON n.oid = a.relnamespace
             WHERE c.oid = ANY (?) AND c.relispartition AND a.oid <> c.oid
             ORDER BY c.oid, p.ordinal
            """;

    static final String TRIGGERS = """
            SELECT t.tgrelid AS oid, t.tgname, t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid) AS definition
              FROM pg_catalog.pg_trigger t
             WHERE t.tgrelid = ANY (?) AND NOT t.tgisinternal
             ORDER BY t.tgrelid, t.tgname
            """;

    static final String TYPE_NAMES = """
            SELECT ARRAY(SELECT pg_catalog.format_type(t.oid::oid, t.typmod)
                           FROM ROWS FROM (pg_catalog.unnest(?::int8[]), pg_catalog.unnest(?::int4[])) WITH ORDINALITY
                                AS t (oid, typmod, ordinal)
                          ORDER BY t.ordinal)
            """;

    private CatalogSql() {}
}
