package io.rowback.history.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryReader;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.RowImage;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store of every format that was released opens and answers. FORMAT.md tells how one of a new format is added. */
class KeptStoreTest {
    private static final Path RESOURCES = Path.of("src/test/resources");

    private static final int FIRST_WITH_RETENTION = 3;

    private final MemoryHistory oracle = new MemoryHistory();

    @TempDir
    private Path folder;

    @BeforeEach
    void play() {
        KeptStore.play(oracle);
    }

    /** With {@code -Drowback.keep-store=true} the store of today's format is made, if there is none. */
    @Test
    void storeOfTodaysFormatIsKept() throws IOException {
        Path archive = RESOURCES.resolve(KeptStore.archive(Format.CURRENT));
        if (Boolean.getBoolean("rowback.keep-store") && !Files.exists(archive)) {
            KeptStore.pack(folder, archive);
        }
        assertThat(archive).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void storeOfAnyReleasedFormatAnswersAndIsWrittenOn(int format) {
        KeptStore.unpack(format, folder);
        forget(format);
        assertAnswers();

        List<TableForm> forms = List.of(new TableForm(
                new TableId(7),
                70,
                71,
                List.of(new TableForm.ColumnForm(1, "25 -1", "700")),
                List.of(new TableForm.TypeForm(-1, List.of("9 a label")))));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.forms()).as("not kept then").isEmpty();
            writer.forms(forms);
        }
        assertAnswers();
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.forms()).isEqualTo(forms);
        }
    }

    /** From format 3 on something was dropped. */
    private void forget(int format) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            Horizon horizon = reader.info().horizon();
            assertThat(horizon != null).isEqualTo(format >= FIRST_WITH_RETENTION);
            if (horizon != null) {
                oracle.forget(horizon.at());
            }
        }
    }

    private void assertAnswers() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.info()).isEqualTo(oracle.info());
            assertThat(reader.tables()).isEqualTo(oracle.tables());
            same(reader, history -> history.changes(Lsn.ZERO, Lsn.MAX));
            same(reader, history -> history.transactions(Lsn.ZERO, Lsn.MAX));
            assertThat(list(reader.samples())).isEqualTo(list(oracle.samples()));
            for (TableInfo table : oracle.tables()) {
                table.coverage().forEach(stretch -> {
                    same(reader, history -> asOf(history, table, stretch.from()));
                    same(
                            reader,
                            history -> asOf(
                                    history,
                                    table,
                                    stretch.to().equals(Lsn.MAX) ? oracle.info().durable() : stretch.to()));
                });
            }
            for (TableSchema table : KeptStore.tables()) {
                table.foreignKeys().forEach(key -> assertThat(list(reader.referring(table.id(), key, List.of("1"))))
                        .containsExactlyInAnyOrderElementsOf(list(oracle.referring(table.id(), key, List.of("1")))));
            }
            assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
        }
    }

    private static Stream<RowImage> asOf(HistoryReader history, TableInfo table, Lsn at) {
        return new TableTimeline(history, table).asOf(at);
    }

    private <T> void same(HistoryReader reader, Function<HistoryReader, Stream<T>> question) {
        assertThat(list(question.apply(reader))).isEqualTo(list(question.apply(oracle)));
    }

    private static <T> List<T> list(Stream<T> stream) {
        try (stream) {
            return stream.toList();
        }
    }
}
