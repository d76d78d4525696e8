package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.Questions;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.Output;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ParentCommand;

/** A command that asks a store: the one place that opens it. */
abstract class StoreCommand implements Callable<Integer> {
    @ParentCommand
    private Rowback root;

    @SuppressWarnings("NullAway.Init") // picocli sets the root before it calls the command
    StoreCommand() {}

    /** Answers from the store. */
    abstract ErrorCode run(RocksHistoryReader reader, Output output);

    @Override
    public final Integer call() {
        checkArguments();
        RocksHistoryReader opened;
        try {
            opened = RocksHistoryReader.open(root.store(), questions());
        } catch (RowbackException e) {
            return refused(e, root.output()).exitCode();
        }
        try (RocksHistoryReader reader = opened) {
            return run(reader, root.output()).exitCode();
        }
    }

    /** What is to be said of a store that cannot be opened. */
    ErrorCode refused(RowbackException refusal, Output output) {
        throw refusal;
    }

    /**
     * Checks what can be checked before anything is opened.
     *
     * @throws RowbackException of code USAGE if arguments contradict each other
     */
    void checkArguments() {}

    /** What the store is going to be asked. */
    Questions questions() {
        return Questions.ALL;
    }

    /** The options that every command has. */
    Rowback root() {
        return root;
    }

    /** The folder of the store. */
    Path store() {
        return root.store();
    }

    /** Notes the partitions that a key says nothing about, which are those without one. */
    static void noteUnidentified(List<TableInfo> named, List<TableInfo> identifying, Output output) {
        named.stream()
                .filter(table -> !identifying.contains(table))
                .forEach(
                        table -> output.note("note: partition " + table.schema().name()
                                + " has no key and is left out; --where finds its rows by their values"));
    }

    static void checkLimit(int limit) {
        if (limit < 0) {
            throw usage("--limit cannot be negative", "--limit 0 leaves out all.");
        }
    }

    static RowbackException usage(String message, String hint) {
        return new RowbackException(ErrorCode.USAGE, message, hint);
    }
}
