package io.rowback.deploy;

import picocli.AutoComplete;
import picocli.CommandLine;

/** What lets shells complete a program's commands and options, where the shells look for it by themselves. */
final class Completion {
    private Completion() {}

    static String bash(CommandLine program) {
        // It is read, not run.
        return AutoComplete.bash(program.getCommandName(), program).replaceFirst("^#!.*\\R", "");
    }

    /** zsh runs what is made for bash, and here at the first request already. */
    static String zsh(CommandLine program) {
        String name = program.getCommandName();
        return "#compdef " + name + "\nautoload -Uz bashcompinit && bashcompinit\n" + bash(program)
                + "\n_bash_complete -o default -F _complete_" + name + "\n";
    }
}
