package io.rowback.restore.query;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PointInTimeTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:10Z"), ZoneOffset.UTC);

    @ParameterizedTest
    @CsvSource({
        "2026-05-01T10:00:00Z, 2026-05-01T10:00:00Z",
        "2026-05-01T12:00:00.123456+02:00, 2026-05-01T10:00:00.123456Z",
        "2026-05-01 10:00:00.5+00, 2026-05-01T10:00:00.5Z",
        "2026-05-01 10:00:00-0130, 2026-05-01T11:30:00Z",
        "2026-05-01T10:00Z, 2026-05-01T10:00:00Z",
        "2026-05-01Z, 2026-05-01T00:00:00Z",
    })
    void timesNeedAndKeepTheirZone(String text, Instant time) {
        assertThat(PointInTime.parse(text)).isEqualTo(new PointInTime.AtTime(time));
    }

    @Test
    void otherFormsAreRead() {
        assertThat(PointInTime.parse("-10min")).isEqualTo(new PointInTime.Ago(Duration.ofMinutes(10)));
        assertThat(PointInTime.parse("-2d")).isEqualTo(new PointInTime.Ago(Duration.ofDays(2)));
        assertThat(PointInTime.parse("lsn:0/16B3748")).isEqualTo(new PointInTime.AtLsn(Lsn.parse("0/16B3748")));
        assertThat(PointInTime.parse("tx:42")).isEqualTo(new PointInTime.BeforeTransaction(42));
        assertThat(PointInTime.parse("now")).isEqualTo(new PointInTime.Now());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-05-01T10:00:00", "2026-05-01 10:00", "2026-05-01"})
    void localTimesAreRefusedWithAHint(String text) {
        assertThatThrownBy(() -> PointInTime.parse(text))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.hint()).contains("needs its zone"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "-10m",
                "10min",
                "lsn:xyz",
                "tx:-1",
                "tx:",
                "2026-02-30Z",
                "-99999999999999999999s"
            })
    void nonsenseIsRefused(String text) {
        assertThatThrownBy(() -> PointInTime.parse(text))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }

    @Test
    void pointStandsForAllCommitsBeforeIt() {
        MemoryHistory history = new MemoryHistory();
        HistoryFixture life = new HistoryFixture(history);
        life.baseline(USERS);
        var first = life.commit(insert(row(USERS, "1")));
        var second = life.commit(insert(row(USERS, "2")));
        assertThat(PointInTime.parse("tx:702").resolve(history, CLOCK)).isEqualTo(second.commit());
        assertThat(PointInTime.parse("2026-01-01T00:00:01Z").resolve(history, CLOCK))
                .isEqualTo(first.commit());
        assertThat(PointInTime.parse("2026-01-01T00:00:01.000001Z").resolve(history, CLOCK))
                .isEqualTo(second.commit());
        assertThat(PointInTime.parse("-8s").resolve(history, CLOCK)).isEqualTo(second.commit());
        assertThat(PointInTime.parse("now").resolve(history, CLOCK))
                .isEqualTo(history.info().durable());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lsn:FF/0", "tx:999", "2026-01-01T00:00:11Z"})
    void pointBeyondTheHistoryIsNotCovered(String text) {
        MemoryHistory history = new MemoryHistory();
        new HistoryFixture(history).baseline(USERS);
        assertThatThrownBy(() -> PointInTime.parse(text).resolve(history, CLOCK))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED));
    }
}
