package io.rowback.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rowback.daemon.log.Journal;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code rowbackd}. */
@Command(
        name = "rowbackd",
        description = "Keeps the history of every row of PostgreSQL databases.",
        version = "rowbackd " + Main.VERSION,
        mixinStandardHelpOptions = true,
        subcommands = {
            RunCommand.class,
            CheckCommand.class,
            ConfigCommand.class,
            SetupSqlCommand.class,
            TeardownCommand.class,
            SkipCommand.class,
            DrainCommand.class,
            AdoptCommand.class,
            RebaselineCommand.class,
            CompletionCommand.class
        },
        footer = {
            "",
            "Exit status:",
            "  0    done, or stopped by SIGTERM",
            "  1    failed; of `check`: something must be mended first",
            "  2    the command line or the configuration is wrong",
            "  3    stopped by SIGTERM, but the capture of a database had ended before by itself; of `teardown`:",
            "       something is left for a DBA",
            "  4    refused: a privilege or a setting is missing, or the store belongs to another server",
            "  10   there is no store yet",
            "  11   the store is locked by another process or has another format",
            "  13   Postgres cannot be reached",
            "  14   the store is corrupt",
            "  130  interrupted",
            "",
            "Examples:",
            "  rowbackd setup-sql --config rowback.toml   the SQL that a DBA runs once",
            "  rowbackd check --config rowback.toml       is everything ready?",
            "  rowbackd run --config rowback.toml         capture until stopped",
            "  rowbackd teardown --config rowback.toml    the SQL that gives a database up; --yes does it",
            "  rowbackd rebaseline users                  read a table anew",
            "  rowbackd skip 0/16B3748                    give up what the server cannot decode",
            "  rowbackd drain; rowbackd adopt             before and after pg_upgrade"
        })
public final class Main implements Runnable {
    static final String VERSION = "0.1.0";

    /** Of the help, in characters: what is laid out by hand is narrower, and would be broken in two otherwise. */
    private static final int WIDTH = 110;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** Runs a command and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(
                execute(arguments, new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8)));
    }

    /** Runs a command and returns its exit status. */
    static int execute(String[] arguments, PrintWriter out, PrintWriter err) {
        return commandLine().setOut(out).setErr(err).execute(arguments);
    }

    /** The whole command line, also for what is made from it: manual pages, completion. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setUsageHelpWidth(WIDTH)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> explain(failure, command.getErr()))
                .setParameterExceptionHandler((wrong, arguments) -> refuse(wrong));
    }

    private static int refuse(ParameterException wrong) {
        CommandLine command = wrong.getCommandLine();
        List<String> near =
                wrong instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String hint = near.isEmpty()
                ? "See " + command.getCommandSpec().qualifiedName() + " --help."
                : "Did you mean " + near.get(0) + "?";
        RowbackException refusal = new RowbackException(ErrorCode.USAGE, String.valueOf(wrong.getMessage()), hint);
        print(refusal, command.getErr());
        return refusal.code().exitCode();
    }

    private static int explain(Exception failure, PrintWriter err) {
        if (failure instanceof RowbackException explained) {
            print(explained, err);
            return explained.code().exitCode();
        }
        err.println(Journal.errorPrefix() + "error: unexpected failure");
        failure.printStackTrace(err);
        return ErrorCode.FAILED.exitCode();
    }

    static void print(RowbackException failure, PrintWriter err) {
        err.println(Journal.errorPrefix() + "error: " + failure.getMessage());
        if (failure.hint() != null) {
            err.println(Journal.errorPrefix() + "hint: " + failure.hint());
        }
    }

    /** The environment that configuration is read from. */
    static Map<String, String> environment() {
        return System.getenv();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
