package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;

class TableFormsIT {
    @ParameterizedTest
    @OnServers
    void typesAreFoundThroughDomainsArraysCompositeTypesAndRanges(int major) throws Exception {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            app.run("create type mood as enum ('sad', 'fine');"
                    + " create type span as range (subtype = mood, multirange_type_name = spans);"
                    + " create type pair as (a int, s spans); create domain pairs as pair[];"
                    + " create table t (id int primary key, v pairs, plain text);"
                    + " insert into t values (1, array[(1, '{[sad,fine]}')::pair], 'x')");
            TableForm first = form(app);
            assertThat(first.types()).hasSize(2);

            app.run("alter type mood add value 'well'; alter table t add other mood; vacuum full t");
            TableForm more = form(app);
            assertThat(more.tellsOtherwiseThan(first)).isFalse();

            app.run("alter type mood rename value 'sad' to 'blue'");
            TableForm renamed = form(app);
            assertThat(renamed.tellsOtherwiseThan(more)).isTrue();

            app.run("alter type pair drop attribute a");
            assertThat(form(app).tellsOtherwiseThan(renamed)).isTrue();
            assertThat(form(app).tellsOtherwiseThan(form(app))).isFalse();
        }
    }

    private static TableForm form(Database app) throws SQLException {
        TableId table = new TableId(
                Integer.parseInt(app.query("select 't'::regclass::oid").get(0)));
        try (Connection connection = app.connect()) {
            return Objects.requireNonNull(
                    TableForms.read(connection, List.of(table)).get(table));
        }
    }
}
