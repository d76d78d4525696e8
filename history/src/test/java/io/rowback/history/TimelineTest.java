package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private static final Timeline FIRST = new Timeline(1, Lsn.ZERO);

    @Test
    void coursesPartWhereTheFirstDifferenceBegins() {
        assertThat(fork(List.of(FIRST), List.of(FIRST))).isEqualTo(Lsn.MAX);
        assertThat(fork(List.of(), List.of(FIRST, at(2, 50))))
                .as("nothing known")
                .isEqualTo(Lsn.MAX);
        assertThat(fork(List.of(FIRST), List.of(FIRST, at(2, 50)))).isEqualTo(new Lsn(50));
        assertThat(fork(List.of(FIRST), List.of(FIRST, at(2, 50), at(3, 70)))).isEqualTo(new Lsn(50));
        assertThat(fork(List.of(FIRST, at(2, 50)), List.of(FIRST, at(2, 50), at(3, 70))))
                .isEqualTo(new Lsn(70));
        assertThat(fork(List.of(FIRST, at(2, 50)), List.of(FIRST, at(3, 40)))).isEqualTo(new Lsn(40));
        assertThat(fork(List.of(FIRST, at(2, 50)), List.of(FIRST, at(2, 60))))
                .as("another timeline 2")
                .isEqualTo(new Lsn(50));
    }

    private static Lsn fork(List<Timeline> one, List<Timeline> other) {
        Lsn fork = Timeline.fork(one, other);
        assertThat(Timeline.fork(other, one)).isEqualTo(fork);
        return fork;
    }

    private static Timeline at(int number, long from) {
        return new Timeline(number, new Lsn(from));
    }
}
