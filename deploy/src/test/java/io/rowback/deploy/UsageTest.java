package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** What both programs say to who types something wrong, or asks for help. */
class UsageTest {
    @ParameterizedTest
    @CsvSource({
        "rowback statsu, error: Unmatched argument at index 0: 'statsu', hint: Did you mean status?",
        "rowback restore --on-conflit, error: Unknown option: '--on-conflit', hint: Did you mean --on-conflict?",
        "rowback status --store, error: Missing required parameter, hint: See rowback status --help.",
        "rowbackd chek, error: Unmatched argument at index 0: 'chek', hint: Did you mean check?",
        "rowbackd check --jsn, error: Unknown option: '--jsn', hint: Did you mean --json?",
        "rowbackd check --db, error: Missing required parameter, hint: See rowbackd check --help.",
        "rowbackd, error: a command is missing, hint: See rowbackd --help.",
    })
    void whatIsTypedWrongIsRefusedWithWhatIsNearestOrWhereToRead(String typed, String error, String hint) {
        List<String> words = List.of(typed.split(" ", -1));
        StringWriter err = new StringWriter();

        int status = program(words.get(0))
                .setErr(new PrintWriter(err, true))
                .execute(words.subList(1, words.size()).toArray(String[]::new));

        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(2).first().asString().startsWith(error);
        assertThat(err.toString().lines()).last().isEqualTo(hint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rowback", "rowbackd"})
    void noLineOfAHelpThatIsLaidOutByHandIsBroken(String name) {
        CommandLine program = program(name);
        assertThat(Stream.concat(Stream.of(program), program.getSubcommands().values().stream()))
                .allSatisfy(
                        command -> assertThat(command.getUsageMessage(Ansi.OFF).lines())
                                .containsAll(Arrays.asList(
                                        command.getCommandSpec().usageMessage().footer())));
    }

    private static CommandLine program(String name) {
        return name.equals("rowbackd") ? io.rowback.daemon.Main.commandLine() : io.rowback.restore.Main.commandLine();
    }
}
