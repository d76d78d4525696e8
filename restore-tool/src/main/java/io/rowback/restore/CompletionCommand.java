package io.rowback.restore;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rowback completion}. */
@Command(
        name = "completion",
        description = "Prints a script that lets the shell complete commands and options.",
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  source <(rowback completion bash)",
            "  rowback completion zsh > ~/.rowback-completion    and source it from ~/.zshrc"
        })
final class CompletionCommand implements Callable<Integer> {
    /** The shells that the script serves; zsh runs what is made for bash once it has been told to. */
    enum Shell {
        BASH,
        ZSH
    }

    private static final class Shells extends Words {
        Shells() {
            super(Shell.values());
        }
    }

    @Parameters(
            index = "0",
            paramLabel = "SHELL",
            completionCandidates = Shells.class,
            description = "${COMPLETION-CANDIDATES}")
    private Shell shell;

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    CompletionCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (shell == Shell.ZSH) {
            out.println("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
        }
        out.print(AutoComplete.bash("rowback", Main.commandLine()));
        out.flush();
        return 0;
    }
}
