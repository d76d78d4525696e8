package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.undoing;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a TRUNCATE took comes back, with all that its CASCADE took. */
final class TruncateTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .identity(ReplicaIdentity.DEFAULT)
            .build();
    private static final TableSchema ORDERS = TableFixture.table("a_orders")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .key("id")
            .foreignKey("user_id", USERS, Action.CASCADE)
            .build();
    private static final TableSchema LINES = TableFixture.table("a_lines")
            .column("order_id", "bigint")
            .column("n", "bigint")
            .key("order_id", "n")
            .foreignKey("order_id", ORDERS, Action.CASCADE)
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @BeforeEach
    void begin() {
        life.baseline(USERS, row(USERS, "1", "ann"), row(USERS, "2", "bob"));
        life.baseline(ORDERS, row(ORDERS, "10", "1"));
        life.baseline(LINES, row(LINES, "10", "1"));
        life.commit(insert(row(LINES, "10", "2")), update(row(USERS, "2", "bob"), row(USERS, "2", "Bob")));
    }

    @Test
    void everyRowComesBackParentsFirst() {
        Transaction bad = life.commit(truncate(USERS), truncate(ORDERS), truncate(LINES));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan))
                .containsExactly(
                        "insert users 1: 1,ann",
                        "insert users 2: 2,Bob",
                        "insert a_orders 10: 10,1",
                        "insert a_lines 10,1: 10,1",
                        "insert a_lines 10,2: 10,2");
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.WHOLE);
    }

    @Test
    void whatTheTransactionItselfInsertedBeforeIsNotWantedAndWhatCameAfterStays() {
        Transaction bad = life.commit(
                insert(row(USERS, "3", "cid")),
                delete(row(USERS, "1", "ann")),
                truncate(ORDERS),
                truncate(LINES),
                truncate(USERS),
                insert(row(USERS, "4", "dan")));
        life.commit(insert(row(USERS, "1", "ann")), insert(row(USERS, "5", "eve")));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan))
                .containsExactly(
                        "insert users 2: 2,Bob",
                        "insert a_orders 10: 10,1",
                        "insert a_lines 10,1: 10,1",
                        "insert a_lines 10,2: 10,2");
        assertThat(plan.outcome()).isEqualTo(RestorePlan.Outcome.WHOLE);
    }
}
