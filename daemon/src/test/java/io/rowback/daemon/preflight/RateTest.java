package io.rowback.daemon.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.postgres.Amount;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateTest {
    private static final double GB = 1 << 30;

    @Test
    void roomThatDoesNotLastIsWarnedOf() {
        Rate rate = new Rate(GB, Duration.ofHours(2));
        assertThat(Amount.bytes(rate.aDay())).isEqualTo("12 GB");
        assertThat(rate.judge("room", 6 * GB, Duration.ofDays(1), "more"))
                .hasToString("warn  room, which lasts 12 hours  ->  more");
        assertThat(rate.judge("room", 36 * GB, Duration.ofDays(1), "more"))
                .hasToString("ok    room, which lasts 3 days");
        assertThat(new Rate(0, Duration.ofHours(1)).judge("room", GB, Duration.ofDays(1), "more"))
                .hasToString("ok    room, which lasts 36500 days");
    }

    @Test
    void aFewMinutesTellNothing() {
        Rate rate = new Rate(GB, Duration.ofMinutes(59));
        assertThat(rate.isKnown()).isFalse();
        assertThat(rate.judge("room", GB, Duration.ofDays(1), "more"))
                .hasToString("ok    room; how long that lasts can be told after an hour");
    }
}
