package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryReader;
import io.rowback.history.Hole;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.restore.plan.Definition.Reference;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.query.Tables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plans how a table that is gone comes back with all rows that it held at a point in time. The log does not tell of a DROP
 * TABLE: the history knows that the table is not captured any more since its last stored change, and a point behind that
 * stands for it.
 */
public final class DroppedTable {
    private final HistoryReader reader;
    private final RestoreRequest request;
    private final TableInfo table;
    private final Lsn end;
    private final Lsn at;
    private final TableSchema schema;

    private DroppedTable(HistoryReader reader, RestoreRequest request, TableInfo table, Lsn end, Lsn asked) {
        this.reader = reader;
        this.request = request;
        this.table = table;
        this.end = end;
        this.at = asked.isBefore(end) ? asked : end;
        this.schema = table.schema(at);
    }

    /** Where the coverage of a table ended that was dropped or is not published any more; empty if it goes on, or fell into a gap. */
    public static Optional<Lsn> end(HistoryReader reader, TableInfo table) {
        return table.holes(reader.info().gaps()).stream()
                .filter(hole -> hole.to().equals(Lsn.MAX) && hole.cause() == null)
                .map(Hole::from)
                .findFirst();
    }

    /** The table that a request is about if that is gone and a point in time of it is asked for. */
    public static Optional<TableInfo> askedFor(HistoryReader reader, RestoreRequest request) {
        List<Scope.Narrowing> narrowings = request.scope().narrowings();
        return request.at() == null || narrowings.size() != 1
                ? Optional.empty()
                : Optional.of(narrowings.get(0).table()).filter(table -> end(reader, table)
                        .filter(end -> end.isBefore(request.scope().end()))
                        .isPresent());
    }

    /**
     * Plans the table that {@link #askedFor} tells.
     *
     * @throws RowbackException of code REFUSED if the history does not know enough of the table to make it, if rows of it
     *     alone are asked for, or if there are more than allowed
     */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request, TableInfo table) {
        Lsn end = end(reader, table).orElseThrow();
        return new DroppedTable(reader, request, table, end, Objects.requireNonNull(request.at())).plan();
    }

    private RestorePlan plan() {
        refuseWhatCannotBeMade();
        List<List<Repair>> rows = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        try (Stream<RowImage> images = new TableTimeline(reader, table).asOf(at)) {
            for (RowImage image : (Iterable<RowImage>) images::iterator) {
                read(image, rows, findings);
                if (rows.size() + findings.size() > request.maxRows()) {
                    throw refused(
                            "held more rows than the " + request.maxRows() + " that are allowed",
                            "Allow as many with --max-rows.");
                }
            }
        }
        return RestorePlan.ofDefinition(
                request,
                reader.info(),
                definition(),
                schema,
                rows,
                schema.hasKey() ? List.of() : counts(rows),
                findings);
    }

    /** How many equal rows of a table without a key come back. */
    private List<EqualRows> counts(List<List<Repair>> rows) {
        Map<RowKey, List<Repair>> equal = rows.stream()
                .flatMap(List::stream)
                .collect(Collectors.groupingBy(Repair::key, LinkedHashMap::new, Collectors.toList()));
        return equal.values().stream()
                .map(same -> new EqualRows(
                        schema,
                        same.get(0).key(),
                        same.get(0).wanted(),
                        /* before= */ 0,
                        /* after= */ same.size(),
                        List.of()))
                .toList();
    }

    private void refuseWhatCannotBeMade() {
        Scope.Narrowing narrowing = request.scope().narrowings().get(0);
        if (narrowing.key() != null || !narrowing.conditions().isEmpty()) {
            throw refused(
                    "is gone and comes back whole",
                    "Leave out --key, --key-range and --where; show --at tells its rows.");
        }
        if (schema.key().stream().anyMatch(name -> schema.column(name).generated())) {
            throw refused(
                    "is gone and had a key whose values are generated, by an expression that is not known",
                    "Make it by hand; show --at tells its rows.");
        }
    }

    private RowbackException refused(String why, String hint) {
        return new RowbackException(ErrorCode.REFUSED, "table " + schema.name() + " " + why, hint);
    }

    private void read(RowImage image, List<List<Repair>> rows, List<Finding> findings) {
        RowKey key = Objects.requireNonNull(image.key(), "rows of a table come with their keys");
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            Column column = schema.columns().get(i);
            ColumnValue value = image.values().get(i);
            if (!column.generated() && value.isUnknown()) {
                findings.add(new Finding.Refusal(
                        schema, key, "column " + column.name() + ": the history does not know what it held"));
                return;
            }
            if (!column.generated()) {
                cells.add(new Cell(column, value));
            }
        }
        rows.add(List.of(new InsertRow(schema, key, cells, List.of())));
    }

    private Definition definition() {
        Tables tables = new Tables(reader.tables());
        List<Reference> references = new ArrayList<>();
        List<String> notMade = new ArrayList<>();
        for (ForeignKey key : schema.foreignKeys()) {
            TableInfo parent = tables.byId(key.refTable()).orElse(null);
            TableSchema there = key.refTable().equals(schema.id())
                    ? schema
                    : parent == null ? null : there(parent, tables).orElse(null);
            List<String> refColumns =
                    parent == null || there == null ? List.of() : columns(parent.schema(at), key.refColumns(), there);
            reference(key, schema, there, refColumns)
                    .ifPresentOrElse(
                            references::add,
                            () -> notMade.add("foreign key " + key.name() + " to " + tables.name(key.refTable())));
        }
        for (TableInfo child : tables.all()) {
            for (ForeignKey key : child.schema(at).foreignKeys()) {
                TableSchema there = there(child, tables).orElse(null);
                boolean fromOthers = key.refTable().equals(schema.id())
                        && !child.schema().id().equals(schema.id());
                if (fromOthers && there != null) {
                    ForeignKey renamed = new ForeignKey(
                            key.name(),
                            columns(child.schema(at), key.columns(), there),
                            key.refTable(),
                            key.refColumns(),
                            key.onDelete(),
                            key.onUpdate(),
                            key.deferrable());
                    reference(renamed, there, schema, key.refColumns())
                            .ifPresentOrElse(
                                    references::add,
                                    () -> notMade.add("foreign key " + key.name() + " of " + there.name()));
                }
            }
        }
        return new Definition(schema, List.of(), at, end, references, notMade);
    }

    /** A table as it is where the script will run: itself, or if it is gone the one that has its name now. */
    private static Optional<TableSchema> there(TableInfo table, Tables tables) {
        return Stream.concat(Stream.of(table), tables.all().stream().filter(other -> other.schema()
                        .name()
                        .equals(table.schema().name())))
                .filter(TableInfo::isCovered)
                .map(TableInfo::schema)
                .findFirst();
    }

    /** What these columns are called now, in their table or in one that took its name; without those that it does not have. */
    private static List<String> columns(TableSchema then, List<String> columns, TableSchema now) {
        boolean same = then.id().equals(now.id());
        return columns.stream()
                .map(column -> same ? now.indexOfSame(then.column(column)) : now.indexOf(column))
                .filter(index -> index >= 0)
                .map(index -> now.columns().get(index).name())
                .toList();
    }

    /** The foreign key of a table that is there, or empty if it cannot be made. */
    private static Optional<Reference> reference(
            ForeignKey key, TableSchema table, @Nullable TableSchema parent, List<String> refColumns) {
        if (parent == null
                || key.columns().size() != refColumns.size()
                || !table.partitionOf().isEmpty()
                || !parent.partitionOf().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Reference(
                table.name(),
                key.name(),
                key.columns(),
                parent.name(),
                refColumns,
                key.onDelete(),
                key.onUpdate(),
                key.deferrable()));
    }
}
