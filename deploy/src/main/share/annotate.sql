-- Tells Rowback's history who ran which statement, and what DDL was done. Optional: rowbackd needs none of it.
--
--     psql -X -v ON_ERROR_STOP=1 -f annotate.sql app
--
-- as superuser, or for the first part alone as owner of the tables; not within a transaction. Run it again when tables
-- were added to the publication. annotate-remove.sql takes everything away again.
--
-- What it installs writes a message into the server's log, at the end of each statement that wrote something, with the
-- transaction that it belongs to: session user, role, application_name, client address and the beginning of the
-- statement, literals included; each statement text once a transaction, about 40 of them at most. Nothing is stored in
-- the database, and without rowbackd nothing but the log grows, by some 200 bytes and the statement for a transaction.

SET search_path TO pg_catalog, pg_temp;
SET lock_timeout TO '5s';
-- The publication whose tables are annotated.
SET rowback.publication TO 'rowback';

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the encoding of this database is %, annotations need UTF8', current_setting('server_encoding');
    END IF;
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'rowback' AND pg_get_userbyid(nspowner) <> current_user) THEN
        RAISE EXCEPTION 'schema rowback belongs to somebody else, who could change what is run in your sessions';
    END IF;
    IF NOT (SELECT has_function_privilege('public', oid, 'EXECUTE')
              FROM pg_proc
             WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'pg_logical_emit_message'
               AND proargtypes[2] = 'text'::regtype)
    THEN
        RAISE EXCEPTION 'PUBLIC may not execute pg_logical_emit_message, so that writes of others would fail'
            USING HINT = 'Grant it, or do without annotations.';
    END IF;
END
$$;

-- Nobody else needs any privilege on it: triggers run their functions without.
CREATE SCHEMA IF NOT EXISTS rowback;

CREATE OR REPLACE FUNCTION rowback.annotate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    statement text;
    -- Marks of the statements told in this transaction; ends with it, and with a savepoint that is rolled back.
    told text;
    mark text;
BEGIN
    -- A statement that found no row shall not make its transaction one that writes.
    IF pg_current_xact_id_if_assigned() IS NULL THEN
        RETURN NULL;
    END IF;
    statement := left(current_query(), 2000);
    told := coalesce(current_setting('rowback.told', true), '');
    mark := ' ' || hashtext(statement) || '.';
    IF length(told) > 500 OR strpos(told, mark) > 0 THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('rowback.told', told || mark, true);
    PERFORM pg_logical_emit_message(
        true,
        'rowback',
        json_strip_nulls(json_build_object(
            'user', session_user,
            'role', nullif(current_setting('role'), 'none'),
            'application', nullif(current_setting('application_name'), ''),
            'client', host(inet_client_addr()),
            'sql', statement))::text);
    RETURN NULL;
END
$$;

DO $$
BEGIN
    -- CREATE OR REPLACE leaves a function to whom it belonged, who could change what is run in your sessions.
    IF EXISTS (
        SELECT FROM pg_proc
         WHERE pronamespace = 'rowback'::regnamespace AND pg_get_userbyid(proowner) <> current_user)
    THEN
        RAISE EXCEPTION 'a function in schema rowback belongs to somebody else: run annotate-remove.sql as superuser first';
    END IF;
END
$$;

DO $$
DECLARE
    captured record;
BEGIN
    FOR captured IN
        -- A statement fires the triggers of the table that it names, which may be one above the partition.
        SELECT DISTINCT line.oid::regclass::text AS name
          FROM pg_publication_tables p
          JOIN pg_namespace n ON n.nspname = p.schemaname
          JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
         CROSS JOIN LATERAL (SELECT c.oid UNION SELECT relid FROM pg_partition_ancestors(c.oid)) line (oid)
         WHERE p.pubname = current_setting('rowback.publication')
           AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = line.oid AND t.tgname = 'rowback_annotate')
    LOOP
        BEGIN
            EXECUTE format(
                'CREATE TRIGGER rowback_annotate AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s'
                ' FOR EACH STATEMENT EXECUTE FUNCTION rowback.annotate()',
                captured.name);
        EXCEPTION WHEN lock_not_available OR insufficient_privilege THEN
            RAISE WARNING 'statements on % are not annotated, run this again: %', captured.name, SQLERRM;
        END;
        -- One table is locked at a time.
        COMMIT;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION rowback.record_ddl() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    object record;
    statement text := left(current_query(), 10000);
BEGIN
    FOR object IN EXECUTE CASE TG_EVENT
        WHEN 'ddl_command_end' THEN $query$
            SELECT object_type AS type, object_identity AS identity, NULL AS rewrite,
                    CASE classid
                       WHEN 'pg_class'::regclass
                       THEN coalesce((SELECT indrelid FROM pg_index WHERE indexrelid = objid), objid)
                       WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = objid)
                       WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = objid)
                    END AS relation
               FROM pg_event_trigger_ddl_commands()
              WHERE NOT in_extension AND schema_name IS DISTINCT FROM 'pg_temp'
              LIMIT 300
            $query$
        WHEN 'sql_drop' THEN $query$
            SELECT object_type AS type, object_identity AS identity, NULL AS rewrite,
                    CASE WHEN object_type IN ('table', 'table column') THEN objid END AS relation
               FROM pg_event_trigger_dropped_objects()
              WHERE (original OR object_type = 'table') AND NOT is_temporary
              LIMIT 300
            $query$
        ELSE $query$
            SELECT 'table' AS type, oid::regclass::text AS identity, oid AS relation,
                    concat_ws(', ',
                        CASE WHEN reason & 1 > 0 THEN 'persistence' END,
                        CASE WHEN reason & 2 > 0 THEN 'default of a new column' END,
                        CASE WHEN reason & 4 > 0 THEN 'type of a column' END,
                        CASE WHEN reason & 8 > 0 THEN 'access method' END) AS rewrite
               FROM (SELECT pg_event_trigger_table_rewrite_oid() AS oid,
                            pg_event_trigger_table_rewrite_reason() AS reason) r
            $query$
        END
    LOOP
        PERFORM pg_logical_emit_message(
            true,
            'rowback',
            json_strip_nulls(json_build_object(
                'ddl', TG_TAG || CASE TG_EVENT WHEN 'sql_drop' THEN ' (dropped)' ELSE '' END,
                'object', object.type || coalesce(' ' || object.identity, ''),
                'table', object.relation,
                'rewrites', object.rewrite,
                'user', session_user,
                'role', nullif(current_setting('role'), 'none'),
                'application', nullif(current_setting('application_name'), ''),
                'client', host(inet_client_addr()),
                'sql', statement))::text);
        -- Once is enough.
        statement := NULL;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'this DDL is not told to Rowback: %', SQLERRM;
END
$$;

DROP EVENT TRIGGER IF EXISTS rowback_ddl;
DROP EVENT TRIGGER IF EXISTS rowback_drop;
DROP EVENT TRIGGER IF EXISTS rowback_rewrite;

DO $$
BEGIN
    CREATE EVENT TRIGGER rowback_ddl ON ddl_command_end EXECUTE FUNCTION rowback.record_ddl();
    CREATE EVENT TRIGGER rowback_drop ON sql_drop EXECUTE FUNCTION rowback.record_ddl();
    CREATE EVENT TRIGGER rowback_rewrite ON table_rewrite EXECUTE FUNCTION rowback.record_ddl();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'DDL is not told: %', SQLERRM;
END
$$;

RESET rowback.publication;
RESET lock_timeout;
RESET search_path;
