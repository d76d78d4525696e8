package io.rowback.daemon.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockSkewTest {
    private static final Instant NOW = Instant.parse("2026-05-01T10:00:00Z");

    @Test
    void clocksThatAreApartByMoreThanTheAnswerTookAreWarnedOf() {
        assertThat(ClockSkew.finding(NOW, NOW.plusSeconds(10), NOW.plusSeconds(1)))
                .satisfies(found -> assertThat(found.level()).isEqualTo(Finding.Level.WARN))
                .satisfies(found -> assertThat(found.text())
                        .startsWith("the server's clock is 9.5 s ahead of ours, give or take 0.5 s"));
        assertThat(ClockSkew.finding(NOW, NOW.minusSeconds(10), NOW).text()).contains("10.0 s behind ours");
    }

    @Test
    void slowAnswerIsNoSkew() {
        assertThat(ClockSkew.finding(NOW, NOW.plusSeconds(1), NOW.plusSeconds(30))
                        .level())
                .isEqualTo(Finding.Level.OK);
    }
}
