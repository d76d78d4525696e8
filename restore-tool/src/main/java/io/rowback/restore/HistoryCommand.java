package io.rowback.restore;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.Transaction;
import io.rowback.history.store.Questions;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.ChangePrinter;
import io.rowback.restore.output.ChangePrinter.Defined;
import io.rowback.restore.output.ChangePrinter.Missing;
import io.rowback.restore.output.ChangePrinter.Remark;
import io.rowback.restore.output.ChangePrinter.Step;
import io.rowback.restore.output.Output;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.query.KeyText;
import io.rowback.restore.query.MatchingChanges;
import io.rowback.restore.query.RelatedRows;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rowback history}. */
@Command(
        name = "history",
        description = "Every change of a row, oldest first: when, by which transaction, what it held before and after.",
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback history users 42",
            "  rowback history users -91111111 --related      with all that ever referred to the row",
            "  rowback history order_lines order_id=7,line=2 --columns price --from -2h",
            "  rowback history logins --where \"user_id = 42\"  of rows by their values, in a table without a key",
            "  rowback history '\"My Table\"' \"code='a,b'\"        names and values with special characters"
        })
final class HistoryCommand extends StoreCommand {
    private static final int MOST_ROWS = 100_000;

    @Parameters(index = "0", paramLabel = "TABLE", description = "users, shop.users or \"My Table\".")
    private String table;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "KEY",
            description =
                    "42, -42, or a=1,b=x for several columns; a value with a comma or quote as a='x,y',b='it''s'.")
    private @Nullable String key;

    @Option(
            names = "--where",
            paramLabel = "EXPR",
            description = "Instead of a key: changes that found or left a row that meets this condition.")
    private @Nullable String where;

    @Mixin
    private WindowOptions window;

    @Option(
            names = "--columns",
            paramLabel = "A,B",
            split = ",",
            description = "Only changes of these columns, and only these columns.")
    private Set<String> columns = new LinkedHashSet<>();

    @Option(
            names = "--related",
            description =
                    "Also every row that refers, or ever referred, to this one through foreign keys, at any depth.")
    private boolean related;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000",
            description = "The newest N changes only. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    HistoryCommand() {}

    @Override
    void checkArguments() {
        if ((key == null) == (where == null)) {
            throw usage("name either a key or a condition", "rowback history users 42, or --where \"plan = 'pro'\".");
        }
        checkLimit(limit);
        if (related && key == null) {
            throw usage("--related is about one row", "Name its key.");
        }
    }

    @Override
    Questions questions() {
        return key == null || related ? Questions.ALL : window.questions();
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Tables tables = new Tables(reader.tables());
        Tables.Named asked = tables.named(table);
        List<TableInfo> named = asked.tables();
        ColumnNames.check(columns, related ? tables.all() : named);
        Scope.Window commits = window.resolve(reader);
        Set<Row> rows = new LinkedHashSet<>();
        List<Step> steps;
        List<TableInfo> identifying = where == null ? Tables.identifying(named, TableInfo::schema) : List.of();
        if (where == null) {
            identifying.forEach(one -> rows.addAll(rows(reader, tables, row(one), output)));
            steps = steps(reader, tables, rows, commits);
        } else {
            steps = matching(reader, tables, named, commits);
        }
        int first = Math.max(0, steps.size() - limit);
        Lsn begin = first == 0
                ? commits.from()
                : first < steps.size() ? steps.get(first).commit() : commits.to();
        List<Remark> remarks = remarks(reader, tables, named, rows, begin, commits.to());
        print(reader, steps.subList(first, steps.size()), remarks, new ChangePrinter(output, columns));
        if (first > 0) {
            output.note("note: " + first + " older changes are left out; --limit shows more");
        }
        window.noteBegin(" of " + asked.name(), named, commits, output);
        if (steps.isEmpty() && where == null) {
            identifying.forEach(one -> explainNothing(reader, one, row(one).key(), output));
        }
        if (where == null) {
            noteUnidentified(named, identifying, output);
        }
        return ErrorCode.DONE;
    }

    private List<Step> matching(HistoryReader reader, Tables tables, List<TableInfo> named, Scope.Window commits) {
        Map<TableId, MatchingChanges> matching = new HashMap<>();
        Set<Row> rows = new LinkedHashSet<>();
        for (TableInfo one : named) {
            MatchingChanges changes = new MatchingChanges(reader, one, Objects.requireNonNull(where));
            matching.put(one.schema().id(), changes);
            rows.addAll(changes.rows(commits.from(), commits.to(), MOST_ROWS + 1));
        }
        if (rows.size() > MOST_ROWS) {
            throw usage("more than " + MOST_ROWS + " rows meet the condition", "Narrow it, or the window with --from.");
        }
        return steps(reader, tables, rows, commits).stream()
                .filter(step -> Objects.requireNonNull(
                                matching.get(step.version().change().table()))
                        .counts(step.version()))
                .toList();
    }

    private Row row(TableInfo named) {
        return new Row(named.schema().id(), KeyText.parse(Objects.requireNonNull(key), named.schema()));
    }

    /** The stretches in which the rows may have changed without our knowing, and DDL that was told of; oldest first. */
    private List<Remark> remarks(
            HistoryReader reader, Tables tables, List<TableInfo> named, Set<Row> rows, Lsn from, Lsn to) {
        List<Remark> remarks = new ArrayList<>();
        List<Gap> gaps = reader.info().gaps();
        Set<TableId> ids = rows.stream().map(Row::table).collect(Collectors.toSet());
        named.forEach(one -> ids.add(one.schema().id()));
        for (TableId id : ids) {
            TableInfo info = tables.byId(id).orElseThrow();
            TableName name = info.schema().name();
            info.holes(gaps).stream()
                    .filter(hole -> hole.overlaps(from, to))
                    .forEach(hole -> remarks.add(new Missing(name, hole)));
            if (columns.isEmpty()) {
                try (Stream<Transaction> definitions = reader.definitions(id, from, to)) {
                    definitions.forEach(transaction -> remarks.add(new Defined(name, id, transaction)));
                }
            }
        }
        remarks.sort(Comparator.comparing(Remark::at).thenComparing(Remark::table));
        return remarks;
    }

    /** Looks up each transaction when its turn has come: they may carry long annotations. */
    private static void print(HistoryReader reader, List<Step> steps, List<Remark> remarks, ChangePrinter printer) {
        Deque<Remark> left = new ArrayDeque<>(remarks);
        Lsn commit = null;
        Transaction transaction = null;
        for (Step step : steps) {
            Lsn next = step.commit();
            while (!left.isEmpty() && !next.isBefore(left.element().at())) {
                printer.print(left.remove());
            }
            if (!next.equals(commit)) {
                transaction = reader.transaction(next).orElse(null);
                commit = next;
            }
            printer.print(step, transaction);
        }
        left.forEach(printer::print);
    }

    private Set<Row> rows(HistoryReader reader, Tables tables, Row row, Output output) {
        if (!related) {
            return Set.of(row);
        }
        RelatedRows rows = new RelatedRows(reader, tables, row, MOST_ROWS);
        if (rows.cut()) {
            output.note("note: only the nearest " + MOST_ROWS + " related rows are shown");
        }
        return rows.rows();
    }

    private List<Step> steps(HistoryReader reader, Tables tables, Set<Row> rows, Scope.Window commits) {
        Map<Position, Map<Row, Step>> steps = new TreeMap<>();
        for (Row row : rows) {
            TableInfo info = tables.byId(row.table()).orElseThrow();
            for (RowTimeline.Version version :
                    new RowTimeline(reader, info).versions(row.key(), commits.from(), commits.to())) {
                Change change = version.change();
                RowKey shown = change.oldKey() != null ? change.oldKey() : row.key();
                Step step = new Step(info.schema().name(), Objects.requireNonNull(shown), version);
                if (columns.isEmpty() || step.touches(columns)) {
                    steps.computeIfAbsent(change.position(), position -> new HashMap<>())
                            .merge(new Row(row.table(), shown), step, Step::joined);
                }
            }
        }
        List<Step> ordered = new ArrayList<>();
        steps.values().forEach(atOnce -> ordered.addAll(atOnce.values()));
        return ordered;
    }

    private static void explainNothing(HistoryReader reader, TableInfo table, RowKey key, Output output) {
        RowTimeline.State state =
                new RowTimeline(reader, table).asOf(key, reader.info().durable());
        String name = table.schema().name() + " " + KeyText.format(key, table.schema());
        String there = ", and no row of that key";
        if (state instanceof RowTimeline.State.Present) {
            there = "; the row is there, rowback show prints it";
        } else if (state instanceof RowTimeline.State.NotCovered) {
            there = "; whether the row is there is not known, rowback tables shows until when the table is covered";
        }
        output.note("note: no such change of " + name + " is held" + there);
    }
}
