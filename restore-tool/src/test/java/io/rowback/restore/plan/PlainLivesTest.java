package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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
    void whoWatchesIsToldHowManyArePlannedAndOfHowManyOnceAllAreFound() {
        life.baseline(USERS, row(USERS, "0", "ann"));
        Transaction bad = life.commit(IntStream.range(0, 2_500)
                .mapToObj(id -> delete(row(USERS, Integer.toString(id), "x")))
                .toArray(HistoryFixture.Draft[]::new));
        List<String> told = new ArrayList<>();
        RestorePlan plan = RestorePlanner.plan(
                history,
                undoing(bad).maxRows(2_500).request(),
                (planned, touched) -> told.add(planned + " of " + touched));
        assertThat(plan.rows()).isEqualTo(2_500);
        assertThat(told).startsWith("0 of 1000", "250 of 0", "500 of 0").endsWith("2250 of 2500", "2500 of 2500");
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
