package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that an UPDATE moved to another partition are moved back as any UPDATE is undone. */
class PartitionMovesIT {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"full", "default"})
    void rowsThatAnUpdateMovedMoveBackWithAllThatFollowedThem(String identity) throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("""
                    create table orders (id int, state text, note text, at date, primary key (id, state)) partition by list (state);
                    create table orders_open partition of orders for values in ('open');
                    create table orders_done (at date, note text, state text not null, id int not null);
                    alter table orders attach partition orders_done for values in ('done');
                    create table lines (id int primary key, order_id int, state text,
                      foreign key (order_id, state) references orders on update cascade on delete cascade);
                    insert into orders select g, 'open', 'note ' || g, '2026-01-01' from generate_series(1, 9) g;
                    insert into lines select g, 1 + g %% 3, 'open' from generate_series(1, 9) g;
                    alter table orders_open replica identity %1$s;
                    alter table orders_done replica identity %1$s;
                    alter table lines replica identity %1$s
                    """.formatted(identity));
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(3)) {
                List<String> before = rows(app, "id < 100");
                String bad = RunningDaemon.commit(app, "update orders set state = 'done', note = 'x' where id <= 5");
                app.run("insert into orders values (100, 'done', 'newer', null)");
                daemon.catchUp();
                assertThat(rows(app, "id < 100")).isNotEqualTo(before);

                Output restored = daemon.rowback("restore", "--tx", bad);
                assertThat(restored.exitCode()).as(restored.err()).isZero();
                for (int run = 1; run <= 2; run++) {
                    app.run(restored.out());
                    assertThat(rows(app, "id < 100")).as("run %s", run).isEqualTo(before);
                    assertThat(rows(app, "id = 100")).hasSize(1);
                }

                daemon.catchUp();
                List<JsonNode> history = daemon.documents("history", "orders", "5,open");
                assertThat(history)
                        .extracting(change -> change.get("operation").asText())
                        .containsExactly("delete", "insert");
                assertThat(history.get(0).get("notes")).isEmpty();
                assertThat(history.get(1).get("notes").get(0).get("restore").asText())
                        .isEqualTo("what transaction " + bad + " did");

                bad = RunningDaemon.commit(app, "update orders set state = 'done' where id > 7 and id < 100");
                daemon.catchUp();
                Output half = daemon.rowback("restore", "--tx", bad, "--table", "orders_done");
                assertThat(half.exitCode()).as(half.err()).isEqualTo(4);
                assertThat(half.err())
                        .contains(
                                "orders_done id=8,state=done: it seems to have been moved from partition orders_open");
                restored = daemon.rowback("restore", "--tx", bad, "--table", "orders");
                assertThat(restored.exitCode()).as(restored.err()).isZero();
                app.run(restored.out());
                assertThat(rows(app, "id < 100")).isEqualTo(before);
            }
        }
    }

    private static List<String> rows(Database app, String which) throws SQLException {
        return app.query("select tableoid::regclass, o.* from orders o where " + which + " union all"
                + " select 'lines', order_id, state, id::text, null from lines where " + which + " order by 1, 2, 4");
    }
}
