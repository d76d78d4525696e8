package io.rowback.demo;

import io.rowback.history.HistoryReader;
import io.rowback.history.TableInfo;
import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A schema in which random things happen: tables with keys of every kind, foreign keys with every action, unique and
 * generated columns, partitions, a trigger, values of many types. Two sessions write, their transactions overlapping; what
 * would have to wait for the other, or violates a constraint, is taken back. After each commit the life knows what every
 * table held.
 */
final class RandomLife implements AutoCloseable {
    /** Where the trigger writes; whatever restores rows fires it again. */
    static final String AUDIT = "audit";

    private static final int SESSIONS = 2;
    private static final List<String> EXPECTED_FAILURES = List.of("23", "40", "55");

    private final Random random;
    private final String schema;
    private final List<RandomTable> tables = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();
    private final Session witness;
    private final List<Moment> moments = new ArrayList<>();
    private int sinceAltered;

    /**
     * What the tables held after a commit.
     *
     * @param at the end of the log then: all commits up to that one are below
     * @param xid the transaction that had just committed; null if the moment is not right behind one
     * @param plain whether that transaction changed no key
     * @param updated whether it updated a row: if it deleted that one as well, nobody saw what it was when it went
     * @param tables for each table its rows by their keys
     */
    record Moment(
            String at,
            @Nullable String xid,
            boolean plain,
            boolean updated,
            Map<String, Map<List<String>, Map<String, String>>> tables) {
        Map<List<String>, Map<String, String>> rows(String table) {
            return Objects.requireNonNull(tables.get(table), table);
        }
    }

    /** A connection, and what its open transaction did that matters. */
    private final class Session {
        private static final String UPDATES =
                "select coalesce(sum(n_tup_upd), 0) from pg_stat_xact_user_tables where schemaname = '%s'";

        private final Connection connection;
        private final Statement statement;
        private boolean open;
        private boolean plain = true;
        private boolean updated;
        private long updatesBefore;

        Session(Database database) throws SQLException {
            connection = database.connect();
            connection.setAutoCommit(false);
            statement = connection.createStatement();
            statement.setEscapeProcessing(false);
            statement.execute("set lock_timeout = '1ms'");
            connection.commit();
        }

        /** One statement, or the end of the transaction. */
        void step() throws SQLException {
            if (open && random.nextInt(4) == 0) {
                end();
                return;
            }
            if (!open) {
                open = true;
                // The server may still count with it what earlier transactions of this connection did.
                updatesBefore = updates();
            }
            RandomTable table = tables.get(random.nextInt(tables.size()));
            int choice = random.nextInt(40);
            boolean keys = choice == 0 || choice == 1;
            String sql = choice == 2
                    ? table.truncate()
                    : keys
                            ? table.updateKey()
                            : choice < 20 ? table.insert() : choice < 32 ? table.update() : table.delete();
            if (choice == 2) {
                // The server counts no more what was done to a table before its TRUNCATE.
                updated |= updates() > updatesBefore;
            }
            if (attempt(sql)) {
                plain &= !keys;
                if (choice == 2) {
                    // Nobody can read what it holds locked.
                    end();
                }
            }
        }

        void end() throws SQLException {
            open = false;
            if (random.nextInt(8) == 0) {
                connection.rollback();
            } else {
                String xid = value("select pg_current_xact_id_if_assigned()");
                updated |= updates() > updatesBefore;
                connection.commit();
                moments.add(look(xid, plain, updated));
            }
            plain = true;
            updated = false;
        }

        boolean attempt(String sql) throws SQLException {
            Savepoint before = connection.setSavepoint();
            try {
                statement.execute(sql);
                return true;
            } catch (SQLException e) {
                if (!EXPECTED_FAILURES.contains(String.valueOf(e.getSQLState()).substring(0, 2))) {
                    throw new SQLException(sql, e);
                }
                connection.rollback(before);
                return false;
            }
        }

        private long updates() throws SQLException {
            return Long.parseLong(Objects.requireNonNull(value(UPDATES.formatted(schema))));
        }

        @Nullable
        String value(String sql) throws SQLException {
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getString(1);
            }
        }
    }

    RandomLife(long seed, Database database, String schema) throws SQLException {
        this.random = new Random(seed);
        this.schema = schema;
        StringBuilder script = new StringBuilder("create schema " + schema + ";\n");
        int count = 2 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            String name = List.of("user", "line item", "t", "Größe").get(i);
            RandomTable table = new RandomTable(random, schema, name, List.copyOf(tables));
            tables.add(table);
            script.append(table.definition());
        }
        script.append(audit(tables.get(0)));
        for (RandomTable table : tables) {
            for (String name : table.names()) {
                String identity = random.nextBoolean() ? "full" : "default";
                script.append("alter table %s replica identity %s;\n".formatted(table.sql(name), identity));
            }
        }
        database.run(script.toString());
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(new Session(database));
        }
        witness = new Session(database);
        for (Map.Entry<String, String> setting : Map.of(
                        "datestyle", "ISO", "timezone", "UTC", "bytea_output", "hex", "search_path", "")
                .entrySet()) {
            witness.statement.execute("set " + setting.getKey() + " = '" + setting.getValue() + "'");
        }
        witness.connection.commit();
    }

    private String audit(RandomTable table) {
        return """
                create table %1$s.audit (id bigint generated always as identity primary key, what text);
                create function %1$s.audit() returns trigger language plpgsql as
                  'begin insert into %1$s.audit (what) values (tg_op); return null; end';
                create trigger audit after insert or update or delete on %2$s for each row execute function %1$s.audit();
                """.formatted(schema, table.sql());
    }

    /** So many transactions, each followed by a look at the tables; none is open afterwards. */
    void live(int transactions) throws SQLException {
        int end = moments.size() + transactions;
        while (moments.size() < end) {
            sessions.get(random.nextInt(SESSIONS)).step();
        }
        for (Session session : sessions) {
            session.end();
        }
    }

    /** One of the tables is altered, and then its rows are written anew. */
    void alter() throws SQLException {
        RandomTable table = tables.get(random.nextInt(tables.size()));
        RandomTable.Alteration alteration = table.alter();
        Session session = sessions.get(0);
        if (session.attempt(alteration.sql())) {
            alteration.then().run();
            session.connection.commit();
            note();
            // The log tells of an alteration with the next row that is written.
            session.attempt(table.touch());
            sinceAltered = moments.size();
        }
        session.connection.commit();
        note();
    }

    /** The tables as the history knows them. */
    List<TableInfo> tables(HistoryReader reader) {
        return reader.tables().stream()
                .filter(table -> table.schema().name().schema().equals(schema))
                .toList();
    }

    /** The moments from this one on know the same columns as the tables have now. */
    int sinceAltered() {
        return sinceAltered;
    }

    /** Remembers what the tables hold, since somebody else has changed them. */
    Moment note() throws SQLException {
        moments.add(look(null, false, false));
        return moments.get(moments.size() - 1);
    }

    /** What is known of every commit, in commit order. */
    List<Moment> moments() {
        return moments;
    }

    /** The names of all tables that hold rows. */
    List<String> tables() {
        List<String> names = new ArrayList<>();
        tables.forEach(table -> names.addAll(table.names()));
        names.add(AUDIT);
        return names;
    }

    private Moment look(@Nullable String xid, boolean plain, boolean updated) throws SQLException {
        Map<String, Map<List<String>, Map<String, String>>> rows = new TreeMap<>();
        for (RandomTable table : tables) {
            for (String name : table.names()) {
                rows.put(name, rows(table.sql(name), table.keyColumns()));
            }
        }
        rows.put(AUDIT, rows(schema + "." + AUDIT, List.of("id")));
        String at = String.valueOf(witness.value("select pg_current_wal_insert_lsn()"));
        witness.connection.commit();
        return new Moment(at, xid, plain, updated, rows);
    }

    private Map<List<String>, Map<String, String>> rows(String table, List<String> key) throws SQLException {
        Map<List<String>, Map<String, String>> rows = new HashMap<>();
        try (ResultSet row = witness.statement.executeQuery("select * from " + table)) {
            while (row.next()) {
                Map<String, String> values = new TreeMap<>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    String value = row.getString(i);
                    values.put(row.getMetaData().getColumnName(i), value == null ? "null" : "=" + value);
                }
                rows.put(key.stream().map(values::get).toList(), values);
            }
        }
        return rows;
    }

    @Override
    public void close() throws SQLException {
        for (Session session : sessions) {
            session.connection.close();
        }
        witness.connection.close();
    }
}
