package io.rowback.daemon.http;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
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
    void slotWithoutALimitHasAnyRoom() {
        app.retained(5, -1);
        assertThat(metrics.scrape()).contains("rowback_slot_safe_wal_bytes{database=\"app\"} +Inf");
        app.retained(5, 0);
        assertThat(metrics.scrape()).contains("rowback_slot_safe_wal_bytes{database=\"app\"} 0.0");
    }
}
