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
        // Read at the first request the script is one function, in which an alias that it makes itself is not known
        // yet: zsh
        // would look for a program of that name. Without it the script does without what that stands for.
        String script = bash(program).replaceFirst(" *alias compopt=.*\\R", "");
        return "#compdef " + name + "\nautoload -Uz bashcompinit && bashcompinit\n" + script
                + "\n_bash_complete -o default -F _complete_" + name + "\n";
    }
}
