package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static io.rowback.restore.plan.Planning.findings;
import static io.rowback.restore.plan.Planning.undoing;
import static io.rowback.restore.plan.Planning.writes;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Gap;
import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import org.junit.jupiter.api.Test;

/** Changes that hold all that they found and left do not tell of what is no change of their row, or was never stored. */
final class PlainLivesTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    @Test
    void rowThatALaterTruncateTookIsGone() {
        life.baseline(USERS, row(USERS, "1", "ann"));
        Transaction bad = life.commit(update(row(USERS, "1", "ann"), row(USERS, "1", "x")));
        life.commit(truncate(USERS));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(findings(plan)).containsExactly("users 1: somebody deleted it since");
    }

    @Test
    void rowThatMayHaveChangedInAGapIsRefusedAlthoughItsTableIsCoveredAgain() {
        life.baseline(USERS, row(USERS, "1", "ann"));
        Transaction bad = life.commit(update(row(USERS, "1", "ann"), row(USERS, "1", "x")));
        life.commit();
        history.gap(new Gap(bad.end(), life.here(), life.now(), life.now(), "the slot was lost"));
        life.baseline(USERS, row(USERS, "1", "y"));
        RestorePlan plan = undoing(bad).plan(history);
        assertThat(writes(plan)).isEmpty();
        assertThat(plan.refusals()).hasSize(1);
    }
}
