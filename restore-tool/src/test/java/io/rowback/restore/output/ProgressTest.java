package io.rowback.restore.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProgressTest {
    private final StringBuilder screen = new StringBuilder();
    private long now;

    private void work(Progress progress) {
        progress.rows("found", 1_000, 0);
        now += Duration.ofSeconds(1).toNanos();
        progress.rows("found", 5_000, 0);
        progress.rows("planned", 1_000, 6_000);
        now += Duration.ofSeconds(2).toNanos();
        progress.rows("planned", 2_000, 6_000);
        progress.rows("planned", 2_001, 6_000);
    }

    @Test
    void lineIsWrittenOverNowAndThenAndGoesAtTheEnd() {
        Progress progress = new Progress(screen, true, () -> now);
        work(progress);
        assertThat(screen).hasToString("\rfound 5,000 rows\033[K\rplanned 2,000 of 6,000 rows, about 4 s left\033[K");
        screen.setLength(0);
        progress.end();
        progress.end();
        assertThat(screen).hasToString("\r\033[K");
    }

    @Test
    void nothingIsSaidWhereItIsNotShown() {
        Progress progress = new Progress(screen, false, () -> now);
        work(progress);
        progress.end();
        assertThat(screen).isEmpty();
    }
}
