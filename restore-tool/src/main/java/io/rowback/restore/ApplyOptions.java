package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Connections;
import io.rowback.restore.live.Preview;
import io.rowback.restore.live.Restoration;
import io.rowback.restore.output.Progress;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.sql.ScriptStatement;
import io.rowback.restore.sql.ScriptStatement.Phase;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options under which a plan is written to the target, and the asking before it is. */
final class ApplyOptions {
    @Option(
            names = "--apply",
            description =
                    "Write the plan to the database of --target, in one transaction, after the number of tables and"
                            + " rows was typed or given with --yes.")
    private boolean apply;

    @Option(
            names = "--yes",
            paramLabel = "ROWS",
            description = "Write without asking if the plan has exactly so many rows.")
    private @Nullable Integer rows;

    @Option(
            names = "--max-tables",
            paramLabel = "N",
            defaultValue = "20",
            description = "Write to no more tables. Default: ${DEFAULT-VALUE}.")
    private int maxTables;

    @SuppressWarnings("NullAway.Init") // picocli sets the options before it calls the command
    ApplyOptions() {}

    /** Whether the plan is to be written to a database. */
    boolean asked() {
        return apply;
    }

    /**
     * Checks the options.
     *
     * @param target whether a database is named
     * @throws RowbackException of code USAGE if something is missing
     */
    void check(boolean target) {
        if (apply && !target) {
            throw StoreCommand.usage("--apply needs a database", "Name it by --target URL.");
        }
        if (!apply && rows != null) {
            throw StoreCommand.usage("--yes is about --apply, which is not given", "Add --apply --target URL.");
        }
    }

    /**
     * Asks whether the plan is meant, if it may be written, and writes it; returns the id of the transaction.
     *
     * @param interruption is what Ctrl-C does from the first write on
     * @param progress tells how far it is
     * @throws RowbackException if nothing was written, and why
     */
    String run(
            Connections connections, RestorePlan plan, Preview preview, Interruption interruption, Progress progress) {
        int count = plan.rows();
        int tables = plan.tables().size();
        if (!preview.obstacles().isEmpty()) {
            throw refused(
                    "the role cannot write this plan",
                    "What is in the way is listed above; where a privilege is missing, connect as another role.");
        }
        if (tables > maxTables) {
            throw refused(
                    "the plan writes to " + tables + " tables, more than the " + maxTables + " that are allowed",
                    "Narrow it by --table, or allow as many with --max-tables.");
        }
        confirm(Terminal.of().map(console -> prompt -> console.readLine("%s", prompt)), tables, count);
        Restoration restoration = new Restoration(connections, plan, told(progress, count));
        interruption.interrupts(restoration);
        try {
            return restoration.run();
        } finally {
            progress.end();
        }
    }

    /** Reads what somebody types at a prompt; null if nothing more comes. */
    interface LineReader {
        @Nullable
        String read(String prompt);
    }

    /**
     * Makes sure that just this plan is meant.
     *
     * @param terminal where somebody sits, if somebody does
     * @throws RowbackException of code REFUSED if it is not
     */
    void confirm(Optional<LineReader> terminal, int tables, int count) {
        String expected = tables + " " + count;
        if (rows != null) {
            if (rows != count) {
                throw refused(
                        "the plan has " + count + " rows, not " + rows, "Look at it again; then --yes " + count + ".");
            }
        } else if (terminal.isEmpty()) {
            throw refused("nobody is there to ask whether this is meant", "If it is: --yes " + count + ".");
        } else {
            String typed =
                    terminal.get().read("Type the number of tables and of rows to write them (" + expected + "): ");
            if (typed == null || !typed.strip().equals(expected)) {
                throw refused("it was not confirmed", "Type exactly " + expected + " to write.");
            }
        }
    }

    private static Consumer<ScriptStatement> told(Progress progress, int count) {
        long[] written = new long[1];
        return statement -> {
            if (statement.phase() == Phase.WRITE) {
                written[0] += statement.rows();
                progress.rows("written", written[0], count);
            }
        };
    }

    private static RowbackException refused(String message, String hint) {
        return new RowbackException(ErrorCode.REFUSED, message + "; nothing was written", hint);
    }
}
