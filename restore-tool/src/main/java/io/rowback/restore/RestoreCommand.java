package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.bundle.Bundle;
import io.rowback.restore.live.LiveDatabase;
import io.rowback.restore.live.Preview;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.PlanPrinter;
import io.rowback.restore.output.Progress;
import io.rowback.restore.plan.DroppedColumns;
import io.rowback.restore.plan.DroppedTable;
import io.rowback.restore.plan.PlanningWatch;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlan.Outcome;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.RestoreRequest.TriggerMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.Tables;
import io.rowback.restore.sql.SqlWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rowback restore}. */
@Command(
        name = "restore",
        description = {
            "Writes the SQL that puts right what some transactions, or all of a window, did. Prints it on standard output"
                    + " and a summary on standard error; writes to a database with --apply alone.",
            "",
            "Rows and columns that somebody changed since are conflicts; see --on-conflict. --columns and --except-columns"
                    + " concern rows that exist: a deleted row comes back whole."
        },
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback restore --tx 745,746 -o restore.sql",
            "  rowback restore --tx 745,746 --target postgresql://alice@db1/shop -o restore.sql",
            "  rowback restore --tx 745,746 --target postgresql://alice@db1/shop --apply --yes 14",
            "  rowback restore --tx 745 --columns diagnosis,training_plan --on-conflict skip",
            "  rowback restore --from -1h --to -50min --table users --key 42 --related",
            "  rowback restore --user alice --from -1h --table users --key-range 1..500",
            "  rowback restore --at -1h --table users             all that changed since then; all of it if it was dropped",
            "  rowback restore --at -1h --table users --columns plan   the column plan, if it was dropped",
            "  rowback restore --from tx:745 --to now --table users --where \"plan = 'pro'\" --at tx:745"
        })
final class RestoreCommand extends StoreCommand {
    @Mixin
    private ScopeOptions scope;

    @Mixin
    private TargetOptions target;

    @Mixin
    private ApplyOptions apply;

    @Option(
            names = "--at",
            paramLabel = "T",
            converter = PointConverter.class,
            description = "Put the rows back as they were at this point, instead of undoing what the scope did."
                    + " Others' later changes that this would discard are conflicts. Without a window, all changes since"
                    + " then are the incident.")
    private @Nullable PointInTime at;

    @Option(
            names = "--columns",
            paramLabel = "A,B",
            split = ",",
            description =
                    "Put back only these columns of rows that exist. With --table and --at T: columns that were dropped.")
    private Set<String> columns = new LinkedHashSet<>();

    @Option(
            names = "--except-columns",
            paramLabel = "A,B",
            split = ",",
            description = "Put back all but these columns of rows that exist.")
    private Set<String> exceptColumns = new LinkedHashSet<>();

    @Option(
            names = "--ops",
            paramLabel = "OP,OP",
            split = ",",
            defaultValue = "delete,update",
            completionCandidates = Undoable.class,
            description = "Undo these operations: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Set<Operation> operations = new LinkedHashSet<>();

    @Option(
            names = "--on-conflict",
            paramLabel = "ANSWER",
            defaultValue = "refuse",
            completionCandidates = Answers.class,
            description = "refuse: no SQL. skip: leave what somebody changed since. overwrite: write over it."
                    + " Default: ${DEFAULT-VALUE}.")
    private ConflictMode onConflict;

    @Option(
            names = "--allow-incomplete",
            description = "Plan the rest although some rows must be refused; each one is listed.")
    private boolean allowIncomplete;

    @Option(
            names = "--max-rows",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Refuse larger plans. Default: ${DEFAULT-VALUE}.")
    private int maxRows;

    @Option(
            names = "--triggers",
            paramLabel = "MODE",
            defaultValue = "keep",
            completionCandidates = TriggerModes.class,
            description =
                    "keep: triggers of the tables fire. disable: they do not; takes the owner of the tables, and others"
                            + " cannot write to them until it is over. Default: ${DEFAULT-VALUE}.")
    private TriggerMode triggers;

    @Option(names = "-o", paramLabel = "FILE", description = "Write to this file, which must not exist.")
    private @Nullable Path file;

    @Option(
            names = "--bundle",
            paramLabel = "DIR",
            description =
                    "Write a folder with the SQL, the SQL that takes it back, queries that verify it, a report, the affected"
                            + " rows with their owners, and the plan. DIR must not exist, or be empty.")
    private @Nullable Path bundle;

    @Option(
            names = "--owner",
            paramLabel = "TABLE",
            description =
                    "With --bundle: the table whose rows others belong to, users perhaps. Default: where foreign keys end.")
    private @Nullable String owner;

    @Option(names = "--force", description = "Replace the file of -o if it exists.")
    private boolean force;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    RestoreCommand() {}

    private static final class Undoable extends Words {
        Undoable() {
            super(Operation.DELETE, Operation.UPDATE, Operation.INSERT);
        }
    }

    private static final class Answers extends Words {
        Answers() {
            super(ConflictMode.values());
        }
    }

    private static final class TriggerModes extends Words {
        TriggerModes() {
            super(TriggerMode.values());
        }
    }

    @Override
    void checkArguments() {
        scope.check(at != null);
        target.check();
        apply.check(target.named());
        if (apply.asked() && file != null) {
            throw usage("-o and --apply exclude each other", "--bundle keeps what is written, and what takes it back.");
        }
        if (operations.contains(Operation.TRUNCATE)) {
            throw usage("--ops takes delete, update and insert", "A TRUNCATE is undone as the deletion of its rows.");
        }
        if (bundle != null) {
            if (file != null) {
                throw usage("-o and --bundle exclude each other", "The bundle holds the SQL as restore.sql.");
            }
            Bundle.requireFree(bundle);
        } else if (owner != null) {
            throw usage("--owner needs --bundle", "It says whom the bundle's affected.csv names as owner.");
        }
        if (file != null && Files.exists(file) && !force) {
            throw usage(file + " exists", "Name another file, or replace it with --force.");
        }
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Tables tables = new Tables(reader.tables());
        Lsn point = at == null ? null : at.resolve(reader, Clock.systemUTC());
        Scope incident = scope.resolve(reader, tables, point);
        Set<String> named = new LinkedHashSet<>(columns);
        named.addAll(exceptColumns);
        List<TableInfo> touched = incident.countsAllTables()
                ? tables.all()
                : incident.narrowings().stream().map(Scope.Narrowing::table).toList();
        RestoreRequest request = new RestoreRequest(
                incident,
                point,
                new ColumnChoice(columns, exceptColumns),
                operations,
                onConflict,
                allowIncomplete,
                maxRows,
                triggers);
        if (!target.named()) {
            ColumnNames.check(named, touched);
            RestorePlan plan = plan(reader, request, null);
            return tell(plan, null, new PlanPrinter(output, plan), reader, tables, output);
        }
        LiveDatabase live = target.open(root(), reader.info());
        RestorePlan plan;
        Preview preview;
        // Closed before anything is written, so that its snapshot keeps nobody.
        try (live) {
            // A column may have been renamed there since.
            ColumnNames.check(named, live.tables(touched));
            plan = plan(reader, request, live);
            preview = live.preview(plan);
        }
        PlanPrinter printer = new PlanPrinter(output, plan, preview);
        if (!apply.asked() || plan.outcome() == Outcome.REFUSED || plan.isEmpty()) {
            return tell(plan, preview, printer, reader, tables, output);
        }
        printer.summary();
        if (bundle != null) {
            write(plan, preview, printer, reader, tables, output);
        }
        try {
            printer.committed(apply.run(live.connections(), plan, preview, root().interruption(), root().progress()));
        } finally {
            tellDocument(printer, output);
        }
        return end(plan);
    }

    private RestorePlan watched(Function<PlanningWatch, RestorePlan> planning) {
        Progress progress = root().progress();
        try {
            return planning.apply((planned, touched) -> {
                if (planned == 0) {
                    progress.rows("found", touched, 0);
                } else {
                    progress.rows("planned", planned, touched);
                }
            });
        } finally {
            progress.end();
        }
    }

    /** What became of the plan is decided, and told already: that nobody takes its document does not change it. */
    private void tellDocument(PlanPrinter printer, Output output) {
        if (output.json() && bundle == null) {
            try {
                printer.document();
                output.flush();
            } catch (UncheckedIOException e) {
                output.error("the document of the plan was not printed: "
                        + Objects.requireNonNull(e.getCause()).getMessage());
            }
        }
    }

    /** What is gone with its table or column is planned from the history, which alone knows it. */
    private RestorePlan plan(RocksHistoryReader reader, RestoreRequest request, @Nullable LiveDatabase live) {
        Optional<TableInfo> dropped =
                DroppedTable.askedFor(reader, request).filter(table -> live == null || live.isGone(table));
        Optional<TableInfo> cut = dropped.isPresent() ? Optional.empty() : DroppedColumns.askedFor(request);
        return dropped.map(table -> DroppedTable.plan(reader, request, table))
                .or(() -> cut.map(table -> DroppedColumns.plan(reader, request, table)))
                .orElseGet(() -> watched(watch -> live == null
                        ? RestorePlanner.plan(reader, request, watch)
                        : RestorePlanner.plan(reader, request, live, watch)));
    }

    private ErrorCode tell(
            RestorePlan plan,
            @Nullable Preview preview,
            PlanPrinter printer,
            RocksHistoryReader reader,
            Tables tables,
            Output output) {
        write(plan, preview, printer, reader, tables, output);
        printer.summary();
        return end(plan);
    }

    private static ErrorCode end(RestorePlan plan) {
        return switch (plan.outcome()) {
            case WHOLE -> ErrorCode.DONE;
            case PARTIAL -> ErrorCode.PARTIAL;
            case REFUSED -> ErrorCode.REFUSED;
        };
    }

    private void write(
            RestorePlan plan,
            @Nullable Preview preview,
            PlanPrinter printer,
            RocksHistoryReader reader,
            Tables tables,
            Output output) {
        List<TableInfo> owners = owner == null ? List.of() : tables.named(owner).tables();
        try {
            if (output.json() && file == null && bundle == null) {
                printer.document();
            } else if (plan.outcome() == Outcome.REFUSED || plan.isEmpty()) {
                return;
            } else if (bundle != null) {
                Bundle.write(bundle, plan, preview, reader, tables, owners);
                output.note("written to " + bundle);
            } else if (file == null) {
                SqlWriter.write(plan, output.raw());
            } else {
                NewFile.write(file, out -> SqlWriter.write(plan, out));
                output.note("written to " + file);
            }
            output.flush();
        } catch (UncheckedIOException e) {
            throw notWritten(Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    /** Half a plan is none: whoever stopped reading it is told so, unlike who has seen enough of a list. */
    private static RowbackException notWritten(IOException failure) {
        // Of these the message is the path alone, of a file that has not got its name yet.
        String reason = failure instanceof NoSuchFileException
                ? "its folder does not exist"
                : failure instanceof AccessDeniedException
                        ? "nothing may be written to its folder"
                        : failure.getMessage();
        return new RowbackException(ErrorCode.FAILED, "the plan was not written in whole: " + reason, null, failure);
    }
}
