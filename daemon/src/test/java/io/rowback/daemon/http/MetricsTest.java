package io.rowback.daemon.http;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.Retention;
import io.rowback.history.StoreInfo;
import io.rowback.history.StoreMeasures;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsTest {
    private final Metrics metrics = new Metrics();
    private final DatabaseMetrics app = metrics.database("app");

    @AfterEach
    void close() {
        metrics.close();
    }

    private void changed(String table) {
        TableSchema schema =
                TableFixture.table(table).column("id", "bigint").key("id").build();
        Change change = new Change(new Position(new Lsn(1), 0), Operation.INSERT, schema, null, row(schema, "1"));
        app.stored(new HistoryWriter.Batch(List.of(change), List.of(), null), Duration.ofMillis(2));
    }

    private List<String> changes() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("rowback_changes_total"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a\"} 1 # b | a\\\"} 1 # b",
                "a\\b       | a\\\\b",
                "`a\nrowback_capturing 0` | a\\nrowback_capturing 0",
            })
    void namesOfTablesCannotBreakOutOfTheirLabel(String table, String label) {
        changed(table);
        assertThat(changes())
                .containsExactly(
                        "rowback_changes_total{database=\"app\",operation=\"insert\",table=\"" + label + "\"} 1.0");
    }

    @Test
    void tablesBeyondTheFirstHundredsShareOneSeries() {
        IntStream.range(0, 5_000).forEach(i -> changed("t" + i));
        changed("t0");
        assertThat(changes())
                .hasSize(201)
                .contains("rowback_changes_total{database=\"app\",operation=\"insert\",table=\"t0\"} 2.0")
                .contains("rowback_changes_total{database=\"app\",operation=\"insert\",table=\"" + ChangeCounters.OTHERS
                        + "\"} 4800.0");
    }

    @Test
    void batchesAreCountedAndTimed() {
        changed("t");
        assertThat(metrics.scrape())
                .contains("rowback_batch_seconds_bucket{database=\"app\",le=\"0.001\"} 0")
                .contains("rowback_batch_seconds_bucket{database=\"app\",le=\"0.003\"} 1")
                .contains("rowback_batch_seconds_count{database=\"app\"} 1");
    }

    @Test
    void eachNumberIsToldByTheMetricThatIsNamedAfterIt() {
        app.begins(history(null, Instant.MIN, 1_700_000_009, 1_700_000_002));
        app.tables(3, 4);
        app.pendingBaselines(5);
        app.baselineExpects(6);
        app.baseline(7);
        app.baseline(1);
        app.retained(9, 10);
        app.room(11, 12);
        app.limit(13);
        long before = Instant.now().getEpochSecond();
        app.failed(ErrorCode.NO_POSTGRES);
        assertThat(number("rowback_last_failure_timestamp_seconds"))
                .isBetween((double) before, (double) Instant.now().getEpochSecond());
        app.capturing(true);
        app.measured(new StoreMeasures(
                Map.of("log", 14L, "wal", 15L), 16, 17, 18, 19, Duration.ofSeconds(20), Duration.ofMillis(21_500)));
        assertThat(numbers())
                .contains(
                        "rowback_rounds_total 1.0",
                        "rowback_gaps 2.0",
                        "rowback_last_gap_timestamp_seconds 1.700000009E9",
                        "rowback_durable_lsn 2.0",
                        "rowback_covered_tables 3.0",
                        "rowback_uncovered_tables 4.0",
                        "rowback_baseline_pending_tables 5.0",
                        "rowback_baseline_expected_rows 6.0",
                        "rowback_baseline_rows_total 8.0",
                        "rowback_retained_wal_bytes 9.0",
                        "rowback_slot_safe_wal_bytes 10.0",
                        "rowback_store_free_bytes 11.0",
                        "rowback_store_min_free_bytes 12.0",
                        "rowback_store_max_bytes 13.0",
                        "rowback_failures_total 1.0",
                        "rowback_last_failure_code 13.0",
                        "rowback_capturing 1.0",
                        "rowback_store_bytes{part=\"log\"} 14.0",
                        "rowback_store_bytes{part=\"wal\"} 15.0",
                        "rowback_compaction_pending_bytes 16.0",
                        "rowback_compactions_running 17.0",
                        "rowback_compaction_written_bytes_total 18.0",
                        "rowback_fsync_seconds_count 19",
                        "rowback_fsync_seconds_sum 20.0",
                        "rowback_write_stall_seconds_total 21.5");
        app.baselineExpects(-2);
        app.tables(4, 3);
        app.begins(history(null, Instant.MIN));
        assertThat(numbers())
                .contains(
                        "rowback_rounds_total 2.0",
                        "rowback_gaps 0.0",
                        "rowback_last_gap_timestamp_seconds 0.0",
                        "rowback_covered_tables 4.0",
                        "rowback_uncovered_tables 3.0",
                        "rowback_baseline_expected_rows 4.0");
    }

    @Test
    void agesAreThoseOfTheServersClock() {
        Instant clock = Instant.now().minus(Duration.ofHours(10));
        app.begins(history(clock.minus(Duration.ofHours(5)), clock.minus(Duration.ofHours(2))));
        app.serverAt(new Lsn(5), clock);
        assertThat(number("rowback_rpo_seconds"))
                .as("of what came since the history was complete")
                .isBetween(7_200.0, 10_800.0);
        assertThat(number("rowback_lag_seconds"))
                .as("of what the server had just written")
                .isBetween(0.0, 3_600.0);
        assertThat(number("rowback_lag_bytes")).isEqualTo(3);
    }

    @Test
    void newHistoryIsAsOldAsTheFirstLookAtTheServer() {
        app.begins(history(null, Instant.MIN));
        assertThat(number("rowback_rpo_seconds")).isNaN();
        app.serverAt(new Lsn(5), Instant.now());
        assertThat(number("rowback_rpo_seconds")).isBetween(0.0, 3_600.0);
    }

    private double number(String metric) {
        return numbers().stream()
                .filter(line -> line.startsWith(metric + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    /** What is scraped, without the label that all have. */
    private List<String> numbers() {
        return metrics.scrape()
                .lines()
                .map(line -> line.replace("{database=\"app\"}", "").replace("{database=\"app\",", "{"))
                .toList();
    }

    /** A history that ends at LSN 2, with gaps that ended at these seconds. */
    private static StoreInfo history(@Nullable Instant lastCommit, Instant complete, long... gaps) {
        List<Gap> lost = LongStream.of(gaps)
                .mapToObj(second -> new Gap(
                        new Lsn(1), new Lsn(2), Instant.MIN, Instant.ofEpochSecond(second), "the slot was dropped"))
                .toList();
        return new StoreInfo(
                "7",
                "app",
                new Lsn(2),
                lastCommit == null ? null : new Lsn(1),
                lastCommit,
                complete,
                lost,
                List.of(),
                List.of(),
                List.of(),
                Retention.NONE,
                null);
    }

    @Test
    void slotWithoutALimitHasAnyRoom() {
        app.retained(5, -1);
        assertThat(metrics.scrape()).contains("rowback_slot_safe_wal_bytes{database=\"app\"} +Inf");
        app.retained(5, 0);
        assertThat(metrics.scrape()).contains("rowback_slot_safe_wal_bytes{database=\"app\"} 0.0");
    }
}
