package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.ForeignKey;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable.Obstacle;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

class CatalogIT {
    /** As many as tables are read by. */
    private static final int QUERIES = 6;

    private static final String TABLES = """
            create schema "my app";
            create table parent (id bigint generated always as identity primary key, name text collate "C" unique);
            create table "my app"."Child" (
                a int, b uuid, t timestamp(3) not null, parent bigint references parent on delete cascade,
                double_b int generated always as (a * 2) stored, n serial, label varchar(10),
                primary key (b, a), foreign key (parent) references parent (id) on delete set null on update cascade
                deferrable);
            create function noop() returns trigger language plpgsql as 'begin return new; end';
            create trigger keep before update on "my app"."Child" for each row execute function noop();
            create table by_index (a int not null, b int, id int primary key);
            create unique index by_index_a on by_index (a) include (b);
            alter table by_index replica identity using index by_index_a;
            create unlogged table fast (id int primary key);
            create table keyless (a int);
            create table whole (a int); alter table whole replica identity full;
            create table hollow (); alter table hollow replica identity full;
            create table nothing (id int primary key);
            alter table nothing replica identity nothing;
            create table late (id int primary key deferrable);
            create view seen as select * from parent;
            create table root (id int primary key) partition by range (id);
            create table leaf partition of root for values from (0) to (9);
            """;

    @Test
    void aTableThatIsAlteredWhileItIsReadIsToldAsItWasAtOneMoment() throws SQLException {
        try (PostgresServer server = PostgresServer.start(18);
                Connection connection = server.database().connect()) {
            server.database().run("create table t (id int primary key)");
            for (int query = 1; query <= QUERIES; query++) {
                AtomicInteger countdown = new AtomicInteger(query);
                String name = "id" + query;
                Connection altering = asked(
                        connection,
                        countdown,
                        () -> server.database()
                                .run(
                                        "do $$ begin execute (select format('alter table t rename %I to " + name
                                                + "', attname) from pg_attribute where attrelid = 't'::regclass and attnum = 1); end $$"));
                TableSchema read = schema(
                        new Catalog(altering)
                                .tables().stream()
                                        .collect(Collectors.toMap(
                                                table -> table.name().toString(), Function.identity())),
                        "t");
                assertThat(countdown.get()).as("queries").isNotPositive();
                assertThat(read.columns()).extracting(Column::name).isEqualTo(read.key());
            }
        }
    }

    private interface Alteration {
        void run() throws SQLException;
    }

    /** The connection, but that something is altered before a statement is prepared. */
    private static Connection asked(Connection connection, AtomicInteger countdown, Alteration alteration) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement") && countdown.decrementAndGet() == 0) {
                        alteration.run();
                    }
                    return method.invoke(connection, arguments);
                });
    }

    @ParameterizedTest
    @OnServers
    void everyFactOfATableIsRead(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major);
                Connection connection = prepared(server)) {
            Map<String, CatalogTable> tables = tables(connection);

            TableSchema child = schema(tables, "my app.Child");
            assertThat(Objects.requireNonNull(tables.get("my app.Child")).sqlName())
                    .isEqualTo("\"my app\".\"Child\"");
            assertThat(child.key()).containsExactly("b", "a");
            assertThat(child.columns()).extracting(Column::attnum).containsExactly(1, 2, 3, 4, 5, 6, 7);
            assertThat(child.column("t").type()).isEqualTo("timestamp(3) without time zone");
            assertThat(child.column("t").notNull()).isTrue();
            assertThat(child.column("double_b").generated()).isTrue();
            assertThat(child.column("double_b").published()).isEqualTo(major >= 18);
            assertThat(child.column("n").sequence()).isEqualTo("\"my app\".\"Child_n_seq\"");
            assertThat(child.column("b").byteOrdered()).isTrue();
            assertThat(child.foreignKeys())
                    .contains(new ForeignKey(
                            "Child_parent_fkey1",
                            java.util.List.of("parent"),
                            schema(tables, "parent").id(),
                            java.util.List.of("id"),
                            ForeignKey.Action.SET_NULL,
                            ForeignKey.Action.CASCADE,
                            true));
            assertThat(child.triggers()).singleElement().satisfies(trigger -> {
                assertThat(trigger.name()).isEqualTo("keep");
                assertThat(trigger.definition()).contains("BEFORE UPDATE ON \"my app\".\"Child\"");
            });

            TableSchema parent = schema(tables, "parent");
            assertThat(parent.column("id").identity()).isEqualTo(Column.Identity.ALWAYS);
            assertThat(parent.column("name").byteOrdered()).isTrue();
            assertThat(parent.uniques())
                    .containsExactly(new TableSchema.Unique("parent_name_key", java.util.List.of("name")));
            assertThat(schema(tables, "by_index").key()).containsExactly("a");
            assertThat(schema(tables, "by_index").replicaIdentity()).isEqualTo(ReplicaIdentity.INDEX);
        }
    }

    @ParameterizedTest
    @OnServers
    void whatCannotBeCapturedIsNamedWithItsReason(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major);
                Connection connection = prepared(server)) {
            Map<String, CatalogTable> tables = tables(connection);

            assertThat(obstacle(tables, "fast")).isEqualTo(Obstacle.UNLOGGED);
            assertThat(obstacle(tables, "keyless")).isEqualTo(Obstacle.NO_KEY);
            assertThat(schema(tables, "whole").hasKey()).isFalse();
            assertThat(obstacle(tables, "hollow")).isEqualTo(Obstacle.NO_VALUES);
            assertThat(obstacle(tables, "nothing")).isEqualTo(Obstacle.NO_IDENTITY);
            assertThat(obstacle(tables, "late")).isEqualTo(Obstacle.NO_IDENTITY);
            assertThat(obstacle(tables, "seen")).isEqualTo(Obstacle.VIEW);
            assertThat(obstacle(tables, "root")).isEqualTo(Obstacle.PARTITIONED);
            assertThat(schema(tables, "leaf").key()).containsExactly("id");
            assertThat(Objects.requireNonNull(tables.get("keyless")).mend())
                    .isEqualTo("ALTER TABLE public.keyless REPLICA IDENTITY FULL;");
        }
    }

    @ParameterizedTest
    @OnServers
    void sessionSettingsOutrankThoseOfRoleAndDatabase(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major)) {
            server.database()
                    .run("create database app; create role odd login; alter role odd set bytea_output = 'escape';"
                            + "alter role odd set datestyle = 'German'; alter database app set intervalstyle = 'iso_8601';"
                            + "alter role odd set timezone = 'Asia/Tokyo'; alter role odd set search_path = 'x';"
                            + "alter database app set extra_float_digits = -5");
            Connections connections = connections(new Database(server.port(), "odd", "app"));

            try (Connection connection = connections.open();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select '\\xff'::bytea::text, "
                            + "'2026-05-01 10:00+00'::timestamptz::text, '1 day'::interval::text, "
                            + "current_setting('search_path'), 0.1::float8::text")) {
                row.next();
                assertThat(row.getString(1)).isEqualTo("\\xff");
                assertThat(row.getString(2)).isEqualTo("2026-05-01 10:00:00+00");
                assertThat(row.getString(3)).isEqualTo("1 day");
                assertThat(row.getString(4)).isEmpty();
                assertThat(row.getString(5)).isEqualTo("0.1");
            }
        }
    }

    private static Connection prepared(PostgresServer server) throws SQLException {
        server.database().run(TABLES);
        return connections(server.database()).open();
    }

    private static Connections connections(Database database) {
        return new Connections(ConnectionSettings.parse(database.url()), "rowback");
    }

    private static Map<String, CatalogTable> tables(Connection connection) throws SQLException {
        return new Catalog(connection)
                .tables().stream()
                        .collect(Collectors.toMap(table -> table.name().toString(), Function.identity()));
    }

    private static TableSchema schema(Map<String, CatalogTable> tables, String name) {
        return Objects.requireNonNull(Objects.requireNonNull(tables.get(name)).schema());
    }

    private static Obstacle obstacle(Map<String, CatalogTable> tables, String name) {
        return Objects.requireNonNull(Objects.requireNonNull(tables.get(name)).obstacle());
    }
}
