package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.Verification;
import io.rowback.restore.output.ComparisonPrinter;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.Progress;
import io.rowback.restore.output.VerificationPrinter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rowback verify}. */
@Command(
        name = "verify",
        description = {
            "Reads the whole store: checksums of files and values, the indexes against the log, counts, and whether each change"
                    + " of a row found what the history holds before it. Also while rowbackd writes. A write that a fall of"
                    + " the machine left unfinished, and that was never acknowledged, is told as a note. Of a store that"
                    + " cannot be opened the files are read, each by itself.",
            "",
            "With --target it compares the rows that the history holds last with those of a live database instead, which"
                    + " it only reads, in one snapshot. Rows that changed meanwhile are compared as they stood in that snapshot.",
            "",
            "Exit status 0: nothing is wrong. 14: the store is damaged. 1: rows of the live database are not what the history"
                    + " holds. 3: some could not be compared, or not for certain; each thing is listed."
        },
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback verify",
            "  rowback verify --sample 1000                       quickly: that many rows, drawn at random",
            "  rowback verify --sample 1000 --seed 4711           the same rows again",
            "  rowback verify --target postgresql://alice@db1/app",
            "  rowback verify --target app --table users --table orders --json"
        })
final class VerifyCommand extends StoreCommand {
    @Option(
            names = "--sample",
            paramLabel = "N",
            description =
                    "Draw N rows and verify all that is stored of each, in place of the whole store: takes seconds however"
                            + " large that is.")
    private @Nullable Integer sample;

    @Option(names = "--seed", paramLabel = "N", description = "Draw as a --sample did that named this seed.")
    private @Nullable Long seed;

    @Mixin
    private TargetOptions target;

    @Option(
            names = "--table",
            paramLabel = "TABLE",
            description = "With --target: compare this table alone; may be given several times.")
    private List<String> tables = List.of();

    @SuppressWarnings("NullAway.Init") // picocli sets the options before it calls the command
    VerifyCommand() {}

    @Override
    void checkArguments() {
        target.check();
        if (sample != null && sample < 1) {
            throw usage("--sample must be 1 or more", "Leave it out to verify everything.");
        }
        if (seed != null && sample == null) {
            throw usage("--seed is about rows that are drawn", "Add --sample N.");
        }
        if (sample != null && target.named()) {
            throw usage("--sample and --target exclude each other", "With --target, --table narrows what is compared.");
        }
        if (!tables.isEmpty() && !target.named()) {
            throw usage("--table is about what is compared with a live database", "Add --target URL.");
        }
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Progress progress = root().progress();
        try {
            return target.named()
                    ? new LiveVerification(root(), target, new ComparisonPrinter(output), progress).run(reader, tables)
                    : verify(reader, output, progress);
        } finally {
            // What failed is told on a line of its own.
            progress.end();
        }
    }

    /** Its files can be read all the same. */
    @Override
    ErrorCode refused(RowbackException refusal, Output output) {
        if (refusal.code() != ErrorCode.STORE_CORRUPT || target.named()) {
            throw refusal;
        }
        Progress progress = root().progress();
        Verification verification = RocksHistoryReader.verifyFiles(store(), refusal, watch(progress));
        progress.end();
        return tell(verification, null, output);
    }

    private static ObjLongConsumer<String> watch(Progress progress) {
        return (what, read) -> progress.tell(what + ": " + read);
    }

    private ErrorCode verify(RocksHistoryReader reader, Output output, Progress progress) {
        Integer rows = sample;
        long drawnWith = seed == null ? new SplittableRandom().nextInt(Integer.MAX_VALUE) : seed;
        Verification verification =
                rows == null ? reader.verify(watch(progress)) : reader.verify(rows, drawnWith, watch(progress));
        progress.end();
        return tell(verification, rows == null ? null : drawnWith, output);
    }

    private static ErrorCode tell(Verification verification, @Nullable Long seed, Output output) {
        try {
            new VerificationPrinter(output).print(verification, seed);
        } catch (UncheckedIOException e) {
            if (verification.sound()) {
                throw e;
            }
        }
        if (verification.sound()) {
            return ErrorCode.DONE;
        }
        output.error("error: the store is corrupt in " + verification.found() + " places");
        output.error(
                "hint: Restore it from a backup, or let rowbackd begin a new store and keep this one aside. If chains"
                        + " alone are broken, rowbackd rebaseline TABLE reads a table anew.");
        return ErrorCode.STORE_CORRUPT;
    }
}
