package io.rowback.daemon.tables;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LargeRowTest {
    /** As README of {@code deploy} says what was measured. */
    @ParameterizedTest
    @CsvSource({"353, 2040, true", "400, 2048, false", "900, 5120, true", "1023, 5120, false", "8, 16, true"})
    void fitsIntoAHeapThatHasRoomForItsCopies(long megabytes, long heap, boolean fits) {
        assertThat(LargeRow.fits(megabytes << 20, heap << 20)).isEqualTo(fits);
    }
}
