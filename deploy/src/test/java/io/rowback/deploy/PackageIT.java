package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the package installs, and where. */
class PackageIT {
    private static final Path HOME = Path.of(System.getProperty("rowback.home"));

    @SuppressWarnings("NullAway.Init")
    private static DebianPackage deb;

    @BeforeAll
    static void readPackage() throws IOException {
        deb = DebianPackage.read();
    }

    @Test
    void everythingBelongsToRootAndNobodyElseMayWriteIt() {
        assertThat(deb.data().values()).allSatisfy(entry -> {
            assertThat(entry.header().getUserName()).isEqualTo("root");
            assertThat(entry.header().getGroupName()).isEqualTo("root");
            assertThat(entry.header().getMode() & 0022).isZero();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"rowback", "rowbackd"})
    void programsAreLinksToLaunchersBesideTheirLibraries(String program) {
        DebianPackage.Entry link = entry("/usr/bin/" + program);

        Path target = Path.of("/usr/bin").resolve(link.header().getLinkName()).normalize();
        assertThat(link.header().isSymbolicLink()).isTrue();
        assertThat(entry(target.toString()).header().getMode() & 0777).isEqualTo(0755);
        assertThat(target).isEqualTo(Path.of("/usr/share/rowback/bin", program));
        assertThat(files("/usr/share/rowback/lib/daemon/")).anyMatch(jar -> jar.startsWith("rowback-daemon-"));
    }

    @Test
    void librariesAreThoseThatTheTestsOfAllModulesRanWith() throws IOException {
        assertThat(files("/usr/share/rowback/lib/")).containsExactlyInAnyOrderElementsOf(names("lib"));
    }

    @Test
    void toolNeedsNothingOfTheDaemonsLibraries() throws IOException {
        Map<Boolean, List<String>> jars;
        try (Stream<Path> files = Files.list(HOME.resolve("lib"))) {
            jars = files.filter(Files::isRegularFile)
                    .collect(Collectors.partitioningBy(
                            file -> file.getFileName().toString().startsWith("rowback-"),
                            Collectors.mapping(Path::toString, Collectors.toList())));
        }
        List<String> ours = jars.getOrDefault(true, List.of());
        String others = String.join(":", jars.getOrDefault(false, List.of()));
        List<String> arguments =
                new ArrayList<>(List.of("--multi-release", "17", "--missing-deps", "--class-path", others));
        arguments.addAll(ours);
        StringWriter told = new StringWriter();
        PrintWriter out = new PrintWriter(told);

        ToolProvider.findFirst("jdeps").orElseThrow().run(out, out, arguments.toArray(String[]::new));

        assertThat(ours).hasSize(3);
        assertThat(told.toString()).isEmpty();
    }

    @Test
    void nativeCodeIsThatOfLinuxOnTwoProcessors() throws IOException {
        List<String> natives = new ArrayList<>();
        for (String jar : files("/usr/share/rowback/lib/")) {
            byte[] content = entry("/usr/share/rowback/lib/" + jar).content().array();
            try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    if (entry.getName().matches(".*\\.(so|a|dll|dylib|jnilib|srvpgm)")) {
                        natives.add(Path.of(entry.getName()).getParent() + " "
                                + Path.of(entry.getName())
                                        .getFileName()
                                        .toString()
                                        .replaceAll("-[\\d.]+\\d", ""));
                    }
                }
            }
        }
        assertThat(natives)
                .containsExactlyInAnyOrder(
                        "null librocksdbjni-linux64.so",
                        "null librocksdbjni-linux-aarch64.so",
                        "lib/amd64-Linux-clang/jni libjunixsocket-native.so",
                        "lib/amd64-Linux-clang/jni libjunixsocket-native.nodeps.so",
                        "lib/aarch64-Linux-clang/jni libjunixsocket-native.so",
                        "lib/aarch64-Linux-clang/jni libjunixsocket-native.nodeps.so");
    }

    @Test
    void whatAnOperatorWritesSurvivesAnUpgrade() {
        assertThat(control("conffiles").text().lines()).containsExactly("/etc/rowback/rowback.toml");
        assertThat(deb.data()).containsKey("/etc/rowback/rowback.toml");
    }

    @Test
    void manualPagesAreFoundAndSoundToTheirFormatter() throws IOException, InterruptedException {
        assertThat(files("/usr/share/man/"))
                .contains("man1/rowback.1.gz", "man1/rowback-restore.1.gz", "man5/rowback.toml.5.gz")
                .contains("man8/rowbackd.8.gz", "man8/rowbackd-run.8.gz");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/man")), "there is no man");
        for (String page : files("/usr/share/man/")) {
            Process man = new ProcessBuilder(
                            "man",
                            "--warnings",
                            "-l",
                            HOME.resolve("man/" + page).toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(man.errorReader().lines()).as(page).isEmpty();
            assertThat(man.waitFor()).as(page).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rowback verif verify", "rowbackd reba rebaseline"})
    void shellsFindWhatCompletesTheCommands(String words) throws IOException {
        String[] word = words.split(" ", -1);
        assertThat(files("/usr/share/bash-completion/completions/")).contains(word[0]);
        assertThat(entry("/usr/share/zsh/vendor-completions/_" + word[0]).text())
                .startsWith("#compdef " + word[0]);
        String ask =
                "source %s; COMP_WORDS=(%s %s); COMP_CWORD=1; COMP_LINE='%s %s'; _complete_%s; echo ${COMPREPLY[@]}"
                        .formatted(
                                HOME.resolve("completion/bash/" + word[0]),
                                word[0],
                                word[1],
                                word[0],
                                word[1],
                                word[0]);
        // Outside of a completion the script has something to complain of.
        Process bash = new ProcessBuilder("bash", "-c", ask)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader output = bash.inputReader()) {
            assertThat(output.lines()).containsExactly(word[2]);
        }
    }

    @Test
    void whatOthersPutIntoTheFoldersIsInstalled() throws IOException {
        assertThat(files("/usr/lib/systemd/system/")).containsExactlyInAnyOrderElementsOf(names("systemd"));
        assertThat(deb.data().keySet())
                .containsAll(names("share").stream()
                        .map(name -> "/usr/share/rowback/" + name)
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"postinst", "prerm", "postrm"})
    void maintainerScriptsAreShellAndStopAtTheFirstFailure(String name) throws IOException, InterruptedException {
        DebianPackage.Entry script = control(name);
        assertThat(script.header().getMode() & 0777).isEqualTo(0755);
        assertThat(script.text()).startsWith("#!/bin/sh\nset -e\n");

        Process shell = new ProcessBuilder("sh", "-n")
                .inheritIO()
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try (OutputStream input = shell.getOutputStream()) {
            input.write(script.content().array());
        }
        assertThat(shell.waitFor()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"remove", "purge"})
    void removalTellsOfTheSlotThatWouldFillTheServersDisk(String action) {
        String script = control("postrm").text();
        String function = between(script, "\nslots() {\n", "\n}\n");
        assertThat(function).contains("rowbackd teardown", "pg_drop_replication_slot");
        assertThat(between(script, "\n    " + action + ")\n", ";;").lines()).contains("        slots");
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }

    @Test
    void launcherTellsTheDaemonWhereItIsInstalled() throws IOException {
        ProcessBuilder daemon = new ProcessBuilder(HOME.resolve("bin/rowbackd").toString(), "--version");
        daemon.environment().put("ROWBACK_JAVA_OPTS", "-XshowSettings:properties");
        Process process = daemon.redirectErrorStream(true).start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.lines().map(String::strip)).contains("rowback.home = " + HOME.toRealPath());
        }
    }

    private static DebianPackage.Entry entry(String path) {
        return found(deb.data(), path);
    }

    private static DebianPackage.Entry control(String name) {
        return found(deb.control(), name);
    }

    private static DebianPackage.Entry found(Map<String, DebianPackage.Entry> entries, String name) {
        DebianPackage.Entry entry = entries.get(name);
        assertThat(entry).as("%s among %s", name, entries.keySet()).isNotNull();
        return Objects.requireNonNull(entry);
    }

    /** The names of the files in one folder of the package. */
    private static List<String> files(String folder) {
        return deb.data().keySet().stream()
                .filter(path -> path.startsWith(folder) && !path.endsWith("/"))
                .map(path -> path.substring(folder.length()))
                .toList();
    }

    /** The files in one folder of the image. */
    private static List<String> names(String folder) throws IOException {
        Path root = HOME.resolve(folder);
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .toList();
        }
    }
}
