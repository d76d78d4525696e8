package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FailedBaselineTest {
    @Test
    void itIsTriedAgainEverMoreSeldomAndEachHourAtTheLeast() {
        List<Long> minutes = Stream.iterate(FailedBaseline.of("", 0, null), before -> FailedBaseline.of("", 0, before))
                .limit(9)
                .map(failed -> failed.delay().toMinutes())
                .toList();
        assertThat(minutes).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
    }

    @Test
    void itWaitsFromItsFailureOn() {
        long at = Long.MAX_VALUE;
        long minute = Duration.ofMinutes(1).toNanos();
        FailedBaseline failed = FailedBaseline.of("", at, null);
        assertThat(failed.isLately(at + minute - 1)).isTrue();
        assertThat(failed.isLately(at + minute)).isFalse();
    }
}
