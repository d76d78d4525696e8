package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;

class ConnectionsIT {
    private static final Map<String, String> LIMITS = Map.of(
            "statement_timeout", "5s",
            "lock_timeout", "5s",
            "idle_in_transaction_session_timeout", "5s",
            "idle_session_timeout", "5s",
            "transaction_timeout", "5s");

    @ParameterizedTest
    @OnServers
    void aRolesTimeoutsDoNotCutOurSessionsShort(int major) throws SQLException {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database database = server.createDatabase("app");
            List<String> names = database.query("select name from pg_settings where name in ("
                    + LIMITS.keySet().stream().map(Literals::quote).collect(Collectors.joining(", ")) + ")");
            database.run("create role limited superuser login");
            for (String name : names) {
                database.run("alter role limited set " + name + " = '" + LIMITS.get(name) + "'");
            }
            ConnectionSettings settings =
                    ConnectionSettings.parse(database.as("limited").url());
            Connections connections = new Connections(settings, "test");
            assertThat(names).hasSize(major < 17 ? 4 : 5);
            try (Connection ordinary = connections.open();
                    Connection walsender = connections.openReplication()) {
                for (Connection connection : List.of(ordinary, walsender)) {
                    assertThat(shown(connection, names)).containsOnly("0");
                }
            }
            if (major >= 17) {
                refusesSettingsOfOthers(database, connections);
            }
        }
    }

    /** A trigger stands for the pooler that drops what we ask for. */
    private static void refusesSettingsOfOthers(Database database, Connections connections) throws SQLException {
        database.run("create function other() returns event_trigger language plpgsql as"
                + " $$begin perform set_config('bytea_output', 'escape', false),"
                + " set_config('intervalstyle', 'iso_8601', false); end$$;"
                + " create event trigger t on login execute function other()");
        assertThatThrownBy(connections::open).isInstanceOfSatisfying(RowbackException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(e).hasMessageEndingWith(" has settings of others: bytea_output, IntervalStyle");
            assertThat(e.hint()).contains("a pooler, PgBouncer say");
        });
    }

    private static List<String> shown(Connection connection, List<String> names) throws SQLException {
        List<String> shown = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            for (String name : names) {
                try (ResultSet row = statement.executeQuery("SHOW " + name)) {
                    row.next();
                    shown.add(row.getString(1));
                }
            }
        }
        return shown;
    }
}
