package io.rowback.restore.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.restore.query.SequenceLeap.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SequenceLeapTest {
    private static final SequenceSample FIRST = new SequenceSample(
            new TableId(16389),
            new TableName("public", "users_id_seq"),
            new SequenceSample.Owner(new TableId(16385), "id"),
            new Lsn(0x1000),
            Instant.parse("2026-01-01T00:00:00Z"),
            1,
            1,
            1,
            100L,
            false);

    private final List<SequenceSample> samples = new ArrayList<>(List.of(FIRST));
    private final List<Long> rows = new ArrayList<>();

    private SequenceLeapTest after(Duration pause, @Nullable Long value, long inserted) {
        SequenceSample last = samples.get(samples.size() - 1);
        samples.add(with(last.readAt(last.at().next(), last.time().plus(pause)), 1, 1, value));
        rows.add(inserted);
        return this;
    }

    private SequenceLeapTest minute(@Nullable Long value, long inserted) {
        return after(Duration.ofMinutes(1), value, inserted);
    }

    private static SequenceSample with(SequenceSample sample, long increment, long cache, @Nullable Long last) {
        return new SequenceSample(
                sample.sequence(),
                sample.name(),
                sample.owner(),
                sample.at(),
                sample.time(),
                1,
                increment,
                cache,
                last,
                sample.dropped());
    }

    private List<SequenceLeap> leaps() {
        Iterator<Long> next = rows.iterator();
        return SequenceLeap.of(samples, (before, after) -> next.next());
    }

    @Test
    void thousandValuesBeyondTheRowsAreAJump() {
        assertThat(minute(1_105L, 5).leaps()).singleElement().satisfies(leap -> {
            assertThat(leap.kind()).isEqualTo(Kind.JUMP);
            assertThat(leap.values()).isEqualTo(1_005);
            assertThat(leap.rows()).isEqualTo(5);
        });
    }

    @Test
    void fewerValuesAndLessThanTwiceTheRowsAreNone() {
        assertThat(minute(1_104L, 5)
                        .minute(101_104L, 50_001)
                        .minute(101_105L, 0)
                        .leaps())
                .isEmpty();
    }

    @Test
    void failuresThatAddUpOverTimeAreNone() {
        for (long value = 1_000; value < 1_000_000; value += 1_000) {
            minute(value, 10);
        }
        assertThat(leaps()).isEmpty();
    }

    @Test
    void rowsOfALongTransactionExplainTheValuesItTookBefore() {
        minute(50_100L, 0).minute(100_100L, 0).minute(100_200L, 100).minute(100_201L, 99_990);

        assertThat(leaps()).isEmpty();
    }

    @Test
    void rowsWithOtherKeysADayLaterExplainNothing() {
        assertThat(minute(50_100L, 0)
                        .after(Duration.ofHours(25), 50_101L, 100_000)
                        .leaps())
                .hasSize(1);
    }

    @Test
    void sequenceThatGoesBackOrIsResetIsFlagged() {
        assertThat(minute(99L, 0).minute(null, 0).minute(null, 0).minute(5L, 5).leaps())
                .extracting(SequenceLeap::kind)
                .containsExactly(Kind.BACK, Kind.BACK);
    }

    @Test
    void firstValuesAreCountedFromTheStart() {
        samples.set(0, with(FIRST, 1, 1, null));

        assertThat(minute(5_000L, 10).leaps())
                .singleElement()
                .extracting(SequenceLeap::values)
                .isEqualTo(5_000L);
    }

    @Test
    void incrementAndCacheAreHeeded() {
        samples.set(0, with(FIRST, -10, 1, 0L));
        samples.add(with(FIRST, -10, 1, -20_000L));
        samples.add(with(FIRST, -10, 50, -200_000L));
        samples.add(with(FIRST, -10, 50, 0L));
        rows.addAll(List.of(500L, 0L, 0L));

        assertThat(leaps()).extracting(SequenceLeap::values).containsExactly(2_000L, 0L);
    }

    @Test
    void whatCannotBeToldIsNoJump() {
        assertThat(minute(1_000_000L, SequenceLeap.UNKNOWN_ROWS).leaps()).isEmpty();
        samples.add(with(FIRST, 7, 1, 9_000_000L));
        rows.add(0L);
        samples.add(with(FIRST, 7, 1, 9_000_000L).droppedBy(FIRST.at(), FIRST.time()));
        rows.add(0L);
        assertThat(leaps()).isEmpty();
    }

    @Test
    void extremesDoNotOverflow() {
        samples.set(0, with(FIRST, 1, 1, Long.MIN_VALUE));

        assertThat(minute(Long.MAX_VALUE, 0).minute(Long.MIN_VALUE, 0).leaps())
                .extracting(SequenceLeap::kind)
                .containsExactly(Kind.JUMP, Kind.BACK);
    }
}
