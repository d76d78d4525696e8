package io.rowback.restore;

import io.rowback.history.Column;
import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.DroppedTable;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.plan.Scope.Window;
import io.rowback.restore.query.KeyText;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.Tables;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name an incident. */
final class ScopeOptions {
    @Option(
            names = "--tx",
            paramLabel = "XID",
            split = ",",
            description = "What these transactions did; their ids as the log shows them, or 64-bit.")
    private List<Long> xids = new ArrayList<>();

    @Mixin
    private WindowOptions window;

    @Mixin
    private AnnotationOptions annotation;

    @Option(names = "--table", paramLabel = "TABLE", description = "Only rows of this table.")
    private @Nullable String table;

    @Option(names = "--key", paramLabel = "KEY", description = "Only this row of --table: 42, -42, or a=1,b=x.")
    private @Nullable String key;

    @Option(names = "--related", description = "With --key: also all rows that refer, or ever referred, to it.")
    private boolean related;

    @Option(
            names = "--with-parents",
            description = "Also bring back, whoever deleted them, the rows that these refer to and that are gone, and"
                    + " those that they refer to.")
    private boolean withParents;

    @Option(
            names = "--key-range",
            paramLabel = "A..B",
            description =
                    "Only rows of --table with a key from A to B, both included; of a key of several columns it is"
                            + " about the first.")
    private @Nullable String keyRange;

    @Option(
            names = "--where",
            paramLabel = "EXPR",
            description =
                    "Only rows of --table that meet this condition once they are put back, or if they are not to be"
                            + " there, as the scope made them.")
    private @Nullable String where;

    @SuppressWarnings("NullAway.Init") // picocli sets the mixins
    ScopeOptions() {}

    /** Refuses options that contradict each other; {@code at} tells whether a point in time is asked for. */
    void check(boolean at) {
        boolean searched = window.hasFrom() || window.hasTo() || annotation.given();
        if (!xids.isEmpty() ? searched : !searched && !at) {
            throw StoreCommand.usage(
                    "name the incident either by its transactions or by a window, a user or an application",
                    "--tx 745,746, or --from T --to T, or --user NAME; or --at T alone for all changes since then."
                            + " rowback transactions finds them.");
        }
        if (xids.stream().anyMatch(xid -> xid < 0)) {
            throw StoreCommand.usage("no transaction has a negative id", "rowback transactions lists them.");
        }
        if (window.hasTo() && !window.hasFrom() && !at && !annotation.given()) {
            throw StoreCommand.usage("a window needs its beginning", "Add --from T.");
        }
        boolean narrows = key != null || keyRange != null || where != null;
        if (narrows && table == null) {
            throw StoreCommand.usage("--key, --key-range and --where are about a table", "Add --table TABLE.");
        }
        if (related && key == null) {
            throw StoreCommand.usage("--related is about one row", "Add --table TABLE --key KEY.");
        }
        if (key != null && (keyRange != null || where != null)) {
            throw StoreCommand.usage("--key names one row already", "Leave out --key-range and --where.");
        }
    }

    /** The incident that the options name; {@code at} is the point in time that is asked for. */
    Scope resolve(HistoryReader reader, Tables tables, @Nullable Lsn at) {
        Tables.Named named = table == null ? null : tables.named(table);
        List<Scope.Narrowing> narrowings = named == null
                ? List.of()
                : named.tables().stream().map(this::narrowing).toList();
        if (!xids.isEmpty()) {
            List<Window> commits = xids.stream()
                    .map(xid -> PointInTime.transaction(reader, xid).commit())
                    .distinct()
                    .sorted(Comparator.naturalOrder())
                    .map(Window::of)
                    .toList();
            return new Scope(commits, false, narrowings, commits, withParents);
        }
        Window all = window(reader, tables, named, at);
        return annotation.given()
                ? new Scope(annotated(reader, all), false, narrowings, List.of(all), withParents)
                : new Scope(List.of(all), !window.hasTo(), narrowings, List.of(all), withParents);
    }

    /** The transactions in the window whose annotations say what is asked for. */
    private List<Window> annotated(HistoryReader reader, Window all) {
        try (Stream<Transaction> transactions = reader.transactions(all.from(), all.to())) {
            List<Window> commits = transactions
                    .filter(annotation::fit)
                    .map(transaction -> Window.of(transaction.commit()))
                    .toList();
            if (commits.isEmpty()) {
                throw new RowbackException(
                        ErrorCode.NOT_COVERED,
                        "no transaction is annotated with " + annotation,
                        "Names are compared exactly; rowback transactions shows the annotations there are.");
            }
            return commits;
        }
    }

    private Window window(HistoryReader reader, Tables tables, Tables.@Nullable Named named, @Nullable Lsn at) {
        Lsn begin = tables.all().stream()
                .flatMap(table -> table.coverage().stream())
                .map(Coverage::from)
                .min(Comparator.naturalOrder())
                .orElse(Lsn.ZERO);
        Window commits = window.resolve(reader, at == null ? begin : at);
        Lsn from = commits.from();
        TableInfo uncovered = named == null || (!window.hasFrom() && at == null)
                ? null
                : named.at(from).stream()
                        .filter(info -> info.coverage(from).isEmpty())
                        // A point behind the end of a table that is gone stands for that end.
                        .filter(info -> at == null
                                || DroppedTable.end(reader, info)
                                        .filter(end -> end.isBefore(from))
                                        .isEmpty())
                        .findFirst()
                        .orElse(null);
        if (uncovered != null) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "table " + uncovered.schema().name() + " is not covered at LSN " + from
                            + ", where the window begins",
                    hasFormer(uncovered, tables, from)
                            ? "Another table had its name then and is gone. Rename this one, and as soon as rowback tables"
                                    + " shows that, ask again for the other one."
                            : "rowback tables shows from when to when each table is covered.");
        }
        if (from.isBefore(begin)) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "the window begins at LSN " + from + ", the history only at " + begin,
                    "rowback status shows since when; --from lsn:" + begin + " takes all of it.");
        }
        return commits;
    }

    private static boolean hasFormer(TableInfo table, Tables tables, Lsn at) {
        return tables.all().stream()
                .filter(other -> !other.schema().id().equals(table.schema().id()))
                .filter(other -> other.schema().name().equals(table.schema().name()))
                .anyMatch(other -> other.coverage().stream().anyMatch(stretch -> !at.isBefore(stretch.from())));
    }

    private Scope.Narrowing narrowing(TableInfo named) {
        TableSchema schema = named.schema();
        List<Expression> conditions = new ArrayList<>();
        Scope.KeyRange range = null;
        if (keyRange != null) {
            int dots = dots(keyRange, schema);
            String low = keyRange.substring(0, dots).strip();
            String high = keyRange.substring(dots + 2).strip();
            Column column = schema.column(schema.key().get(0));
            conditions.add(Expression.between(column, low, high, schema));
            range = range(column, low, high);
        }
        if (where != null) {
            conditions.add(Expression.parse(where, schema));
        }
        RowKey row = key == null ? null : KeyText.parse(key, schema);
        return new Scope.Narrowing(named, row, related, range, conditions);
    }

    private static int dots(String text, TableSchema schema) {
        int dots = text.indexOf("..");
        if (dots < 0 || !schema.hasKey()) {
            throw StoreCommand.usage(
                    "not a range of keys of table " + schema.name() + ": " + text,
                    "A range is written A..B and needs a table with a key; --where is good for the rest.");
        }
        return dots;
    }

    /** The range as the history orders keys, where that is the order of the column's values; else null. */
    private static Scope.@Nullable KeyRange range(Column column, String low, String high) {
        return switch (column.type()) {
            case "smallint", "integer", "bigint" ->
                new Scope.KeyRange(new BigInteger(low).toString(), new BigInteger(high).toString());
            case "uuid" ->
                new Scope.KeyRange(
                        UUID.fromString(low).toString(), UUID.fromString(high).toString());
            default -> null;
        };
    }
}
