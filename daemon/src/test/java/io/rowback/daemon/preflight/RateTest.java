package io.rowback.daemon.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateTest {
    private static final double GB = 1 << 30;

    @Test
    void roomThatDoesNotLastIsWarnedOf() {
        Rate rate = new Rate(GB, Duration.ofHours(2));
        assertThat(Amount.bytes(rate.aDay())).isEqualTo("12 GB");
        assertThat(rate.judge("lasts ", 6 * GB, Duration.ofDays(1), "more"))
                .hasToString("warn  lasts 12 hours  ->  more");
        assertThat(rate.judge("lasts ", 36 * GB, Duration.ofDays(1), "more")).hasToString("ok    lasts 3 days");
    }

    @Test
    void aFewMinutesAreNoReasonToWarn() {
        assertThat(new Rate(GB, Duration.ofMinutes(10)).judge("lasts ", GB, Duration.ofDays(1), "more"))
                .hasToString("ok    lasts 10 minutes");
        assertThat(new Rate(0, Duration.ZERO).judge("lasts ", GB, Duration.ofDays(1), "more"))
                .hasToString("ok    lasts 36500 days");
    }
}
