package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableTimeline;
import io.rowback.history.store.Questions;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.RowPrinter;
import io.rowback.restore.query.KeyText;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.Tables;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rowback show}. */
@Command(
        name = "show",
        description = "Rows as they stood at some point: one by its key, or all that meet a condition.",
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback show users 42 --at 2026-05-01T10:00:00Z",
            "  rowback show users -42 --at tx:1234               just before that transaction",
            "  rowback show users --where \"plan = 'pro' and created_at >= '2026-05-01'\" --at -10min"
        })
final class ShowCommand extends StoreCommand {
    @Parameters(index = "0", paramLabel = "TABLE", description = "users, shop.users or \"My Table\".")
    private String table;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "KEY",
            description = "42, -42, or a=1,b=x for several columns.")
    private @Nullable String key;

    @Option(
            names = "--where",
            paramLabel = "EXPR",
            description = "A condition: columns, constants, = <> < <= > >=, BETWEEN, IN, LIKE, IS NULL, AND, OR, NOT.")
    private @Nullable String where;

    @Option(
            names = "--at",
            paramLabel = "T",
            defaultValue = "now",
            converter = PointConverter.class,
            description = "2026-05-01T10:00:00Z, lsn:0/16B3748, tx:1234 (just before it), -10min, now. Default: now.")
    private PointInTime at;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    ShowCommand() {}

    @Override
    void checkArguments() {
        if ((key == null) == (where == null)) {
            throw usage("name either a key or a condition", "rowback show users 42, or --where \"plan = 'pro'\".");
        }
    }

    @Override
    Questions questions() {
        return key == null ? Questions.ALL : at.isLsn() ? Questions.FEW_ROWS_BY_LSN : Questions.FEW_ROWS;
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Tables.Named named = new Tables(reader.tables()).named(table);
        Lsn lsn = at.resolve(reader, Clock.systemUTC());
        List<TableInfo> tables = named.at(lsn);
        if (tables.isEmpty()) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "no partition of " + named.name() + " is known at LSN " + lsn,
                    "rowback tables shows from when to when each partition is covered.");
        }
        if (key != null) {
            List<TableInfo> identifying = Tables.identifying(tables, one -> one.schema(lsn));
            showOne(reader, named.name(), identifying, lsn, output);
            noteUnidentified(tables, identifying, output);
        } else {
            tables.forEach(one -> showMany(reader, one, lsn, new RowPrinter(output, one, lsn)));
        }
        List<TableInfo> later = named.laterThan(lsn);
        if (!later.isEmpty()) {
            String names =
                    later.stream().map(one -> one.schema().name().toString()).collect(Collectors.joining(", "));
            output.note("note: partitions that are known only from later on: " + names);
        }
        return ErrorCode.DONE;
    }

    /** The row in the table, or in each partition that has one of that key. */
    private void showOne(HistoryReader reader, TableName name, List<TableInfo> tables, Lsn lsn, Output output) {
        List<RowTimeline.State> states = new ArrayList<>();
        for (TableInfo one : tables) {
            RowTimeline.State state = new RowTimeline(reader, one).asOf(row(one, lsn), lsn);
            if (state instanceof RowTimeline.State.NotCovered) {
                throw one.notCovered(lsn, reader.info().gaps());
            }
            states.add(state);
        }
        boolean found = false;
        for (int i = 0; i < states.size(); i++) {
            if (states.get(i) instanceof RowTimeline.State.Present present) {
                TableInfo one = tables.get(i);
                new RowPrinter(output, one, lsn).print(row(one, lsn), present.image(), true, present.count());
                found = true;
            }
        }
        if (!found) {
            TableInfo any = tables.get(0);
            new RowPrinter(output, any, lsn).printNone(name, row(any, lsn));
        }
    }

    private RowKey row(TableInfo named, Lsn lsn) {
        return KeyText.parse(Objects.requireNonNull(key), named.schema(lsn));
    }

    private void showMany(HistoryReader reader, TableInfo named, Lsn lsn, RowPrinter printer) {
        Expression condition = Expression.parse(Objects.requireNonNull(where), named.schema(lsn));
        try (Stream<RowImage> rows = new TableTimeline(reader, named).asOf(lsn)) {
            Iterator<RowImage> each = rows.iterator();
            RowImage row = each.hasNext() ? each.next() : null;
            while (row != null) {
                long count = 1;
                RowImage next = each.hasNext() ? each.next() : null;
                while (row.equals(next)) {
                    count++;
                    next = each.hasNext() ? each.next() : null;
                }
                Truth truth = condition.test(row);
                if (truth == Truth.TRUE || truth == Truth.UNKNOWN) {
                    printer.print(Objects.requireNonNull(row.key()), row, truth == Truth.TRUE, count);
                }
                row = next;
            }
        }
    }
}
