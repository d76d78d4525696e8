package io.rowback.demo;

import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A database in which random things happen: four tables with foreign keys of every action, composite and text keys, an
 * identity, a generated column, values of many types, long values that Postgres keeps out of line. After each transaction it
 * knows what every table held.
 */
final class RandomLife implements AutoCloseable {
    static final List<String> TABLES = List.of("owner", "item", "note", "tree");
    private static final int KEYS = 12;
    private static final String SCHEMA = """
            create table owner (id int primary key, name text unique, score numeric, at timestamptz, data jsonb,
              doubled int generated always as (id * 2) stored);
            create table item (owner_id int references owner on update cascade on delete cascade, no text, price float8, tags text[], body text,
              primary key (owner_id, no));
            create table note (id bigint generated always as identity primary key, owner_id int references owner on update set null on delete set null,
              item_owner int, item_no text, body text, raw bytea,
              foreign key (item_owner, item_no) references item on update cascade on delete set null);
            create table tree (id int primary key, parent int references tree on delete cascade, "t" text);
            """;

    private final Random random;
    private final Connection connection;
    private final Statement statement;
    private final List<Moment> moments = new ArrayList<>();

    /**
     * What the tables held after a commit.
     *
     * @param at the end of the log then: all commits up to that one are below
     * @param tables for each table its rows, each value as Postgres prints it, null for NULL
     */
    record Moment(String at, Map<String, List<List<String>>> tables) {}

    RandomLife(long seed, Database database) throws SQLException {
        random = new Random(seed);
        database.run(SCHEMA);
        for (String table : TABLES) {
            database.run("alter table " + table + " replica identity " + (random.nextBoolean() ? "full" : "default"));
        }
        connection = database.connect();
        statement = connection.createStatement();
        statement.execute(
                "set datestyle = 'ISO'; set timezone = 'UTC'; set extra_float_digits = 1; set bytea_output = 'hex'");
    }

    /** Some transactions, each followed by a look at the tables. */
    void live(int transactions) throws SQLException {
        for (int i = 0; i < transactions; i++) {
            connection.setAutoCommit(false);
            int statements = 1 + random.nextInt(5);
            for (int j = 0; j < statements; j++) {
                attempt(random.nextInt(60) == 0 ? "truncate note, item" : sql());
            }
            connection.commit();
            connection.setAutoCommit(true);
            moments.add(look());
        }
    }

    List<Moment> moments() {
        return moments;
    }

    /** The tables now. */
    Moment look() throws SQLException {
        Map<String, List<List<String>>> tables = new TreeMap<>();
        for (String table : TABLES) {
            tables.put(table, rows(table));
        }
        try (ResultSet row = statement.executeQuery("select pg_current_wal_insert_lsn()")) {
            row.next();
            return new Moment(row.getString(1), tables);
        }
    }

    private List<List<String>> rows(String table) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (ResultSet row = statement.executeQuery("select * from " + table)) {
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    boolean generated = row.getMetaData().getColumnName(i).equals("doubled");
                    values.add(generated ? "(generated)" : String.valueOf(row.getString(i)));
                }
                rows.add(values);
            }
        }
        rows.sort(Comparator.comparing(List::toString));
        return rows;
    }

    /** What violates a constraint is taken back, as an application would. */
    private void attempt(String sql) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            if (!String.valueOf(e.getSQLState()).startsWith("23")) {
                throw e;
            }
            connection.rollback(before);
        }
    }

    private String sql() {
        return switch (random.nextInt(14)) {
            case 0, 1, 2 ->
                "insert into owner (id, name, score, at, data) values (%d, %s, %s, %s, %s) on conflict (id) do update set name = excluded.name"
                        .formatted(key(), text(), number(), time(), json());
            case 3 ->
                "update owner set score = %s, at = %s where id between %d and %d"
                        .formatted(number(), time(), key(), key());
            // Rarely, since rows that take over each other's keys cannot be told apart and are refused.
            case 4 ->
                "update owner set id = %d where id = %d and %d = 0".formatted(key() + KEYS, key(), random.nextInt(4));
            case 5 -> "delete from owner where id = %d".formatted(key());
            case 6, 7 ->
                "insert into item values (%d, %s, %s, %s, %s) on conflict do nothing"
                        .formatted(key(), no(), number(), tags(), body());
            case 8 -> "update item set price = %s where no = %s".formatted(number(), no());
            case 9 -> "delete from item where no = %s and owner_id > %d".formatted(no(), key());
            case 10, 11 ->
                "insert into note (owner_id, item_owner, item_no, body, raw) select o.id, i.owner_id, i.no, %s, %s from owner o left join item i on i.owner_id = o.id where o.id = %d"
                        .formatted(
                                body(),
                                "decode('00ff27" + "%04x".formatted(random.nextInt(0xFFFF)) + "', 'hex')",
                                key());
            case 12 -> "update note set raw = null, body = body || 'x' where owner_id = %d".formatted(key());
            default ->
                random.nextInt(4) == 0
                        ? "delete from tree where id = %d".formatted(key())
                        : "insert into tree values (%d, nullif(%d, 0), %s) on conflict (id) do update set t = excluded.t"
                                .formatted(key(), random.nextInt(KEYS), text());
        };
    }

    private int key() {
        return 1 + random.nextInt(KEYS);
    }

    private String no() {
        return List.of("'a'", "'B,=''q'", "'\u00e9\u4e2d'", "'10'").get(random.nextInt(4));
    }

    private String text() {
        return List.of(
                        "null",
                        "''",
                        "'O''Hara " + random.nextInt(99) + "'",
                        "E'two\\nlines\\t" + random.nextInt(9) + "'",
                        "'\\back$$slash'")
                .get(random.nextInt(5));
    }

    private String number() {
        return List.of("null", "1.50", "'NaN'", "-0.0", "1e300", Integer.toString(random.nextInt(1000)))
                .get(random.nextInt(6));
    }

    private String time() {
        return List.of("null", "'infinity'", "'0044-03-15 12:00:00+00 BC'", "now()")
                .get(random.nextInt(4));
    }

    private String json() {
        return List.of("null", "'null'", "'{\"a\": [1, \"x''y\"]}'").get(random.nextInt(3));
    }

    private String tags() {
        return List.of("null", "'{}'", "array['a,b', null, '\"q\"']").get(random.nextInt(3));
    }

    /** Long random text does not compress below Postgres' threshold, so it is stored out of line. */
    private String body() {
        return random.nextInt(3) == 0
                ? "(select string_agg(md5((random() + i)::text), '') from generate_series(1, 200) i)"
                : text();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
