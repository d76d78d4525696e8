package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What a shell offers where a word is still to be typed. */
class CompletionTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "rowback restore --on-conflict, refuse skip overwrite",
        "rowback restore --triggers, keep disable",
        "rowback restore --ops, delete update insert",
        "rowback transactions --op, insert update delete truncate",
        "rowback completion, bash zsh",
        "rowbackd completion, bash zsh",
    })
    void wordsAreOfferedThatTheProgramTakesInTheirPlace(String typed, String offered) throws IOException {
        String program = typed.substring(0, typed.indexOf(' '));
        CommandLine commands = program.equals("rowbackd")
                ? io.rowback.daemon.Main.commandLine()
                : io.rowback.restore.Main.commandLine();
        String bash = Completion.bash(commands);

        assertThat(offeredBehind(typed, program, bash)).containsExactly(offered.split(" ", -1));
        assertThat(Completion.zsh(commands))
                .contains(bash.substring(bash.indexOf("\nfunction ")))
                .doesNotContain("alias compopt");
    }

    /** Asks bash, where the cursor stands behind these words and a space. */
    private List<String> offeredBehind(String typed, String program, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(program), script);
        int words = typed.split(" ", -1).length;
        String ask =
                "source %s; COMP_WORDS=(%s ''); COMP_CWORD=%d; COMP_LINE='%s '; _complete_%s; printf '%%s\\n' ${COMPREPLY[@]}"
                        .formatted(file, typed, words, typed, program);
        // Outside of a completion the script has something to complain of.
        Process bash = new ProcessBuilder("bash", "-c", ask)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader output = bash.inputReader()) {
            return output.lines().toList();
        }
    }
}
