package io.rowback.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples that {@code --help} gives are command lines that the program understands. */
final class HelpTest {
    private static final String PROGRAM = "  rowback ";
    /** A word of a shell; two blanks, or what the shell takes for itself, end the command. */
    private static final Pattern WORD = Pattern.compile("\\G ?('[^']*'|\"[^\"]*\"|[^ '\">]+)");

    @TempDir
    private Path folder;

    static Stream<String> examples() {
        Rowback root = new Rowback(Map.of(), new StringWriter(), new StringWriter());
        return Main.commandLine(root).getSubcommands().values().stream()
                .flatMap(command ->
                        Arrays.stream(command.getCommandSpec().usageMessage().footer()))
                .filter(line -> line.startsWith(PROGRAM))
                .map(line -> line.substring(PROGRAM.length()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void exampleIsUnderstood(String example) {
        List<String> arguments = new ArrayList<>(WORD.matcher(example)
                .results()
                .map(MatchResult::group)
                .map(word -> word.strip().replaceAll("^(['\"])(.*)\\1$", "$2"))
                .toList());
        arguments.add("--store");
        arguments.add(folder.resolve("none").toString());
        StringWriter err = new StringWriter();

        int status =
                Main.run(Map.of(), new StringWriter(), new PrintWriter(err, true), arguments.toArray(String[]::new));

        // Whatever is wrong with a command line is found before the store is looked for.
        assertThat(status).as(err.toString()).isIn(ErrorCode.DONE.exitCode(), ErrorCode.NO_STORE.exitCode());
    }
}
