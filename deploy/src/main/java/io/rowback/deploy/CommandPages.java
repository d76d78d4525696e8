package io.rowback.deploy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The manual pages of a program, one for itself and one for each of its commands, from what {@code --help} is made of: so
 * they tell the same.
 */
final class CommandPages {
    /** So wide that picocli breaks no line; the reader's pager does. */
    private static final int WIDTH = 10_000;

    private static final int DESCRIPTION_COLUMN = 4;

    private final CommandSpec program;
    private final int section;
    private final Edition edition;

    CommandPages(CommandLine program, int section, Edition edition) {
        program.setUsageHelpWidth(WIDTH);
        this.program = program.getCommandSpec();
        this.section = section;
        this.edition = edition;
    }

    /** The pages by the names of their files. */
    Map<String, String> pages() {
        Map<String, String> pages = new LinkedHashMap<>();
        commands().forEach(command -> pages.put(name(command) + "." + section, page(command)));
        return pages;
    }

    private Stream<CommandSpec> commands() {
        return Stream.concat(
                Stream.of(program), program.subcommands().values().stream().map(CommandLine::getCommandSpec));
    }

    private static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    private String page(CommandSpec command) {
        Help help = new Help(command, Help.defaultColorScheme(Ansi.OFF));
        Roff page = new Roff(name(command), section, edition);
        List<String> description = lines(help.description());
        page.section("NAME").line(name(command) + " - " + summary(description));
        page.section("SYNOPSIS").line(help.synopsis(0).strip());
        text(page.section("DESCRIPTION"), description);
        arguments(page, command, help);
        options(page, command, help);
        if (command == program) {
            page.section("COMMANDS");
            program.subcommands().values().stream()
                    .map(CommandLine::getCommandSpec)
                    .forEach(each -> page.entry(
                            name(each) + "(" + section + ")",
                            summary(lines(new Help(each, Help.defaultColorScheme(Ansi.OFF)).description()))));
        }
        exitStatus(page, command.usageMessage());
        footer(page, lines(help.footerHeading() + help.footer()));
        page.section("SEE ALSO").line(related(command));
        return page.toString();
    }

    /** The first sentence, without its full stop. */
    private static String summary(List<String> description) {
        return description.get(0).replaceFirst("\\.(\\s.*)?$", "");
    }

    private static void arguments(Roff page, CommandSpec command, Help help) {
        if (!command.positionalParameters().isEmpty()) {
            page.section("ARGUMENTS");
            for (PositionalParamSpec argument : command.positionalParameters()) {
                Text[][] rows = help.createDefaultParameterRenderer()
                        .render(argument, help.createDefaultParamLabelRenderer(), help.colorScheme());
                page.entry(argument.paramLabel(), words(rows));
            }
        }
    }

    private static void options(Roff page, CommandSpec command, Help help) {
        page.section("OPTIONS");
        for (OptionSpec option : command.options()) {
            Text[][] rows = help.createDefaultOptionRenderer()
                    .render(option, help.createDefaultParamLabelRenderer(), help.colorScheme());
            String label = help.createDefaultParamLabelRenderer()
                    .renderParameterLabel(option, Ansi.OFF, List.of())
                    .toString();
            page.entry(String.join(", ", option.names()) + label, words(rows));
        }
    }

    /** What picocli says of an option or argument, in the last column of its table. */
    private static String words(Text[][] rows) {
        return Arrays.stream(rows)
                .map(row -> row[Math.min(DESCRIPTION_COLUMN, row.length - 1)]
                        .plainString()
                        .strip())
                .collect(Collectors.joining(" "));
    }

    private static void exitStatus(Roff page, UsageMessageSpec usage) {
        if (!usage.exitCodeList().isEmpty()) {
            page.section("EXIT STATUS");
            usage.exitCodeList().forEach(page::entry);
        }
    }

    /** What a help text ends with: headings, and below them text or examples. */
    private static void footer(Roff page, List<String> lines) {
        List<String> block = new ArrayList<>();
        boolean opened = false;
        for (String line : lines) {
            if (line.matches("[A-Z][A-Za-z ]*:?")
                    && (line.endsWith(":") || line.equals(line.toUpperCase(Locale.ROOT)))) {
                text(page, block);
                block.clear();
                page.section(line.replace(":", "").toUpperCase(Locale.ROOT));
                opened = true;
            } else {
                if (!opened && !line.isBlank()) {
                    page.section("NOTES");
                    opened = true;
                }
                block.add(line);
            }
        }
        text(page, block);
    }

    /** Text, of which indented lines stay as they are. */
    private static void text(Roff page, List<String> lines) {
        List<String> block = new ArrayList<>();
        boolean fixed = false;
        for (String line : lines) {
            if (line.isBlank() || line.startsWith(" ") != fixed) {
                flush(page, block, fixed);
            }
            fixed = line.startsWith(" ");
            if (!line.isBlank()) {
                block.add(line);
            }
        }
        flush(page, block, fixed);
    }

    private static void flush(Roff page, List<String> block, boolean fixed) {
        if (!block.isEmpty()) {
            if (fixed) {
                page.verbatim(block);
            } else {
                page.paragraph(String.join(" ", block));
            }
            block.clear();
        }
    }

    private String related(CommandSpec command) {
        return Stream.concat(
                        commands()
                                .filter(other -> command != other && (other == program || command == program))
                                .map(other -> name(other) + "(" + section + ")"),
                        Stream.of("rowback.toml(5)"))
                .collect(Collectors.joining(", "));
    }

    private static List<String> lines(String text) {
        return text.lines().toList();
    }
}
