package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs as they are started from a checkout. */
class LaunchersIT {
    /** Where the first start has left its archive, which takes it ten seconds. Who spoils it takes a copy. */
    @TempDir
    private static Path started;

    @BeforeAll
    static void startForTheFirstTime() throws IOException, InterruptedException {
        assertThat(version(started, Map.of("XDG_CACHE_HOME", started + "/cache")))
                .isEqualTo("rowback 0.1.0\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rowback", "rowbackd"})
    void programRunsThroughASymlinkFromAnyFolder(String program, @TempDir Path temporary)
            throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temporary.resolve("with a space"));
        Path link = Files.createSymbolicLink(folder.resolve("a link"), Checkout.ROOT.resolve(program));

        Output output = Checkout.run(folder, link, "--version");

        assertThat(output.exitCode()).as(output.err()).isZero();
        assertThat(output.out()).startsWith(program + " ");
        assertThat(output.err()).isEmpty();
    }

    @Test
    void argumentsArriveAsTyped(@TempDir Path folder) throws IOException, InterruptedException {
        Output output = Checkout.run(
                folder, Checkout.ROOT.resolve("rowback"), "--store", "no store; $HOME 東", "history", "a table", "-42");

        assertThat(output.exitCode()).isEqualTo(ErrorCode.NO_STORE.exitCode());
        assertThat(output.err()).contains("no store; $HOME 東");
        assertThat(output.out()).isEmpty();
    }

    @Test
    void doctorIsTheDaemonsCheck(@TempDir Path folder) throws IOException, InterruptedException {
        Path config = Files.writeString(
                folder.resolve("a b.toml"), "[databases.app]\nurl = 'postgresql://nobody@127.0.0.1:1/none'\n");
        String[] options = {"--config", config.toString(), "--json"};
        Output check =
                Checkout.run(folder, Checkout.ROOT.resolve("rowbackd"), "check", options[0], options[1], options[2]);
        Output doctor =
                Checkout.run(folder, Checkout.ROOT.resolve("rowback"), options[0], options[1], "doctor", options[2]);

        assertThat(doctor).isEqualTo(check);
        assertThat(doctor.exitCode()).isEqualTo(ErrorCode.NO_POSTGRES.exitCode());
        assertThat(doctor.out()).startsWith("{\"database\":\"app\",\"level\":\"fail\",\"topic\":\"connection\"");
    }

    @Test
    void demoIsACommandOfTheCheckoutOnly(@TempDir Path folder) throws IOException, InterruptedException {
        Path installed = Path.of(System.getProperty("rowback.home")).resolve("bin/rowback");

        assertThat(Checkout.run(folder, Checkout.ROOT.resolve("rowback"), "demo", "--help")
                        .out())
                .contains("deleted-users", "nulled-columns");
        assertThat(Checkout.run(folder, installed, "demo").exitCode()).isEqualTo(ErrorCode.USAGE.exitCode());
    }

    @Test
    void classesComeFromAnArchiveThatTheFirstStartMade(@TempDir Path folder) throws IOException, InterruptedException {
        Path log = folder.resolve("classes.log");
        Map<String, String> environment =
                Map.of("XDG_CACHE_HOME", started + "/cache", "ROWBACK_JAVA_OPTS", "-Xlog:class+load:file=" + log);
        assertThat(cached(started)).hasSize(1);
        assertThat(Files.getPosixFilePermissions(started.resolve("cache/rowback")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        Object made = Files.getLastModifiedTime(cached(started).get(0));
        assertThat(version(folder, environment)).isEqualTo("rowback 0.1.0\n");

        assertThat(Files.readString(log))
                .contains("io.rowback.restore.Main source: shared objects file")
                .contains("picocli.CommandLine source: shared objects file");
        assertThat(cached(started)).hasSize(1);
        assertThat(Files.getLastModifiedTime(cached(started).get(0))).isEqualTo(made);
    }

    @Test
    void noClassOfACommandIsReadFromAJar(@TempDir Path folder) throws IOException, InterruptedException {
        Path store = folder.resolve("store");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            writer.create("1", "app", new Lsn(1));
        }
        Path log = folder.resolve("classes.log");
        Map<String, String> environment = Map.of(
                "XDG_CACHE_HOME",
                started + "/cache",
                "ROWBACK_STORE",
                store.toString(),
                "ROWBACK_JAVA_OPTS",
                "-Xlog:class+load:file=" + log);
        Path installed = Path.of(System.getProperty("rowback.home")).resolve("bin/rowback");

        for (String command : List.of("status", "tables", "transactions")) {
            assertThat(Checkout.run(folder, environment, installed, command).exitCode())
                    .isZero();

            assertThat(Files.readString(log))
                    .contains("source: shared objects file")
                    .doesNotContain("source: file:");
        }
    }

    @Test
    void archiveThatIsMissingOrDoesNotFitIsNoObstacle(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(version(folder, Map.of("XDG_CACHE_HOME", file.toString()))).isEqualTo("rowback 0.1.0\n");

        Folders.copy(started.resolve("cache"), folder.resolve("cache"));
        Map<String, String> environment = Map.of("XDG_CACHE_HOME", folder + "/cache");
        Path archive = cached(folder).get(0).resolve("archive");
        for (String content : List.of("", "no archive")) {
            Files.delete(archive);
            Files.writeString(archive, content);
            assertThat(version(folder, environment)).isEqualTo("rowback 0.1.0\n");
            assertThat(archive).hasContent(content);
        }
    }

    @Test
    void nativeLibraryIsUnpackedAtTheFirstStartAloneAndOneThatCannotBeLoadedIsNoObstacle(@TempDir Path folder)
            throws IOException, InterruptedException {
        Path store = folder.resolve("store");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            writer.create("1", "app", new Lsn(1));
        }
        Path log = folder.resolve("classes.log");
        Folders.copy(started.resolve("cache"), folder.resolve("cache"));
        Map<String, String> environment =
                Map.of("XDG_CACHE_HOME", folder + "/cache", "ROWBACK_JAVA_OPTS", "-Xlog:class+load:file=" + log);
        Path installed = Path.of(System.getProperty("rowback.home")).resolve("bin/rowback");
        // What unpacks the library has the JVM delete it at its end.
        String unpacked = "java.io.DeleteOnExitHook";

        assertThat(Checkout.run(folder, environment, installed, "status", "--store", store.toString())
                        .exitCode())
                .isZero();
        assertThat(Files.readString(log)).doesNotContain(unpacked);

        Path library;
        try (Stream<Path> files = Files.list(cached(folder).get(0))) {
            library = files.filter(file -> file.toString().endsWith(".so"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(library, "no library");
        assertThat(Checkout.run(folder, environment, installed, "status", "--store", store.toString())
                        .exitCode())
                .isZero();
        assertThat(Files.readString(log)).contains(unpacked);
    }

    private static String version(Path folder, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path installed = Path.of(System.getProperty("rowback.home")).resolve("bin/rowback");
        Output output = Checkout.run(folder, environment, installed, "--version");
        assertThat(output.exitCode()).as(output.err()).isZero();
        assertThat(output.err()).isEmpty();
        return output.out();
    }

    private static List<Path> cached(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache/rowback"))) {
            return files.toList();
        }
    }
}
