-- Takes away what annotate.sql installed. Run it as the same role, not within a transaction, and again if it says that
-- a table was in use.

SET search_path TO pg_catalog, pg_temp;
SET lock_timeout TO '5s';

DROP EVENT TRIGGER IF EXISTS rowback_ddl;
DROP EVENT TRIGGER IF EXISTS rowback_drop;
DROP EVENT TRIGGER IF EXISTS rowback_rewrite;

DO $$
DECLARE
    annotated record;
BEGIN
    FOR annotated IN
        SELECT tgrelid::regclass::text AS name
          FROM pg_trigger
         WHERE tgname = 'rowback_annotate' AND tgparentid = 0
    LOOP
        BEGIN
            EXECUTE format('DROP TRIGGER IF EXISTS rowback_annotate ON %s', annotated.name);
        EXCEPTION WHEN lock_not_available THEN
            RAISE WARNING 'table % is in use, run this again', annotated.name;
        END;
        COMMIT;
    END LOOP;
END
$$;

DROP FUNCTION IF EXISTS rowback.annotate();
DROP FUNCTION IF EXISTS rowback.record_ddl();
DROP SCHEMA IF EXISTS rowback;

RESET lock_timeout;
RESET search_path;
