package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.postgres.Literals;
import io.rowback.restore.live.Preview.Item;
import io.rowback.restore.live.Preview.Kind;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestoreRequest.TriggerMode;
import io.rowback.restore.sql.RestoreScript;
import io.rowback.restore.sql.SequenceAdvance;
import io.rowback.restore.sql.TriggerSwitch;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Asks the live database what writing a plan would do and meet there. */
final class PreviewItems {
    private static final String TABLE = """
            SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, pg_catalog.quote_ident(current_user) AS role,
                   ARRAY(SELECT p FROM pg_catalog.unnest(ARRAY['INSERT', 'UPDATE']) p,
                         LATERAL (SELECT CASE p WHEN 'INSERT' THEN %2$s ELSE %3$s END AS columns) w
                          WHERE EXISTS (SELECT FROM pg_catalog.unnest(w.columns) u
                                         WHERE NOT pg_catalog.has_column_privilege(c.oid, u, p))
                          UNION SELECT 'UPDATE' WHERE %5$s AND NOT pg_catalog.has_any_column_privilege(c.oid, 'UPDATE')
                          UNION SELECT 'DELETE' WHERE %4$s AND NOT pg_catalog.has_table_privilege(c.oid, 'DELETE')) AS lacking,
                   pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owner,
                   ARRAY(SELECT r.rulename::text FROM pg_catalog.pg_rewrite r
                          WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'D') AS rules
              FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid = %1$s
            """;

    /** Bit 0 of a trigger's type is FOR EACH ROW, 1 BEFORE, 2 INSERT, 3 DELETE, 4 UPDATE. */
    private static final String TRIGGERS = """
            SELECT pg_catalog.pg_get_triggerdef(t.oid) AS definition
              FROM pg_catalog.pg_trigger t
             WHERE t.tgrelid = %1$s AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
               AND ((t.tgtype & 4 <> 0 AND %2$s) OR (t.tgtype & 8 <> 0 AND %4$s)
                    OR (t.tgtype & 16 <> 0 AND %3$s AND (cardinality(t.tgattr::int2[]) = 0 OR EXISTS (
                      SELECT FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[]) AND a.attname = ANY (%5$s)))))
             ORDER BY t.tgtype & 2 = 0, t.tgname
            """;

    private static final String DEFINED = """
            SELECT COALESCE(c.oid, 0) AS oid, pg_catalog.quote_ident(current_user) AS role,
                   EXISTS (SELECT FROM pg_catalog.pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attname = ANY (%3$s) AND NOT a.attisdropped) AS has,
                   COALESCE(pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'CREATE')) AS may
              FROM (VALUES (1)) AS one
              LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = %1$s
              LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = %2$s
            """;

    private static final String SEQUENCE = """
            SELECT s.last_value, s.is_called, pg_catalog.has_sequence_privilege(%2$s, 'USAGE, UPDATE') AS movable,
                   (SELECT pg_catalog.pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c WHERE c.oid = %2$s) AS owner,
                   (SELECT q.seqincrement FROM pg_catalog.pg_sequence q WHERE q.seqrelid = %2$s) AS increment,
                   (SELECT q.seqincrement > 0 FROM pg_catalog.pg_sequence q WHERE q.seqrelid = %2$s) AS rising
              FROM %1$s s
            """;

    private static final String SESSION = """
            SELECT current_setting('session_replication_role') = 'replica' AS replica,
                   pg_catalog.has_database_privilege(current_database(), 'TEMP') AS temporary,
                   pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user) AS grant
            """;

    /**
     * From table to table, as a deletion goes on by foreign keys. Ordinary tables alone: a partitioned one has no rows, and
     * each of its partitions has the foreign key too.
     */
    private static final String FOLLOWERS = """
            WITH RECURSIVE uncaptured AS (
              SELECT k.conrelid, k.confrelid, k.confdeltype, k.conname
                FROM pg_catalog.pg_constraint k
                JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
               WHERE k.contype = 'f' AND c.relkind = 'r' AND k.conrelid::text <> ALL (%2$s)),
            lost (oid) AS (
              SELECT pg_catalog.unnest(%1$s)::oid
               UNION
              SELECT u.conrelid FROM lost JOIN uncaptured u ON u.confrelid = lost.oid AND u.confdeltype = 'c')
            SELECT u.conrelid::regclass::text AS name, u.conname, u.confrelid::regclass::text AS parent,
                   CASE u.confdeltype WHEN 'c' THEN 'deleted' ELSE 'changed' END AS done
              FROM lost
              JOIN uncaptured u ON u.confrelid = lost.oid
             WHERE u.confdeltype IN ('c', 'n', 'd')
             ORDER BY 1, 2
            """;

    private static final String SUBSCRIBERS = """
            SELECT slot_name FROM pg_catalog.pg_replication_slots
             WHERE slot_type = 'logical' AND database = current_database() AND NOT temporary ORDER BY slot_name
            """;

    private final Session session;
    private final Map<TableId, LiveTable> tables;
    private final List<Item> items = new ArrayList<>();
    private boolean disabled;

    PreviewItems(Session session, Map<TableId, LiveTable> tables) {
        this.session = session;
        this.tables = tables;
    }

    /** Everything there is to know, in the order of the plan's tables. */
    List<Item> of(RestorePlan plan) {
        disabled = plan.request().triggers() == TriggerMode.DISABLE;
        Map<TableId, TableWrites> all = TableWrites.of(plan);
        if (plan.definitions().isEmpty()) {
            all.forEach((id, writes) -> table(Objects.requireNonNull(tables.get(id)), writes));
            uncaptured(all);
        }
        plan.definitions()
                .forEach(definition ->
                        definition(definition, all.get(definition.table().id())));
        session.row(SESSION, row -> session(plan, row));
        List<String> slots = session.rows(SUBSCRIBERS, row -> row.getString(1));
        if (plan.rows() > 0) {
            add(Kind.ESTIMATE, Estimate.of(plan).toString());
        }
        if (!items.isEmpty() && !slots.isEmpty()) {
            add(
                    Kind.SUBSCRIBER,
                    "logical replication slots whose readers see the restore: " + String.join(", ", slots));
        }
        return items;
    }

    private boolean session(RestorePlan plan, ResultSet row) throws SQLException {
        if (row.getBoolean("replica")) {
            items.add(new Item(
                    Kind.SETTING, "foreign keys are not checked under session_replication_role = replica", true));
        }
        boolean lacksTemporary = !row.getBoolean("temporary") && new RestoreScript(plan).needsTemporaryTables();
        if (lacksTemporary) {
            items.add(new Item(Kind.PRIVILEGE, "many rows need temporary tables: " + row.getString("grant"), true));
        }
        return lacksTemporary;
    }

    private void table(LiveTable table, TableWrites writes) {
        session.row(tableQuery(table, writes), row -> {
            String name = row.getString("name");
            boolean switched = disabled && table.schema().triggers().stream().anyMatch(TriggerSwitch::fires);
            triggers(table.oid(), writes);
            if (switched && !row.getBoolean("owner")) {
                items.add(new Item(
                        Kind.PRIVILEGE,
                        row.getString("role") + " does not own " + name + " and may not disable its triggers",
                        true));
            }
            for (String privilege : Session.texts(row.getArray("lacking"))) {
                items.add(new Item(
                        Kind.PRIVILEGE,
                        row.getString("role") + " lacks a privilege: GRANT " + privilege + " ON " + name + " TO "
                                + row.getString("role"),
                        true));
            }
            for (String rule : Session.texts(row.getArray("rules"))) {
                add(Kind.RULE, "rule " + rule + " of " + name + " rewrites statements on it");
            }
            locks(name, writes, switched || !table.schema().hasKey());
            return name;
        });
        partition(table);
        writes.sequences().forEach(this::sequence);
    }

    /** What keeps a table or columns from being made anew; of what is made with them no more is asked. */
    private void definition(Definition definition, @Nullable TableWrites writes) {
        TableName name = definition.table().name();
        boolean table = definition.isOfTable();
        String query = DEFINED.formatted(
                Literals.quote(name.schema()),
                Literals.quote(name.name()),
                Literals.texts(definition.columns().stream().map(Column::name)));
        session.row(query, row -> {
            long oid = row.getLong("oid");
            if (table ? oid != 0 : row.getBoolean("has")) {
                items.add(new Item(Kind.DEFINITION, definition + " is there already", true));
            } else if (!table && oid == 0) {
                items.add(new Item(Kind.DEFINITION, definition + ": there is no such table", true));
            } else if (!row.getBoolean("may")) {
                String lacks = table ? " may not create tables in schema " + name.schema() : " does not own " + name;
                items.add(new Item(Kind.PRIVILEGE, row.getString("role") + lacks, true));
            } else if (!table) {
                add(Kind.LOCK, name + ": ACCESS EXCLUSIVE, which keeps others from reading and writing until COMMIT");
            }
            if (writes != null && !table) {
                triggers(oid, writes);
            }
            return oid;
        });
    }

    private static String tableQuery(LiveTable table, TableWrites writes) {
        return TABLE.formatted(
                Long.toString(table.oid()),
                Literals.texts(writes.inserted().stream()),
                Literals.texts(writes.updated().stream()),
                writes.deletes() > 0,
                writes.updates() + writes.deletes() > 0 || !table.schema().hasKey());
    }

    /** Lists the triggers that would fire, those before the write first. */
    private void triggers(long oid, TableWrites writes) {
        String query = TRIGGERS.formatted(
                Long.toString(oid),
                writes.inserts() > 0,
                writes.updates() > 0,
                writes.deletes() > 0,
                Literals.texts(writes.updated().stream()));
        session.rows(
                query,
                row -> items.add(new Item(
                        Kind.TRIGGER, (disabled ? "disabled meanwhile: " : "fires: ") + row.getString(1), false)));
    }

    private void locks(String name, TableWrites writes, boolean whole) {
        long rows = writes.inserts() + writes.updates() + writes.deletes();
        add(
                Kind.LOCK,
                name
                        + (whole
                                ? ": SHARE ROW EXCLUSIVE, which keeps others from writing to it until COMMIT; and "
                                : ": ROW EXCLUSIVE, which lets others read and write; and ")
                        + rows
                        + (rows == 1 ? " row" : " rows"));
    }

    /** Names the tables in which a deletion of what comes back went on without anybody having captured it. */
    private void uncaptured(Map<TableId, TableWrites> all) {
        Stream<LiveTable> comesBack = all.entrySet().stream()
                .filter(writes -> writes.getValue().inserts() > 0)
                .map(writes -> Objects.requireNonNull(tables.get(writes.getKey())));
        Stream<LiveTable> captured =
                tables.values().stream().filter(table -> table.info().isCovered());
        session.rows(
                FOLLOWERS.formatted(oids(comesBack), oids(captured)),
                row -> items.add(new Item(
                        Kind.UNCAPTURED,
                        row.getString("name") + " is not captured: rows of it that " + row.getString("conname") + " "
                                + row.getString("done") + " with rows of " + row.getString("parent")
                                + " do not come back with them",
                        false)));
    }

    private static String oids(Stream<LiveTable> tables) {
        return Literals.texts(tables.map(table -> Long.toString(table.oid())));
    }

    private void partition(LiveTable table) {
        List<TableName> then = table.known().partitionOf();
        List<TableName> now = table.schema().partitionOf();
        if (!then.equals(now)) {
            String is = now.isEmpty() ? "none now" : "one of " + now + " now";
            add(Kind.PARTITION, table.schema().name() + " was a partition of " + then + " and is " + is);
        }
    }

    private void sequence(String sequence, BigInteger highest) {
        String oid = Literals.typed(sequence, "regclass");
        boolean readable = session.row(
                "SELECT pg_catalog.has_sequence_privilege(" + oid + ", 'SELECT')", row -> row.getBoolean(1));
        if (!readable) {
            items.add(new Item(Kind.PRIVILEGE, "no SELECT privilege on sequence " + sequence, true));
            return;
        }
        session.row(SEQUENCE.formatted(sequence, oid), row -> sequence(sequence, highest, row));
    }

    private boolean sequence(String sequence, BigInteger highest, ResultSet row) throws SQLException {
        BigInteger last = new BigInteger(row.getString("last_value"));
        int order = last.compareTo(highest);
        boolean moves = row.getBoolean("rising") && (order < 0 || (order == 0 && !row.getBoolean("is_called")));
        if (moves) {
            add(Kind.SEQUENCE, "sequence " + sequence + " moves from " + last + " to " + highest);
            if (!row.getBoolean("movable")) {
                items.add(new Item(Kind.PRIVILEGE, "no USAGE privilege on sequence " + sequence, true));
            }
            if (SequenceAdvance.isSet(last, highest, row.getLong("increment")) && !row.getBoolean("owner")) {
                items.add(new Item(
                        Kind.PRIVILEGE,
                        "only the owner of sequence " + sequence + " can move it so far while others draw from it",
                        true));
            }
        }
        return moves;
    }

    private void add(Kind kind, String text) {
        items.add(new Item(kind, text, false));
    }
}
