package io.rowback.daemon;

import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rowbackd completion}. */
@Command(
        name = "completion",
        description = "Prints a script that lets the shell complete commands and options.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  source <(rowbackd completion bash)",
            "  rowbackd completion zsh > ~/.rowbackd-completion    and source it from ~/.zshrc"
        })
final class CompletionCommand implements Callable<Integer> {
    /** The shells that the script serves; zsh runs what is made for bash once it has been told to. */
    enum Shell {
        BASH,
        ZSH
    }

    /** As the help writes them. */
    private static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("bash", "zsh").iterator();
        }
    }

    @Parameters(index = "0", paramLabel = "SHELL", completionCandidates = Shells.class, description = "bash or zsh.")
    @SuppressWarnings("NullAway.Init")
    private Shell shell;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (shell == Shell.ZSH) {
            out.println("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
        }
        out.print(AutoComplete.bash("rowbackd", spec.root().commandLine()));
        out.flush();
        return 0;
    }
}
