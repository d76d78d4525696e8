package io.rowback.restore.drill;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Connections;
import io.rowback.postgres.CopyText;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.Definition;
import io.rowback.restore.sql.TableDefinition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/**
 * A database for drills alone. What a drill makes there carries a comment that says so, in the same transaction, and nothing
 * else is ever dropped; where anything else holds rows the database is refused. Confined to one thread.
 */
public final class ScratchDatabase implements AutoCloseable {
    private static final String MADE = "made by rowback drill, which drops it again";

    /** An arbitrary number by which one drill knows another. */
    private static final long LOCK = 0x726f776261636bL;

    private static final String IDENTITY =
            "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text, pg_catalog.current_database(),"
                    + " pg_catalog.current_setting('server_version'), pg_catalog.pg_try_advisory_lock(" + LOCK + ")";

    /** What holds rows or shows them, but for parts of extensions and what goes with its table. */
    private static final String RELATIONS = "SELECT c.oid::pg_catalog.regclass::text,"
            + " pg_catalog.obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM " + Literals.quote(MADE)
            + " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
            + " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
            + " AND d.objid = c.oid AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i'))) ORDER BY 1";

    private static final String SCHEMAS = "SELECT n.oid::pg_catalog.regnamespace::text FROM pg_catalog.pg_namespace n"
            + " WHERE pg_catalog.obj_description(n.oid, 'pg_namespace') = " + Literals.quote(MADE) + " ORDER BY 1";

    private final Connections connections;
    private final Connection connection;
    private final String version;

    private ScratchDatabase(Connections connections, Connection connection, String version) {
        this.connections = connections;
        this.connection = connection;
        this.version = version;
    }

    /**
     * Connects; drops what a drill that did not come to its end has left.
     *
     * @param history whose rows will be copied there
     * @throws RowbackException of code REFUSED if it is the captured database, holds anything that no drill has made, or is in
     *     use by another drill; NO_POSTGRES if it cannot be reached
     */
    public static ScratchDatabase open(Connections connections, StoreInfo history) {
        try {
            Connection connection = connections.open();
            try {
                return checked(connections, connection, history);
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw connections.explain("using", e);
        }
    }

    private static ScratchDatabase checked(Connections connections, Connection connection, StoreInfo history)
            throws SQLException {
        List<String> identity;
        boolean alone;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(IDENTITY)) {
            row.next();
            identity = List.of(row.getString(1), row.getString(2), row.getString(3));
            alone = row.getBoolean(4);
        }
        if (identity.get(0).equals(history.systemIdentifier())
                && identity.get(1).equals(history.database())) {
            throw refused(connections, "is the captured database itself", "Name an empty one.");
        }
        if (!alone) {
            throw refused(connections, "is in use by another drill", "Wait until that one is over.");
        }
        ScratchDatabase scratch = new ScratchDatabase(connections, connection, identity.get(2));
        scratch.refuseWhatIsNotOurs();
        connection.setAutoCommit(false);
        scratch.clear();
        return scratch;
    }

    private void refuseWhatIsNotOurs() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(RELATIONS)) {
            while (row.next()) {
                if (!row.getBoolean(2)) {
                    throw refused(
                            connections,
                            "is no scratch database: it holds " + row.getString(1) + ", which no drill has made",
                            "Name an empty database, which may hold types and extensions. Nothing was touched.");
                }
            }
        }
    }

    private static RowbackException refused(Connections connections, String why, String hint) {
        return new RowbackException(ErrorCode.REFUSED, connections.settings() + " " + why, hint);
    }

    /** How it is reached. */
    Connections connections() {
        return connections;
    }

    /** Where it is and which version its server has, for people. */
    String description() {
        return connections.settings() + ", PostgreSQL " + version;
    }

    /**
     * Makes the tables of a stage with their damaged rows and their foreign keys, all or nothing.
     *
     * @throws UntriedException if the server does not take them
     */
    void build(Stage stage) throws UntriedException {
        try {
            List<Definition> definitions = stage.definitions();
            for (Definition definition : definitions) {
                make(definition);
                load(definition.table(), stage.damaged(definition.table()));
            }
            for (Definition definition : definitions) {
                execute(new TableDefinition(definition).foreignKeys());
            }
            connection.commit();
        } catch (SQLException e) {
            rollback();
            if (isLost()) {
                throw connections.explain("building tables in", e);
            }
            throw new UntriedException(UntriedException.reason(e));
        }
    }

    private void make(Definition definition) throws SQLException {
        TableSchema table = definition.table();
        String schema = Identifiers.quote(table.name().schema());
        if (texts("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = "
                        + Literals.quote(table.name().schema()))
                .isEmpty()) {
            execute("CREATE SCHEMA " + schema);
            execute("COMMENT ON SCHEMA " + schema + " IS " + Literals.quote(MADE));
        }
        execute(new TableDefinition(definition).make());
        execute("COMMENT ON TABLE " + Identifiers.qualified(table.name()) + " IS " + Literals.quote(MADE));
    }

    private void load(TableSchema table, Collection<RowImage> rows) throws SQLException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (RowImage row : rows) {
            List<ColumnValue> values = new ArrayList<>();
            for (Column column : stored(table)) {
                values.add(row.value(column.name()));
            }
            lines.writeBytes(CopyText.line(values));
        }
        try {
            copy().copyIn(
                            "COPY " + Identifiers.qualified(table.name()) + " (" + names(table) + ") FROM STDIN",
                            new ByteArrayInputStream(lines.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All rows that a table holds, each value as the server prints it. */
    Map<RowKey, RowImage> rows(TableSchema table) {
        Map<RowKey, RowImage> rows = new TreeMap<>();
        CopyText text = new CopyText(stored(table).size());
        try {
            CopyOut out =
                    copy().copyOut("COPY " + Identifiers.qualified(table.name()) + " (" + names(table) + ") TO STDOUT");
            for (byte[] line = out.readFromCopy(); line != null; line = out.readFromCopy()) {
                RowImage row = image(table, text.row(line));
                rows.put(Objects.requireNonNull(row.key(), "a key is known and not null"), row);
            }
            connection.commit();
            return rows;
        } catch (SQLException e) {
            throw connections.explain("reading", e);
        }
    }

    private static RowImage image(TableSchema table, List<ColumnValue> stored) {
        List<ColumnValue> values = new ArrayList<>();
        int next = 0;
        for (Column column : table.columns()) {
            values.add(column.generated() ? ColumnValue.Special.UNKNOWN : stored.get(next++));
        }
        return new RowImage(table, values);
    }

    /** Generated columns are not made: the history does not know their expressions. */
    private static List<Column> stored(TableSchema table) {
        return table.columns().stream().filter(column -> !column.generated()).toList();
    }

    private static String names(TableSchema table) {
        return Identifiers.list(stored(table).stream().map(Column::name).toList());
    }

    private CopyManager copy() throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }

    /** Drops all that drills have made. */
    void clear() {
        try {
            List<String> tables = new ArrayList<>();
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(RELATIONS)) {
                while (row.next()) {
                    if (row.getBoolean(2)) {
                        tables.add(row.getString(1));
                    }
                }
            }
            if (!tables.isEmpty()) {
                execute("DROP TABLE " + String.join(", ", tables));
            }
            List<String> schemas = texts(SCHEMAS);
            if (!schemas.isEmpty()) {
                execute("DROP SCHEMA " + String.join(", ", schemas));
            }
            connection.commit();
        } catch (SQLException e) {
            throw connections.explain("dropping a drill's tables in", e);
        }
    }

    private List<String> texts(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (row.next()) {
                texts.add(row.getString(1));
            }
            return texts;
        }
    }

    private void execute(String sql) throws SQLException {
        execute(List.of(sql));
    }

    private void execute(List<String> statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The connection is gone, which isLost tells.
            return;
        }
    }

    private boolean isLost() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // All is dropped by now, and the server ends the session by itself.
            return;
        }
    }
}
