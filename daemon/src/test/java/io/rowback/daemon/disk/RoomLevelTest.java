package io.rowback.daemon.disk;

import static io.rowback.daemon.disk.RoomLevel.ENOUGH;
import static io.rowback.daemon.disk.RoomLevel.NONE;
import static io.rowback.daemon.disk.RoomLevel.SCARCE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoomLevelTest {
    private static final long MIN_FREE = 1_000;

    @Test
    void belowTwiceWhatIsToStayFreeIsScarceAndBelowItIsNone() {
        assertThat(ENOUGH.next(2_000, MIN_FREE)).isEqualTo(ENOUGH);
        assertThat(ENOUGH.next(1_999, MIN_FREE)).isEqualTo(SCARCE);
        assertThat(SCARCE.next(1_000, MIN_FREE)).isEqualTo(SCARCE);
        assertThat(SCARCE.next(999, MIN_FREE)).isEqualTo(NONE);
        assertThat(ENOUGH.next(0, MIN_FREE)).isEqualTo(NONE);
    }

    @Test
    void betterItIsOnlyWithAQuarterMore() {
        assertThat(NONE.next(1_249, MIN_FREE)).isEqualTo(NONE);
        assertThat(NONE.next(1_250, MIN_FREE)).isEqualTo(SCARCE);
        assertThat(NONE.next(2_249, MIN_FREE)).isEqualTo(SCARCE);
        assertThat(NONE.next(2_250, MIN_FREE)).isEqualTo(ENOUGH);
        assertThat(SCARCE.next(2_249, MIN_FREE)).isEqualTo(SCARCE);
    }

    @Test
    void whereNothingIsToStayFreeThereIsAlwaysEnough() {
        assertThat(ENOUGH.next(0, 0)).isEqualTo(ENOUGH);
    }
}
