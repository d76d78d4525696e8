package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.postgres.ConfigKey;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ManualPagesTest {
    private static final Edition EDITION = new Edition("1.2.3", OffsetDateTime.parse("2026-01-02T03:04:05Z"));

    @ParameterizedTest
    @MethodSource("programs")
    void everyCommandHasAPageWithEveryOption(CommandLine program) {
        Map<String, String> pages = new CommandPages(program, 8, EDITION).pages();

        assertThat(pages).hasSize(1 + program.getSubcommands().size()).containsKey(program.getCommandName() + ".8");
        program.getSubcommands().forEach((name, command) -> {
            String page = pages.get(program.getCommandName() + "-" + name + ".8");
            assertThat(page).startsWith(".TH ").contains(".SH \"NAME\"", ".SH \"SYNOPSIS\"", ".SH \"DESCRIPTION\"");
            for (OptionSpec option : command.getCommandSpec().options()) {
                assertThat(page).contains(option.longestName().replace("-", "\\-"));
            }
        });
    }

    @Test
    void pageOfTheProgramTellsOfEachCommandWhatItsOwnPageIsNamedFor() {
        Map<String, String> pages = new CommandPages(io.rowback.restore.Main.commandLine(), 1, EDITION).pages();

        assertThat(pages.get("rowback.1"))
                .contains(".B \"rowback\\-drill(1)\"\n\\&Tries whether rows come back\n.TP\n");
        assertThat(pages.get("rowback-drill.1")).contains("rowback\\-drill \\- Tries whether rows come back\n");
    }

    @Test
    void headingsOfTheHelpAreSections() {
        Map<String, String> pages = new CommandPages(io.rowback.restore.Main.commandLine(), 1, EDITION).pages();

        assertThat(pages.get("rowback-restore.1"))
                .contains("\"ROWBACK-RESTORE\" 1 2026-01-02 \"Rowback 1.2.3\"")
                .contains(".SH \"EXIT STATUS\"\n", ".SH \"EXAMPLES\"\n.nf\n")
                .contains("\n\\&rowback\\-restore \\- Writes the SQL")
                .endsWith("\n\\&rowback(1), rowback.toml(5)\n");
    }

    @Test
    void whatAHelpTextHoldsIsNeverARequestToTheFormatter() {
        Roff page = new Roff("x", 1, EDITION)
                .line(".so /etc/passwd")
                .line("'br")
                .verbatim(List.of("  C:\\fB"))
                .entry("\"quoted\"", "-x");

        assertThat(page.toString().lines().skip(3))
                .containsExactly(
                        "\\&.so /etc/passwd",
                        "\\&\\(aqbr",
                        ".PP",
                        ".nf",
                        "\\&  C:\\efB",
                        ".fi",
                        ".TP",
                        ".B \"\\(dqquoted\\(dq\"",
                        "\\&\\-x");
    }

    @Test
    void everyKeyOfTheConfigurationIsOnItsPage() {
        assertThat(ConfigKey.values())
                .allSatisfy(key -> assertThat(ConfigurationPage.text(EDITION)).contains(".B \"" + key.path() + "\""));
    }

    @Test
    void unitsAndListsAreOnThePageOfTheConfiguration() {
        assertThat(ConfigurationPage.text(EDITION))
                .contains(
                        "kB, MB, GB or TB",
                        "s, min, h or d",
                        "[\"public.*\", \"app.orders\"]",
                        "between: public.*,app.orders.");
    }

    static Stream<CommandLine> programs() {
        return Stream.of(io.rowback.restore.Main.commandLine(), io.rowback.daemon.Main.commandLine());
    }
}
