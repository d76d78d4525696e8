package io.rowback.restore;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.plan.Scope.Window;
import io.rowback.restore.query.KeyText;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

    @Option(names = "--table", paramLabel = "TABLE", description = "Only rows of this table.")
    private @Nullable String table;

    @Option(names = "--key", paramLabel = "KEY", description = "Only this row of --table: 42, -42, or a=1,b=x.")
    private @Nullable String key;

    @Option(names = "--related", description = "With --key: also all rows that refer, or ever referred, to it.")
    private boolean related;

    @Option(
            names = "--key-range",
            paramLabel = "A..B",
            description = "Only rows of --table with a key from A to B, both included.")
    private @Nullable String keyRange;

    @Option(
            names = "--where",
            paramLabel = "EXPR",
            description =
                    "Only rows of --table that meet this condition once they are put back, or if they are not to be"
                            + " there, as the scope made them.")
    private @Nullable String where;

    @SuppressWarnings("NullAway.Init") // picocli sets the mixin
    ScopeOptions() {}

    /** Refuses options that contradict each other. */
    void check() {
        if (xids.isEmpty() == (!window.hasFrom() && !window.hasTo())) {
            throw StoreCommand.usage(
                    "name the incident either by its transactions or by a window",
                    "--tx 745,746, or --from T --to T; rowback transactions finds them.");
        }
        if (xids.isEmpty() && !window.hasFrom()) {
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

    /** The incident that the options name. */
    Scope resolve(HistoryReader reader, Tables tables) {
        Tables.Named named = table == null ? null : tables.named(table);
        boolean open = xids.isEmpty() && !window.hasTo();
        List<Scope.Narrowing> narrowings = named == null
                ? List.of()
                : named.tables().stream().map(this::narrowing).toList();
        return new Scope(windows(reader, tables, named), open, narrowings);
    }

    private List<Window> windows(HistoryReader reader, Tables tables, Tables.@Nullable Named named) {
        if (!xids.isEmpty()) {
            return xids.stream()
                    .map(xid -> PointInTime.transaction(reader, xid).commit())
                    .distinct()
                    .sorted(Comparator.naturalOrder())
                    .map(Window::of)
                    .toList();
        }
        Window commits = window.resolve(reader);
        Lsn from = commits.from();
        TableInfo uncovered = named == null
                ? null
                : named.at(from).stream()
                        .filter(info -> info.coverage(from).isEmpty())
                        .findFirst()
                        .orElse(null);
        if (uncovered != null) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "table " + uncovered.schema().name() + " is not covered at LSN " + from
                            + ", where the window begins",
                    "rowback tables shows from when to when each table is covered.");
        }
        Lsn begin = tables.all().stream()
                .flatMap(table -> table.coverage().stream())
                .map(Coverage::from)
                .min(Comparator.naturalOrder())
                .orElse(from);
        if (from.isBefore(begin)) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "the window begins at LSN " + from + ", the history only at " + begin,
                    "rowback status shows since when; --from lsn:" + begin + " takes all of it.");
        }
        return List.of(commits);
    }

    private Scope.Narrowing narrowing(TableInfo named) {
        TableSchema schema = named.schema();
        List<Expression> conditions = new ArrayList<>();
        if (keyRange != null) {
            conditions.add(range(keyRange, schema));
        }
        if (where != null) {
            conditions.add(Expression.parse(where, schema));
        }
        RowKey row = key == null ? null : KeyText.parse(key, schema);
        return new Scope.Narrowing(named, row, related, conditions);
    }

    private static Expression range(String text, TableSchema schema) {
        int dots = text.indexOf("..");
        if (dots < 0 || schema.key().size() != 1) {
            throw StoreCommand.usage(
                    "not a range of keys of table " + schema.name() + ": " + text,
                    "A range is written A..B and needs a key of one column; --where is good for the rest.");
        }
        return Expression.between(
                schema.column(schema.key().get(0)), text.substring(0, dots), text.substring(dots + 2), schema);
    }
}
