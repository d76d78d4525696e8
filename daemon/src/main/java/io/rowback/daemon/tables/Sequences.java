package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.postgres.Config;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sequences of the tables that are to be captured, and those of no table that the configuration's patterns name, as
 * they were at one moment.
 *
 * @param at where the log ended just before
 * @param time the server's clock
 * @param samples those that our role may read
 * @param unreadable those that it may not
 */
public record Sequences(Lsn at, Instant time, List<SequenceSample> samples, List<Unreadable> unreadable) {
    /** Somebody's ALTER SEQUENCE or TRUNCATE ... RESTART IDENTITY may be open for hours; we come again. */
    private static final String WAIT = "SET LOCAL lock_timeout = '1s'";

    private static final String READ = """
            SELECT c.oid, n.nspname, c.relname, s.seqstart, s.seqincrement, s.seqcache,
                   t.oid AS owner_table, tn.nspname AS owner_schema, t.relname AS owner_name, a.attname AS owner_column,
                   pg_catalog.format('%I.%I', n.nspname, c.relname) AS sql_name,
                   pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') AS readable,
                   CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
                        THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last
              FROM pg_catalog.pg_sequence s
              JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_depend d
                     ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
              LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
              LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
              LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE c.relpersistence = 'p'
             ORDER BY n.nspname, c.relname
            """;

    /**
     * A sequence that our role may not read.
     *
     * @param mend the SQL that mends it
     */
    public record Unreadable(TableId sequence, TableName name, String mend) {}

    boolean isUnreadable(TableId sequence) {
        return unreadable.stream().anyMatch(one -> one.sequence().equals(sequence));
    }

    /** Reads them. */
    public static Sequences read(Connection connection, Config.Database database) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(WAIT);
            LogEnd end = LogEnd.read(connection);
            Instant now;
            try (ResultSet row = statement.executeQuery("SELECT pg_catalog.statement_timestamp()")) {
                row.next();
                now = row.getObject(1, OffsetDateTime.class).toInstant();
            }
            try (ResultSet row = statement.executeQuery(READ)) {
                Sequences sequences = new Sequences(end.lsn(), now, new ArrayList<>(), new ArrayList<>());
                while (row.next()) {
                    sequences.add(row, database);
                }
                return sequences;
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private void add(ResultSet row, Config.Database database) throws SQLException {
        TableName name = new TableName(row.getString("nspname"), row.getString("relname"));
        String ownerName = row.getString("owner_name");
        TableName chosenBy = ownerName == null ? name : new TableName(row.getString("owner_schema"), ownerName);
        if (!database.wants(chosenBy)) {
            return;
        }
        TableId id = new TableId((int) row.getLong("oid"));
        if (!row.getBoolean("readable")) {
            String grant = "GRANT SELECT ON SEQUENCE " + row.getString("sql_name") + " TO "
                    + Identifiers.quote(database.connection().user()) + ";";
            unreadable.add(new Unreadable(id, name, grant));
            return;
        }
        samples.add(new SequenceSample(
                id,
                name,
                ownerName == null ? null : owner(row),
                at,
                time,
                row.getLong("seqstart"),
                row.getLong("seqincrement"),
                row.getLong("seqcache"),
                last(row),
                false));
    }

    private static SequenceSample.Owner owner(ResultSet row) throws SQLException {
        return new SequenceSample.Owner(new TableId((int) row.getLong("owner_table")), row.getString("owner_column"));
    }

    private static @Nullable Long last(ResultSet row) throws SQLException {
        long last = row.getLong("last");
        return row.wasNull() ? null : last;
    }
}
