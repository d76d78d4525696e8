package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.PrintableText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program {@code rowback}. No lambda here has to do with a class of picocli: such a class, too old for the JVM to keep it
 * once it was linked for a lambda, would be read from its jar at each start.
 */
public final class Main {
    private static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

    /** Of the help, in characters: what is laid out by hand is narrower, and would be broken in two otherwise. */
    private static final int WIDTH = 110;

    static {
        EXIT_CODES.put("0", "done");
        EXIT_CODES.put("1", "failed");
        EXIT_CODES.put("2", "the command line or the configuration is wrong");
        EXIT_CODES.put("3", "done, but something was skipped; each thing is listed");
        EXIT_CODES.put("4", "refused, nothing was written");
        EXIT_CODES.put("10", "there is no store");
        EXIT_CODES.put("11", "the store is locked or of another format");
        EXIT_CODES.put("12", "the point in time is not covered by the history");
        EXIT_CODES.put("13", "Postgres cannot be reached");
        EXIT_CODES.put("14", "the store is corrupt");
        EXIT_CODES.put("130", "interrupted");
    }

    private Main() {}

    /** Runs a command line and ends the process with its exit code. */
    public static void main(String[] args) {
        // Not System.out, which would swallow that the reader of a pipe has gone.
        Writer out = new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8), true);
        System.exit(run(System.getenv(), out, err, args));
    }

    /** Runs a command line and returns its exit code. */
    public static int run(Map<String, String> environment, Writer out, PrintWriter err, String... args) {
        // To describe the command to picocli takes longer. What fails is told when a store is opened.
        CompletableFuture<Void> preparation = CompletableFuture.runAsync(
                        RocksHistoryReader::prepare, task -> new Thread(task, "preparation").start())
                .exceptionally(failure -> null);
        Rowback root = new Rowback(environment, out, err);
        CommandLine commandLine = commandLine(root, args);
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(err);
        int exitCode = flush(out, err, execute(commandLine, args));
        // The process must not end amid the loading of a native library.
        preparation.join();
        root.interruption().told(exitCode);
        return exitCode;
    }

    private static int execute(CommandLine commandLine, String... args) {
        try {
            return commandLine.execute(args);
        } catch (OutOfMemoryError e) {
            PrintWriter err = commandLine.getErr();
            err.println("error: the " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MB of memory that this command has do not suffice");
            err.println(
                    "hint: Ask for less at a time, or give it more, say 8 GB by ROWBACK_JAVA_OPTS=-Xmx8g in the environment.");
            return ErrorCode.FAILED.exitCode();
        }
    }

    /** Hands over what was printed; returns the exit code that a command with this one then has. */
    private static int flush(Writer out, PrintWriter err, int exitCode) {
        try {
            out.flush();
            return exitCode;
        } catch (IOException e) {
            return failedIo(err, e, exitCode);
        } finally {
            err.flush();
        }
    }

    /** The whole command line, for what is made from it: manual pages, completion. */
    public static CommandLine commandLine() {
        return commandLine(new Rowback(Map.of(), Writer.nullWriter(), Writer.nullWriter()));
    }

    /** The whole command line. */
    static CommandLine commandLine(Rowback root) {
        return commandLine(new CommandLine(root), Rowback.COMMANDS);
    }

    /**
     * As much of the command line as these arguments take: to describe the other commands would cost more than most take to
     * answer.
     */
    private static CommandLine commandLine(Rowback root, String... args) {
        CommandLine commandLine = new CommandLine(root);
        return commandLine(commandLine, needed(commandLine, args));
    }

    /** The command that the arguments begin with, behind options of the root; all if it is none, or cannot be told. */
    private static List<Class<?>> needed(CommandLine root, String... args) {
        root.setStopAtUnmatched(true);
        try {
            Optional<Class<?>> named =
                    root.parseArgs(args).unmatched().stream().findFirst().flatMap(Rowback::command);
            return named.isPresent() ? List.of(named.get()) : Rowback.COMMANDS;
        } catch (ParameterException e) {
            // It is told once all commands are known.
            return Rowback.COMMANDS;
        } finally {
            root.setStopAtUnmatched(false).setUnmatchedArgumentsAllowed(false);
        }
    }

    private static CommandLine commandLine(CommandLine root, List<Class<?>> commands) {
        for (Class<?> command : commands) {
            root.addSubcommand(command);
        }
        root.setUsageHelpWidth(WIDTH);
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setExecutionExceptionHandler(new Failure());
        root.setParameterExceptionHandler(new WrongArguments());
        describe(root);
        return root;
    }

    private static final class Failure implements IExecutionExceptionHandler {
        @Override
        public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
            return failed(command.getErr(), e);
        }
    }

    private static final class WrongArguments implements IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException e, String[] args) {
            PrintWriter err = e.getCommandLine().getErr();
            err.println("error: " + e.getMessage());
            err.println("hint: " + hint(e));
            return ErrorCode.USAGE.exitCode();
        }
    }

    private static String hint(ParameterException wrong) {
        List<String> near =
                wrong instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        return near.isEmpty()
                ? "See " + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help."
                : "Did you mean " + near.get(0) + "?";
    }

    /** What every command has, behind its own options and those of the root. */
    private static void describe(CommandLine commandLine) {
        commandLine
                .getCommandSpec()
                .mixinStandardHelpOptions(true)
                .usageMessage()
                .exitCodeListHeading("%nEXIT STATUS%n")
                .exitCodeList(EXIT_CODES);
        for (CommandLine command : commandLine.getSubcommands().values()) {
            describe(command);
        }
    }

    private static int failed(PrintWriter err, Exception exception) {
        if (exception instanceof RowbackException e) {
            err.println("error: " + PrintableText.oneLine(String.valueOf(e.getMessage())));
            String hint = e.hint();
            if (hint != null) {
                err.println("hint: " + PrintableText.oneLine(hint));
            }
            return e.code().exitCode();
        }
        if (exception instanceof UncheckedIOException) {
            return failedIo(err, exception.getCause(), ErrorCode.DONE.exitCode());
        }
        err.println("error: this should not have happened");
        exception.printStackTrace(err);
        err.println("hint: It is a bug of Rowback; please report it with the lines above.");
        return ErrorCode.FAILED.exitCode();
    }

    private static int failedIo(PrintWriter err, @Nullable Throwable io, int exitCode) {
        String message = String.valueOf(io == null ? null : io.getMessage());
        if (message.equals("Broken pipe")) {
            // Whoever read our output has all that was wanted.
            return exitCode;
        }
        err.println("error: cannot read or write: " + message);
        return ErrorCode.FAILED.exitCode();
    }
}
