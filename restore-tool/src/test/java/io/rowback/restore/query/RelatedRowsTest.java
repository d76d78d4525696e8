package io.rowback.restore.query;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class RelatedRowsTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private static final TableSchema ORDERS = TableFixture.table("orders")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .column("before", "bigint")
            .key("id")
            .foreignKey("user_id", USERS, Action.CASCADE)
            .build();
    private static final TableSchema LINES = TableFixture.table("lines")
            .column("order_id", "bigint")
            .column("n", "integer")
            .key("order_id", "n")
            .foreignKey("order_id", ORDERS, Action.CASCADE)
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    private Set<String> related(TableSchema table, String key, int limit) {
        Tables tables = new Tables(history.tables());
        RelatedRows rows = new RelatedRows(history, tables, new Row(table.id(), RowKey.of(key)), limit);
        return rows.rows().stream()
                .map(row -> tables.name(row.table()) + " " + row.key())
                .collect(Collectors.toSet());
    }

    @Test
    void whateverReferredAtSomeTimeIsFoundAtAnyDepth() {
        life.baseline(USERS, row(USERS, "1"), row(USERS, "2"));
        life.baseline(ORDERS, row(ORDERS, "10", "1", null), row(ORDERS, "11", "2", null));
        life.baseline(LINES, row(LINES, "10", "1"));
        life.commit(insert(row(LINES, "10", "2")), insert(row(ORDERS, "12", "2", null)));
        life.commit(update(row(ORDERS, "12", "2", null), row(ORDERS, "12", "1", null)));
        life.commit(update(row(ORDERS, "12", "1", null), row(ORDERS, "12", "2", null)));
        life.commit(delete(row(LINES, "10", "1")), delete(row(ORDERS, "10", "1", null)), delete(row(USERS, "1")));
        assertThat(related(USERS, "1", 100))
                .containsExactlyInAnyOrder("users 1", "orders 10", "orders 12", "lines 10,1", "lines 10,2");
    }

    @Test
    void rowIsFollowedUnderEachOfItsKeys() {
        life.baseline(USERS, row(USERS, "1"));
        life.baseline(ORDERS, row(ORDERS, "10", "1", null));
        life.commit(update(row(USERS, "1"), row(USERS, "5")));
        life.commit(insert(row(ORDERS, "11", "5", null)));
        assertThat(related(USERS, "1", 100)).containsExactlyInAnyOrder("users 1", "users 5", "orders 10", "orders 11");
    }

    @Test
    void cyclesEndAndTheLimitHolds() {
        var self = TableFixture.table("tree")
                .column("id", "bigint")
                .column("up", "bigint")
                .key("id");
        TableSchema bare = self.build();
        TableSchema tree = self.foreignKey("up", bare, Action.NO_ACTION).build();
        life.baseline(tree, row(tree, "1", "3"), row(tree, "2", "1"), row(tree, "3", "2"));
        life.commit();
        assertThat(related(tree, "1", 100)).hasSize(3);
        assertThat(related(tree, "1", 2)).hasSize(2);
    }
}
