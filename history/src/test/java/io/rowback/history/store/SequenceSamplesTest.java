package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Timeline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store keeps of sequences. */
class SequenceSamplesTest {
    private static final Instant START = Instant.parse("2026-01-01T00:10:00Z");

    @TempDir
    private Path directory;

    private RocksHistoryWriter writer;
    private HistoryFixture history;

    @BeforeEach
    void create() {
        writer = RocksHistoryWriter.open(directory);
        history = new HistoryFixture(writer);
    }

    @AfterEach
    void close() {
        writer.close();
    }

    private static SequenceSample sample(int oid, Instant time, @Nullable Long last) {
        return sample(oid, new Lsn(0x1000), time, last, false);
    }

    private static SequenceSample sample(int oid, Lsn at, Instant time, @Nullable Long last, boolean dropped) {
        return new SequenceSample(
                new TableId(oid),
                new TableName("public", "s\n\u202e" + oid),
                new SequenceSample.Owner(new TableId(16385), "id"),
                at,
                time,
                1,
                -1,
                32,
                last,
                dropped);
    }

    private List<SequenceSample> stored() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(directory);
                Stream<SequenceSample> samples = reader.samples()) {
            return samples.toList();
        }
    }

    @Test
    void ofSamplesBelowTheHorizonTheLastStaysUnlessTheSequenceIsGone() {
        writer.close();
        directory = directory.resolve("small-epochs");
        writer = RocksHistoryWriter.open(directory, 1);
        history = new HistoryFixture(writer);
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        Lsn below = history.here();
        history.commit(insert(row(users, "1")));
        history.commit(insert(row(users, "2")));
        Lsn above = history.here();
        Instant later = START.plusSeconds(60);
        Instant last = START.plusSeconds(120);
        SequenceSample held = sample(16500, below, later, 8L, false);
        SequenceSample now = sample(16500, above, last, 9L, false);
        SequenceSample idle = sample(16501, below, START, 7L, false);
        SequenceSample atLast = sample(16503, below, START, 7L, false);
        SequenceSample goneSince = sample(16503, above, last, 7L, true);
        writer.sampled(List.of(sample(16500, below, START, 7L, false), idle, atLast));
        writer.sampled(List.of(sample(16502, below, START, 7L, false), sample(16504, below, START, 7L, false)));
        writer.sampled(List.of(held, sample(16502, below, later, 7L, true), sample(16504, below, later, 7L, true)));
        writer.sampled(List.of(now, goneSince));

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        assertThat(stored()).containsExactlyInAnyOrder(held, now, idle, atLast, goneSince);
    }

    @Test
    void samplesAreKeptByTime() {
        SequenceSample first = sample(16500, START, 7L);
        SequenceSample second = sample(16500, START.plusSeconds(60), null);
        SequenceSample other = sample(-5, START.plusSeconds(30), Long.MIN_VALUE).droppedBy(new Lsn(0x1001), START);
        writer.sampled(List.of(second, other));
        writer.sampled(List.of(first));
        writer.sampled(List.of(first));

        assertThat(writer.newestSamples()).containsExactlyInAnyOrder(second, other);
        assertThat(stored()).containsExactlyInAnyOrder(first, second, other).containsSubsequence(first, second);
    }

    @Test
    void samplesOlderThanADayAreThinnedToOneAnHour() {
        for (int minute = 0; minute < 60 * 48; minute += 5) {
            writer.sampled(List.of(sample(16500, START.plus(Duration.ofMinutes(minute)), (long) minute)));
        }
        Instant later = START.plus(Duration.ofDays(5));
        writer.sampled(List.of(sample(16500, later, 9_999L), sample(16501, later, 1L)));

        assertThat(stored())
                .extracting(SequenceSample::last)
                .hasSize(49 + 2)
                .startsWith(0L, 50L, 110L, 170L)
                .endsWith(9_999L, 1L);
    }

    @Test
    void samplesFromAnotherTimelineAreTakenOut() {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        Timeline first = new Timeline(1, Lsn.ZERO);
        writer.follow(List.of(first));
        Lsn fork = history.commit(insert(row(users, "1"))).end();
        SequenceSample kept = sample(16500, START, 7L).readAt(fork, START);
        SequenceSample ahead = kept.readAt(fork.next(), START.plusSeconds(1));
        writer.sampled(List.of(kept, ahead, sample(16501, START, 1L).readAt(fork.next(), START)));
        writer.follow(List.of(first, new Timeline(2, fork)));
        assertThat(stored()).containsExactly(kept);

        writer.sampled(List.of(ahead));
        history.commit(insert(row(users, "2")));
        writer.follow(List.of(first, new Timeline(2, fork), new Timeline(3, fork)));
        assertThat(stored()).containsExactly(kept);
    }
}
