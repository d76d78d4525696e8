-- Written by Rowback. Puts back what this did:
--   transaction 701, committed 2026-01-01T00:00:01Z
-- Writes:
--   users: 1 to insert, 1 to update
--   shop.Tree\nhouse: 2 to insert, 1 to update, 1 to delete
-- Read it, then run it:
--   psql -X -v ON_ERROR_STOP=1 -f THIS_FILE -d DATABASE
-- It is one transaction and made from the rows as they were at LSN 0/1180. A row is written only
-- while it holds what the incident left. If it holds what is wanted already, nothing is done; if anything
-- else, all fails and names the row. So running it twice does no harm.

BEGIN;
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
-- Marks this transaction in the history as a restore.
DO $rowback$
BEGIN
  PERFORM pg_logical_emit_message(true, 'rowback', 'restore of what transaction 701 did');
END
$rowback$;

-- users 1: deleted by transaction 701; comes back whole
DO $rowback$
BEGIN
  IF NOT EXISTS (SELECT FROM public.users WHERE id = '1') THEN
    INSERT INTO public.users (id, name, price) OVERRIDING SYSTEM VALUE
    VALUES ('1', 'Ann''s', '1.50');
  END IF;
  IF NOT EXISTS (SELECT FROM public.users
      WHERE id = '1'
        AND name = 'Ann''s' COLLATE "C"
        AND price::text = '1.50') THEN
    RAISE EXCEPTION USING MESSAGE = 'users 1 is there with other values than are to be put back',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
END
$rowback$;

-- users 2: updated by transaction 701
--   name: 'It was a dark and stormy night. It was a...' (320 characters) -> 'Bob'
--   price: '0' -> NULL
DO $rowback$
BEGIN
  UPDATE public.users
  SET name = 'Bob',
      price = NULL
  WHERE id = '2'
    AND sha256(convert_to(name, 'UTF8')) = '\x5752d8ef22180989abc74ea026fad067cb4d645fd6df86f16e1699696ddb8829'
    AND price::text = '0';
  IF NOT EXISTS (SELECT FROM public.users
      WHERE id = '2'
        AND name = 'Bob' COLLATE "C"
        AND price IS NULL) THEN
    RAISE EXCEPTION USING MESSAGE = 'users 2 holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
END
$rowback$;

-- shop.Tree\nhouse 1: deleted by transaction 701; comes back whole
-- shop.Tree\nhouse 2: deleted by transaction 701; comes back whole
-- These rows refer to each other: written by one statement, at whose end foreign keys are checked.
DO $rowback2$
#variable_conflict use_column
BEGIN
  WITH row1 AS (
    INSERT INTO shop.U&"Tree\000ahouse" (id, up, "user", found)
    SELECT '1', '2', '1', '{"$rowback$": 1}'
    WHERE NOT EXISTS (SELECT FROM shop.U&"Tree\000ahouse" WHERE id = '1')
  )
  INSERT INTO shop.U&"Tree\000ahouse" (id, up, "user", found)
    SELECT '2', '1', '1', NULL
    WHERE NOT EXISTS (SELECT FROM shop.U&"Tree\000ahouse" WHERE id = '2');
  IF NOT EXISTS (SELECT FROM shop.U&"Tree\000ahouse"
      WHERE id = '1'
        AND up = '2'
        AND "user" = '1'
        AND found::text = '{"$rowback$": 1}') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 1 is there with other values than are to be put back',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
  IF NOT EXISTS (SELECT FROM shop.U&"Tree\000ahouse"
      WHERE id = '2'
        AND up = '1'
        AND "user" = '1'
        AND found IS NULL) THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 2 is there with other values than are to be put back',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
END
$rowback2$;

-- shop.Tree\nhouse 3: updated by transaction 701
--   user: '2' -> NULL
--   found: NULL -> '[]'
DO $rowback$
#variable_conflict use_column
BEGIN
  UPDATE shop.U&"Tree\000ahouse"
  SET "user" = NULL,
      found = '[]'
  WHERE id = '3'
    AND "user" = '2'
    AND found IS NULL;
  IF NOT EXISTS (SELECT FROM shop.U&"Tree\000ahouse"
      WHERE id = '3'
        AND "user" IS NULL
        AND found::text = '[]') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 3 holds neither what is to be replaced nor what is to be put back',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
END
$rowback$;

-- shop.Tree\nhouse 4: inserted by transaction 701; goes
DO $rowback$
#variable_conflict use_column
BEGIN
  DELETE FROM shop.U&"Tree\000ahouse"
  WHERE id = '4'
    AND up IS NULL
    AND "user" IS NULL
    AND found::text = E'x\r';
  IF EXISTS (SELECT FROM shop.U&"Tree\000ahouse" WHERE id = '4') THEN
    RAISE EXCEPTION USING MESSAGE = 'shop.Tree\nhouse 4 does not hold what the incident left',
      HINT = 'Somebody changed it after this script was made. Nothing was written; make it anew.';
  END IF;
END
$rowback$;

-- public.users_id_seq must not hand out 1 again; it is never moved backwards.
DO $rowback$
BEGIN
  IF (SELECT last_value < 1 OR (last_value = 1 AND NOT is_called) FROM public.users_id_seq)
      AND (SELECT seqincrement > 0 FROM pg_sequence WHERE seqrelid = 'public.users_id_seq'::regclass) THEN
    PERFORM setval('public.users_id_seq'::regclass, 1);
  END IF;
END
$rowback$;

COMMIT;
