package io.rowback.restore;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.Questions;
import io.rowback.restore.output.Output;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.PointInTime;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for a half-open window of commits. */
final class WindowOptions {
    @Option(
            names = "--from",
            paramLabel = "T",
            converter = PointConverter.class,
            description = "Commits from here on: 2026-05-01T10:00:00Z, lsn:0/16B3748, tx:1234 (just before it),"
                    + " -10min (s, min, h, d), now.")
    private @Nullable PointInTime from;

    @Option(
            names = "--to",
            paramLabel = "T",
            converter = PointConverter.class,
            description = "Commits below this point; the same forms as --from.")
    private @Nullable PointInTime to;

    /** Whether a beginning was given. */
    boolean hasFrom() {
        return from != null;
    }

    /** Whether an end was given. */
    boolean hasTo() {
        return to != null;
    }

    /** What takes to resolve it, and a few rows in it. */
    Questions questions() {
        boolean byLsn = (from == null || from.isLsn()) && (to == null || to.isLsn());
        return byLsn ? Questions.FEW_ROWS_BY_LSN : Questions.FEW_ROWS;
    }

    /**
     * The window; without bounds all that the history holds.
     *
     * @throws RowbackException of code USAGE if it ends before it begins
     */
    Scope.Window resolve(HistoryReader reader) {
        return resolve(reader, Lsn.ZERO);
    }

    /**
     * The window, which without {@code --from} begins at {@code otherwise}.
     *
     * @throws RowbackException of code USAGE if it ends before it begins
     */
    Scope.Window resolve(HistoryReader reader, Lsn otherwise) {
        Clock clock = Clock.systemUTC();
        Lsn begin = from == null ? otherwise : from.resolve(reader, clock);
        Lsn end = to == null ? reader.info().durable() : to.resolve(reader, clock);
        if (end.isBefore(begin)) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "the window ends before it begins",
                    "Let --to come after --from, or after --at where that begins it.");
        }
        return new Scope.Window(begin, end);
    }

    /**
     * Notes where the history of tables begins, if more was asked for. What retention dropped is told elsewhere.
     *
     * @param what whose history it is, with a blank in front, or nothing
     */
    void noteBegin(String what, Collection<TableInfo> tables, Scope.Window commits, Output output) {
        if (from == null || tables.stream().anyMatch(table -> table.horizon() != null)) {
            return;
        }
        tables.stream()
                .flatMap(table -> table.coverage().stream())
                .min(Comparator.comparing(Coverage::from))
                .filter(first -> commits.from().isBefore(first.from()))
                .ifPresent(first -> output.note("note: the history" + what + " begins at " + first.since() + ", LSN "
                        + first.from() + "; what changed before is not held"));
    }
}
