-- Written by Rowback. Puts back what this did:
--   transaction 701, committed 2026-01-01T00:00:01Z
-- Writes:
--   users: 1 to insert, 1 to update
--   shop.Tree\nhouse: 2 to insert, 1 to update, 1 to delete
-- Read it, then run it:
--   psql -X -v ON_ERROR_STOP=1 -f THIS_FILE -d DATABASE
-- It is one transaction and made from the rows as they were at LSN 0/1180. A row is written only while
-- it holds what the incident left; one that holds what is wanted already is left alone. Before COMMIT every value
-- that was to be put back is checked: if one is not there, all fails and names the row. So running it twice does
-- no harm.

BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = 'on';
SET LOCAL bytea_output = 'hex';
SET LOCAL DateStyle = 'ISO';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = '1';
SET LOCAL lc_monetary = 'C';
SET LOCAL search_path = '';
SET LOCAL row_security = 'off';
SET LOCAL quote_all_identifiers = 'off';
SET LOCAL array_nulls = 'on';
SET LOCAL xmloption = 'content';

-- Rather fail than keep others waiting.
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Finds rows by their keys, even if the server believes that a table is empty.
SET LOCAL enable_seqscan = 'off';

-- Foreign keys must be checked.
DO $rowback$
BEGIN
  IF current_setting('session_replication_role') = 'replica' THEN
    RAISE EXCEPTION 'foreign keys are not checked under session_replication_role = replica'
      USING HINT = 'Run it as a role, or in a session, where it is origin.';
  END IF;
END
$rowback$;

-- Tables and columns are still those that this was made for, by their numbers.
DO $rowback$
DECLARE
  same boolean;
  wrong text;
BEGIN
  same := current_database() = 'app';
  IF same AND has_function_privilege('pg_control_system()', 'execute') THEN
    same := '7000000000000000001' = (SELECT system_identifier::text FROM pg_control_system());
  END IF;
  IF same THEN
    SELECT t.name INTO wrong FROM (VALUES
        ('users', 989059, 'public', 'users', ARRAY['id', 'name', 'price']::text[], '{1,2,3}', '{20,25,25}', NULL, NULL),
        ('shop.Tree\nhouse', 169228, 'shop', 'Tree
house', ARRAY['id', 'up', 'user', 'found']::text[], '{1,2,3,4}', '{23,23,20,25}', NULL, NULL)
      ) AS t (name, oid, schema, relation, columns, numbers, types, file, versions)
     WHERE NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          WHERE c.oid = t.oid::oid AND c.relname = t.relation AND n.nspname = t.schema)
        OR EXISTS (SELECT FROM unnest(t.columns, t.numbers::int2[], t.types::oid[]) AS c (name, number, type)
          WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.oid::oid
            AND a.attname = c.name AND a.attnum = c.number AND a.atttypid = c.type))
        OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.oid::oid AND c.relfilenode <> t.file::oid)
          AND EXISTS (SELECT FROM unnest(t.numbers::int2[], t.versions::text[]) AS c (number, version)
            JOIN pg_attribute AS a ON a.attrelid = t.oid::oid AND a.attnum = c.number
            WHERE a.xmin::text <> c.version) LIMIT 1;
    IF wrong IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = wrong || ' is another table than this was made for, or its columns or their types are others',
        HINT = 'They were renamed, altered or made anew since: make this anew. Nothing was written.';
    END IF;
  END IF;
END
$rowback$;

-- Marks this transaction in the history as a restore.
DO $rowback$
BEGIN
  PERFORM pg_logical_emit_message(true, 'rowback', json_strip_nulls(json_build_object(
    'restore', 'what transaction 701 did', 'user', session_user,
    'application', nullif(current_setting('application_name'), ''),
    'client', host(inet_client_addr())))::text);
END
$rowback$;

-- For what triggers, checks and generated columns name: the database's or the role's path.
DO $rowback$
BEGIN
  PERFORM set_config('search_path',
      CASE WHEN reset_val ~ 'pg_catalog' THEN 'pg_catalog, ' ELSE '' END || reset_val, true)
    FROM pg_settings WHERE name = 'search_path';
END
$rowback$;

-- Rows of users to be inserted: 1. Columns:
--   wanted1: id
--   wanted2: name
--   wanted3: price
CREATE TEMPORARY TABLE rowback_1 ON COMMIT DROP AS
  SELECT 0 AS n, t.id AS wanted1, t.name AS wanted2, t.price AS wanted3
  FROM public.users AS t WITH NO DATA;
INSERT INTO pg_temp.rowback_1 VALUES
  (1, '1', 'Ann''s', '1.50') -- users 1: deleted by transaction 701
;

-- Rows of users to be updated: 1. Columns:
--   wanted1: name
--   wanted2: price
--   expected1: name
--   expected2: price
--   key1: id
CREATE TEMPORARY TABLE rowback_2 ON COMMIT DROP AS
  SELECT 0 AS n, t.name AS wanted1, t.price AS wanted2, t.name AS expected1, t.price AS expected2, t.id AS key1
  FROM public.users AS t WITH NO DATA;
INSERT INTO pg_temp.rowback_2 VALUES
  (1, 'Bob', NULL, 'It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. It was a dark and stormy night. ', '0', '2') -- users 2: updated by transaction 701
;

-- Rows of shop.Tree\nhouse to be inserted: 2. Columns:
--   wanted1: id
--   wanted2: up
--   wanted3: user
--   wanted4: found
CREATE TEMPORARY TABLE rowback_3 ON COMMIT DROP AS
  SELECT 0 AS n, t.id AS wanted1, t.up AS wanted2, t."user" AS wanted3, t.found AS wanted4
  FROM shop.U&"Tree\000ahouse" AS t WITH NO DATA;
INSERT INTO pg_temp.rowback_3 VALUES
  (1, '1', '2', '1', '{"$rowback$": 1}'), -- shop.Tree\nhouse 1: deleted by transaction 701
  (2, '2', '1', '1', NULL) -- shop.Tree\nhouse 2: deleted by transaction 701
;

-- Rows of shop.Tree\nhouse to be updated: 1. Columns:
--   wanted1: user
--   wanted2: found
--   expected1: user
--   expected2: found
--   key1: id
CREATE TEMPORARY TABLE rowback_4 ON COMMIT DROP AS
  SELECT 0 AS n, t."user" AS wanted1, t.found AS wanted2, t."user" AS expected1, t.found AS expected2, t.id AS key1
  FROM shop.U&"Tree\000ahouse" AS t WITH NO DATA;
INSERT INTO pg_temp.rowback_4 VALUES
  (1, NULL, '[]', '2', NULL, '3') -- shop.Tree\nhouse 3: updated by transaction 701
;

-- Rows of shop.Tree\nhouse to be deleted: 1. Columns:
--   expected1: id
--   expected2: up
--   expected3: user
--   expected4: found
CREATE TEMPORARY TABLE rowback_5 ON COMMIT DROP AS
  SELECT 0 AS n, t.id AS expected1, t.up AS expected2, t."user" AS expected3, t.found AS expected4
  FROM shop.U&"Tree\000ahouse" AS t WITH NO DATA;
INSERT INTO pg_temp.rowback_5 VALUES
  (1, '4', NULL, NULL, E'x\r') -- shop.Tree\nhouse 4: inserted by transaction 701
;

-- Locks the rows of shop.Tree\nhouse that are changed.
DO $rowback$
BEGIN
  PERFORM FROM (SELECT key1 FROM pg_temp.rowback_4 UNION ALL SELECT expected1 FROM pg_temp.rowback_5 ORDER BY 1) AS v (k1),
    LATERAL (SELECT FROM ONLY shop.U&"Tree\000ahouse" AS t
      WHERE t.id = v.k1 FOR UPDATE) AS t;
END
$rowback$;

-- Locks the rows of users that are changed.
DO $rowback$
BEGIN
  PERFORM FROM (SELECT key1 FROM pg_temp.rowback_2 ORDER BY 1) AS v (k1),
    LATERAL (SELECT FROM ONLY public.users AS t
      WHERE t.id = v.k1 FOR UPDATE) AS t;
END
$rowback$;
SET LOCAL search_path = '';

-- Where the rows are that are updated or deleted, and the columns that are updated.
CREATE TEMPORARY TABLE rowback_changed (relation oid, place tid, columns text[]) ON COMMIT DROP;
INSERT INTO pg_temp.rowback_changed
  SELECT t.tableoid, t.ctid, ARRAY['name', 'price']::text[]
  FROM pg_temp.rowback_2 AS v JOIN ONLY public.users AS t
    ON t.id = v.key1
    AND t.name IS NOT DISTINCT FROM v.expected1 COLLATE "C"
    AND t.price::text IS NOT DISTINCT FROM v.expected2::text;
INSERT INTO pg_temp.rowback_changed
  SELECT t.tableoid, t.ctid, ARRAY['user', 'found']::text[]
  FROM pg_temp.rowback_4 AS v JOIN ONLY shop.U&"Tree\000ahouse" AS t
    ON t.id = v.key1
    AND t."user" IS NOT DISTINCT FROM v.expected1
    AND t.found::text IS NOT DISTINCT FROM v.expected2::text;
INSERT INTO pg_temp.rowback_changed
  SELECT t.tableoid, t.ctid, NULL::text[]
  FROM pg_temp.rowback_5 AS v JOIN ONLY shop.U&"Tree\000ahouse" AS t
    ON t.id = v.expected1
    AND t.id IS NOT DISTINCT FROM v.expected1
    AND t.up IS NOT DISTINCT FROM v.expected2
    AND t."user" IS NOT DISTINCT FROM v.expected3
    AND t.found::text IS NOT DISTINCT FROM v.expected4::text;
ANALYZE pg_temp.rowback_changed;

-- No row that this script leaves alone refers to one that goes: it would go too, or be changed.
DO $rowback$
DECLARE
  fk record;
  wrong text;
BEGIN
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
END
$rowback$;

-- For what triggers, checks and generated columns name: the database's or the role's path.
DO $rowback$
BEGIN
  PERFORM set_config('search_path',
      CASE WHEN reset_val ~ 'pg_catalog' THEN 'pg_catalog, ' ELSE '' END || reset_val, true)
    FROM pg_settings WHERE name = 'search_path';
END
$rowback$;

-- users: rows 1 to 1 of 1
INSERT INTO public.users (id, name, price) OVERRIDING SYSTEM VALUE
  SELECT v.wanted1, v.wanted2, v.wanted3
  FROM pg_temp.rowback_1 AS v
  WHERE NOT EXISTS (SELECT FROM ONLY public.users AS t WHERE t.id = v.wanted1);

-- users: rows 1 to 1 of 1
UPDATE ONLY public.users AS t
  SET name = v.wanted1, price = v.wanted2
  FROM pg_temp.rowback_2 AS v
  WHERE t.id = v.key1
    AND t.name IS NOT DISTINCT FROM v.expected1 COLLATE "C"
    AND t.price::text IS NOT DISTINCT FROM v.expected2::text;

-- shop.Tree\nhouse: rows 1 to 2 of 2
INSERT INTO shop.U&"Tree\000ahouse" (id, up, "user", found)
  SELECT v.wanted1, v.wanted2, v.wanted3, v.wanted4
  FROM pg_temp.rowback_3 AS v
  WHERE NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse" AS t WHERE t.id = v.wanted1);

-- shop.Tree\nhouse: rows 1 to 1 of 1
UPDATE ONLY shop.U&"Tree\000ahouse" AS t
  SET "user" = v.wanted1, found = v.wanted2
  FROM pg_temp.rowback_4 AS v
  WHERE t.id = v.key1
    AND t."user" IS NOT DISTINCT FROM v.expected1
    AND t.found::text IS NOT DISTINCT FROM v.expected2::text;

-- shop.Tree\nhouse: rows 1 to 1 of 1
DELETE FROM ONLY shop.U&"Tree\000ahouse" AS t
  USING pg_temp.rowback_5 AS v
  WHERE t.id = v.expected1
    AND t.id IS NOT DISTINCT FROM v.expected1
    AND t.up IS NOT DISTINCT FROM v.expected2
    AND t."user" IS NOT DISTINCT FROM v.expected3
    AND t.found::text IS NOT DISTINCT FROM v.expected4::text;

-- What is put off until COMMIT, checks and triggers, comes now: it may change rows.
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL search_path = '';

-- Every value that was to be put back is there, by our hand or already before.
DO $rowback$
DECLARE
  wrong text;
BEGIN
  SELECT regexp_replace(v.wanted1::text, '[[:cntrl:]]', '?', 'g') INTO wrong
    FROM pg_temp.rowback_1 AS v
    LEFT JOIN ONLY public.users AS t ON t.id = v.wanted1
    WHERE t.ctid IS NULL OR NOT (t.id IS NOT DISTINCT FROM v.wanted1
      AND t.name IS NOT DISTINCT FROM v.wanted2 COLLATE "C"
      AND t.price::text IS NOT DISTINCT FROM v.wanted3::text)
    ORDER BY v.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'users ' || wrong || ' is not there with the values that are to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback$;
DO $rowback$
DECLARE
  wrong text;
BEGIN
  SELECT regexp_replace(v.key1::text, '[[:cntrl:]]', '?', 'g') INTO wrong
    FROM pg_temp.rowback_2 AS v
    LEFT JOIN ONLY public.users AS t ON t.id = v.key1
    WHERE t.ctid IS NULL OR NOT (t.name IS NOT DISTINCT FROM v.wanted1 COLLATE "C"
      AND t.price::text IS NOT DISTINCT FROM v.wanted2::text)
    ORDER BY v.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'users ' || wrong || ' holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback$;
DO $rowback$
DECLARE
  wrong text;
BEGIN
  SELECT regexp_replace(v.wanted1::text, '[[:cntrl:]]', '?', 'g') INTO wrong
    FROM pg_temp.rowback_3 AS v
    LEFT JOIN ONLY shop.U&"Tree\000ahouse" AS t ON t.id = v.wanted1
    WHERE t.ctid IS NULL OR NOT (t.id IS NOT DISTINCT FROM v.wanted1
      AND t.up IS NOT DISTINCT FROM v.wanted2
      AND t."user" IS NOT DISTINCT FROM v.wanted3
      AND t.found::text IS NOT DISTINCT FROM v.wanted4::text)
    ORDER BY v.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse ' || wrong || ' is not there with the values that are to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback$;
DO $rowback$
DECLARE
  wrong text;
BEGIN
  SELECT regexp_replace(v.key1::text, '[[:cntrl:]]', '?', 'g') INTO wrong
    FROM pg_temp.rowback_4 AS v
    LEFT JOIN ONLY shop.U&"Tree\000ahouse" AS t ON t.id = v.key1
    WHERE t.ctid IS NULL OR NOT (t."user" IS NOT DISTINCT FROM v.wanted1
      AND t.found::text IS NOT DISTINCT FROM v.wanted2::text)
    ORDER BY v.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse ' || wrong || ' holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback$;
DO $rowback$
DECLARE
  wrong text;
BEGIN
  SELECT regexp_replace(v.expected1::text, '[[:cntrl:]]', '?', 'g') INTO wrong
    FROM pg_temp.rowback_5 AS v
    JOIN ONLY shop.U&"Tree\000ahouse" AS t ON t.id = v.expected1
    ORDER BY v.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse ' || wrong || ' does not hold what is to be deleted',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback$;

-- public.users_id_seq must not hand out 1 again; it is never moved backwards.
DO $rowback$
DECLARE
  behind numeric;
BEGIN
  SELECT ceil((1 - s.last_value::numeric) / q.seqincrement) INTO behind
    FROM public.users_id_seq s, pg_sequence q WHERE q.seqrelid = 'public.users_id_seq'::regclass AND q.seqincrement > 0
     AND (s.last_value < 1 OR (s.last_value = 1 AND NOT s.is_called));
  IF behind > 100000 THEN
    EXECUTE (SELECT 'ALTER SEQUENCE public.users_id_seq START WITH ' || q.seqstart FROM pg_sequence q WHERE q.seqrelid = 'public.users_id_seq'::regclass);
    IF (SELECT s.last_value < 1 FROM public.users_id_seq s) THEN
      PERFORM setval('public.users_id_seq'::regclass, 1);
    END IF;
  ELSIF behind >= 0 THEN
    FOR i IN 0..behind LOOP
      EXIT WHEN nextval('public.users_id_seq'::regclass) >= 1;
    END LOOP;
  END IF;
END
$rowback$;

-- All is as it was to be.
COMMIT;
