package io.rowback.restore;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that have less memory than they need say so, and leave nothing behind. */
final class LittleMemoryTest {
    private static final TableSchema NOTES = TableFixture.table("notes")
            .column("id", "bigint")
            .column("text", "text")
            .key("id")
            .build();

    @TempDir
    private Path folder;

    /** How a command in a process of its own ended, and what it said on standard error. */
    private record Ended(int exitCode, String err) {}

    @Test
    void rowsThatDoNotFitAreRefusedBeforeTheyAreRead() throws Exception {
        fill(50_000, "x");
        Ended little = restore("-Xmx24m");
        assertThat(little.exitCode()).as(little.err()).isEqualTo(ErrorCode.REFUSED.exitCode());
        assertThat(little.err())
                .startsWith("error: the scope touches more than ")
                .contains("hint: Give it more, say 8 GB by ROWBACK_JAVA_OPTS=-Xmx8g");
        assertThat(files()).isEmpty();

        Ended enough = restore("-Xmx128m");
        assertThat(enough.exitCode()).as(enough.err()).isZero();
        assertThat(files()).containsExactly("restore.sql");
    }

    @Test
    void valuesThatDoNotFitEndWithAMessage() throws Exception {
        fill(40, "x".repeat(1_000_000));
        Ended little = restore("-Xmx24m");
        assertThat(little.exitCode()).as(little.err()).isEqualTo(ErrorCode.FAILED.exitCode());
        assertThat(little.err())
                .startsWith("error: the 2")
                .contains("MB of memory that this command has do not suffice\nhint: Ask for less at a time");
        assertThat(files()).isEmpty();
    }

    /** A transaction that deletes so many rows with that text each. */
    private void fill(int rows, String text) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store"))) {
            HistoryFixture life = new HistoryFixture(writer);
            RowImage[] notes = IntStream.range(0, rows)
                    .mapToObj(id -> row(NOTES, Integer.toString(id), text))
                    .toArray(RowImage[]::new);
            life.baseline(NOTES, notes);
            life.commit(Stream.of(notes).map(HistoryFixture::delete).toArray(HistoryFixture.Draft[]::new));
        }
    }

    private Ended restore(String memory) throws IOException, InterruptedException {
        Path err = folder.resolve("err");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                memory,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "restore",
                "--tx",
                "701",
                "--max-rows",
                "100000",
                "--store",
                folder.resolve("store").toString(),
                "-o",
                Files.createDirectories(folder.resolve("written"))
                        .resolve("restore.sql")
                        .toString()));
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(err.toFile())
                .start();
        int exitCode = process.waitFor();
        return new Ended(exitCode, Files.readString(err));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("written"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
