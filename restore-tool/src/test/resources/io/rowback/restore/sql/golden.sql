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

-- Locks the rows of shop.Tree\nhouse that are changed.
DO $rowback$
#variable_conflict use_column
BEGIN
  PERFORM FROM ONLY shop.U&"Tree\000ahouse"
    WHERE (id = '3')
      OR (id = '4')
    ORDER BY id FOR UPDATE;
END
$rowback$;

-- Locks the rows of users that are changed.
DO $rowback$
BEGIN
  PERFORM FROM ONLY public.users
    WHERE (id = '2')
    ORDER BY id FOR UPDATE;
END
$rowback$;
SET LOCAL search_path = '';

-- Where the rows are that are updated or deleted, and the columns that are updated.
CREATE TEMPORARY TABLE rowback_changed (relation oid, place tid, columns text[]) ON COMMIT DROP;
INSERT INTO pg_temp.rowback_changed
  SELECT tableoid, ctid, ARRAY['name', 'price']::text[] FROM ONLY public.users
    WHERE id = '2'
      AND pg_catalog.sha256(pg_catalog.convert_to(name, 'UTF8')) = '\x5752d8ef22180989abc74ea026fad067cb4d645fd6df86f16e1699696ddb8829'
      AND price::text = '0'
  UNION ALL SELECT tableoid, ctid, ARRAY['user', 'found']::text[] FROM ONLY shop.U&"Tree\000ahouse"
    WHERE id = '3'
      AND "user" = '2'
      AND found IS NULL
  UNION ALL SELECT tableoid, ctid, NULL::text[] FROM ONLY shop.U&"Tree\000ahouse"
    WHERE id = '4'
      AND up IS NULL
      AND "user" IS NULL
      AND found::text = E'x\r';
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

-- users 1: deleted by transaction 701 at 2026-01-01T00:00:01Z; comes back whole
INSERT INTO public.users (id, name, price) OVERRIDING SYSTEM VALUE
  SELECT '1', 'Ann''s', '1.50'
  WHERE NOT EXISTS (SELECT FROM ONLY public.users WHERE id = '1');

-- users 2: updated by transaction 701 at 2026-01-01T00:00:01Z
--   name: 'It was a dark and stormy night. It was a...' (320 characters) -> 'Bob'
--   price: '0' -> NULL
UPDATE ONLY public.users
  SET name = 'Bob',
      price = NULL
  WHERE id = '2'
    AND pg_catalog.sha256(pg_catalog.convert_to(name, 'UTF8')) = '\x5752d8ef22180989abc74ea026fad067cb4d645fd6df86f16e1699696ddb8829'
    AND price::text = '0';

-- shop.Tree\nhouse 1: deleted by transaction 701 at 2026-01-01T00:00:01Z; comes back whole
-- shop.Tree\nhouse 2: deleted by transaction 701 at 2026-01-01T00:00:01Z; comes back whole
-- These rows refer to each other: written by one statement, at whose end foreign keys are checked.
WITH part1 AS (
INSERT INTO shop.U&"Tree\000ahouse" (id, up, "user", found)
  SELECT '1', '2', '1', '{"$rowback$": 1}'
  WHERE NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse" WHERE id = '1')
)
INSERT INTO shop.U&"Tree\000ahouse" (id, up, "user", found)
  SELECT '2', '1', '1', NULL
  WHERE NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse" WHERE id = '2');

-- shop.Tree\nhouse 3: updated by transaction 701 at 2026-01-01T00:00:01Z
--   user: '2' -> NULL
--   found: NULL -> '[]'
UPDATE ONLY shop.U&"Tree\000ahouse"
  SET "user" = NULL,
      found = '[]'
  WHERE id = '3'
    AND "user" = '2'
    AND found IS NULL;

-- shop.Tree\nhouse 4: inserted by transaction 701 at 2026-01-01T00:00:01Z; goes
DELETE FROM ONLY shop.U&"Tree\000ahouse"
  WHERE id = '4'
    AND up IS NULL
    AND "user" IS NULL
    AND found::text = E'x\r';

-- What is put off until COMMIT, checks and triggers, comes now: it may change rows.
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL search_path = '';

-- Every value that was to be put back is there, by our hand or already before.
DO $rowback2$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM ONLY public.users
      WHERE id = '1'
        AND name = 'Ann''s' COLLATE "C"
        AND price::text = '1.50') THEN
    RAISE EXCEPTION USING MESSAGE = 'users 1 is not there with the values that are to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
  IF NOT EXISTS (SELECT FROM ONLY public.users
      WHERE id = '2'
        AND name = 'Bob' COLLATE "C"
        AND price IS NULL) THEN
    RAISE EXCEPTION USING MESSAGE = 'users 2 holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
  IF NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse"
      WHERE id = '1'
        AND up = '2'
        AND "user" = '1'
        AND found::text = '{"$rowback$": 1}') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 1 is not there with the values that are to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
  IF NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse"
      WHERE id = '2'
        AND up = '1'
        AND "user" = '1'
        AND found IS NULL) THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 2 is not there with the values that are to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
  IF NOT EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse"
      WHERE id = '3'
        AND "user" IS NULL
        AND found::text = '[]') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 3 holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
  IF EXISTS (SELECT FROM ONLY shop.U&"Tree\000ahouse" WHERE id = '4') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 4 does not hold what is to be deleted',
      HINT = 'Somebody changed it after this script was made: make it anew. Or a rule of the table, or a trigger that is new, keeps it from being written. Nothing was written.';
  END IF;
END
$rowback2$;

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
