package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits that flip in the store's files: what cannot be read any more is told as corrupt, or is as if it had never come. */
class DamageTest {
    private static final int COMMITS = 300;

    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();

    @TempDir
    private Path folder;

    private Lsn end = Lsn.ZERO;

    @BeforeEach
    void fill() {
        // Opened twice: what the first writer left in its log goes to files of sorted entries.
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users, row(users, "1"));
            for (int i = 10; i < COMMITS; i++) {
                end = history.commit(insert(row(users, Integer.toString(i)))).end();
            }
        }
        RocksHistoryWriter.open(folder).close();
        assertThat(readable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {".sst", "MANIFEST"})
    void aFlippedBitIsToldByWhoeverReadsIt(String kind) throws IOException {
        List<Path> files = files(kind);
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            flipBit(file);
            assertThat(readable()).as("%s", file).isFalse();
            flipBit(file);
        }
        assertThat(readable()).isTrue();
    }

    @Test
    void aWriterRefusesAStoreWhoseFilesAreDamaged() throws IOException {
        flipBit(files("MANIFEST").get(0));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            throw new AssertionError("opened at " + writer.info());
        } catch (RowbackException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STORE_CORRUPT);
            assertThat(e.hint()).isNotNull();
        }
    }

    @Test
    void whatFollowsAFlippedBitInTheNewestLogIsAsIfItHadNeverCome() throws IOException {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            for (int i = 0; i < 50; i++) {
                end = new Lsn(end.value() + 0x100);
                writer.append(new io.rowback.history.HistoryWriter.Batch(List.of(), List.of(), end));
            }
        }
        List<Path> logs = files(".log");
        flipBit(logs.get(logs.size() - 1));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.info().durable()).isLessThan(end);
        }
        assertThat(readable()).isTrue();
    }

    /** Whether everything can be read and is sound; damage must be told as such. */
    private boolean readable() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            return reader.verify((family, entries) -> {}).sound();
        } catch (RowbackException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STORE_CORRUPT);
            return false;
        }
    }

    private List<Path> files(String kind) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(
                    files.filter(file -> String.valueOf(file.getFileName()).contains(kind))
                            .sorted()
                            .toList());
        }
    }

    private static void flipBit(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long place = file.length() / 4;
            file.seek(place);
            int value = file.read();
            file.seek(place);
            file.write(value ^ 8);
        }
    }
}
