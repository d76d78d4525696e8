package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.postgres.ConfigKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents name exists: files of this repository, the programs' commands, the keys of the configuration. */
class DocsIT {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern CODE = Pattern.compile("```.*?```|`[^`\n]+`", Pattern.DOTALL);
    private static final Pattern PATH = Pattern.compile("(?<![\\w/.$-])(?:\\./)?([\\w.-]+(?:/[\\w.-]+)+)");
    private static final Pattern TEST =
            Pattern.compile("\\b([A-Z]\\w*[a-z](?:IT|Test|Contract))\\b(?:\\.([a-z]\\w*))?");
    private static final Pattern COMMAND = Pattern.compile("(?<![\\w/.-]|-u )(?:\\./)?(rowbackd?) ([a-z][a-z-]*)\\b");

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkLeadsSomewhere(Path document) throws IOException {
        Path folder = Objects.requireNonNull(Checkout.ROOT.resolve(document).getParent());
        assertThat(found(LINK, text(document)).map(match -> folder.resolve(match.group(1))))
                .allSatisfy(path -> assertThat(path).exists());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyFileNamedInCodeExists(Path document) throws IOException {
        Stream<Path> named = found(CODE, text(document))
                .flatMap(code -> found(PATH, code.group()))
                .map(match -> match.group(1))
                .filter(DocsIT::meansThisRepository)
                .map(Checkout.ROOT::resolve);
        assertThat(named).allSatisfy(path -> assertThat(path).exists());
    }

    @Test
    void everyCommandNamedExists(@TempDir Path folder) throws IOException, InterruptedException {
        Map<String, Set<String>> existing = Map.of(
                "rowback",
                        io.rowback.restore.Main.commandLine().getSubcommands().keySet(),
                "rowbackd",
                        io.rowback.daemon.Main.commandLine().getSubcommands().keySet());
        Set<List<String>> others = new LinkedHashSet<>();
        for (Path document : documents().toList()) {
            found(CODE, text(document))
                    .flatMap(code -> found(COMMAND, code.group()))
                    .filter(command -> !Objects.requireNonNull(existing.get(command.group(1)))
                            .contains(command.group(2)))
                    .forEach(command -> others.add(List.of(command.group(1), command.group(2))));
        }
        assertThat(others).as("what only a checkout has").containsExactly(List.of("rowback", "demo"));
        assertThat(Checkout.run(folder, Checkout.ROOT.resolve("rowback"), "demo", "--help")
                        .out())
                .startsWith("Usage: rowback demo ");
    }

    @Test
    void readmeTellsEveryConfigurationKeyWithItsDefaultAndMeaning() throws IOException {
        List<String> rows = text(Path.of("README.md"))
                .lines()
                .filter(line -> line.matches("\\| `(databases|[a-z]+)\\..*"))
                .map(line -> line.replace("`", ""))
                .toList();
        assertThat(rows)
                .isEqualTo(Arrays.stream(ConfigKey.values())
                        .map(key -> "| %s | %s | %s |".formatted(key.path(), preset(key), key.meaning()))
                        .toList());
    }

    private static String preset(ConfigKey key) {
        return key.preset() == null ? "none" : key.preset().isEmpty() ? "empty" : key.preset();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyTestNamedExists(Path document) throws IOException {
        Map<String, String> tests = tests();
        assertThat(found(CODE, text(document)).flatMap(code -> found(TEST, code.group())))
                .allSatisfy(test -> {
                    assertThat(tests).containsKey(test.group(1));
                    String method = test.group(2);
                    assertThat(tests.get(test.group(1)))
                            .matches(source -> method == null || source.contains("void " + method + "("), test.group());
                });
    }

    /** The sources of all tests by their names. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.walk(Checkout.ROOT)) {
            for (Path file : files.filter(path -> path.toString().matches(".*/src/test/java/.*\\.java"))
                    .toList()) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return sources;
    }

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(Checkout.ROOT)) {
            return files
                    .map(Checkout.ROOT::relativize)
                    .filter(path -> path.toString().endsWith(".md"))
                    .filter(path -> !path.toString().contains("target/"))
                    .toList()
                    .stream();
        }
    }

    /** A path that begins with a folder of this repository; others are files of the machine, or no paths. */
    private static boolean meansThisRepository(String path) {
        return !path.contains("/target/")
                && Files.isDirectory(Checkout.ROOT.resolve(path.substring(0, path.indexOf('/'))));
    }

    private static String text(Path document) throws IOException {
        return Files.readString(Checkout.ROOT.resolve(document));
    }

    private static Stream<MatchResult> found(Pattern pattern, String text) {
        return pattern.matcher(text).results();
    }
}
