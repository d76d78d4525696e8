package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.Column.Identity;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.TableInfo.SchemaVersion;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.restore.plan.Finding.Refusal;
import io.rowback.restore.plan.Finding.RowConflict;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plans how columns that were dropped come back with their values, in the rows that still exist. The log does not tell of
 * the ALTER TABLE: between where the table was last seen with a column and where it was first seen without one, the values
 * are the last that the log carries.
 */
public final class DroppedColumns {
    private static final String NOT_KNOWN = ": the history does not know what it held";

    private final HistoryReader reader;
    private final RestoreRequest request;
    private final TableInfo table;
    private final TableSchema now;
    private final TableSchema then;
    private final List<Column> columns;
    /** The table as it will be. */
    private final TableSchema made;

    private final Lsn lastSeen;
    private final Lsn from;
    private final LifeReader lives;
    private final RowTimeline timeline;
    private final List<List<Repair>> rows = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private DroppedColumns(HistoryReader reader, RestoreRequest request, TableInfo table) {
        this.reader = reader;
        this.request = request;
        this.table = table;
        this.now = table.schema();
        Lsn at = Objects.requireNonNull(request.at());
        this.lastSeen = request.columns().only().stream()
                .map(name -> lastSeen(table, name))
                .min(Comparator.naturalOrder())
                .orElseThrow();
        this.from = at.isBefore(lastSeen) ? at : lastSeen;
        this.then = table.schema(from);
        this.columns = then.columns().stream()
                .filter(column -> request.columns().only().contains(column.name()))
                .toList();
        this.made = new TableSchema(
                now.id(),
                now.name(),
                Stream.concat(now.columns().stream(), columns.stream()).toList(),
                now.key(),
                now.replicaIdentity(),
                now.foreignKeys(),
                now.uniques(),
                now.triggers(),
                now.partitionOf());
        this.lives =
                new LifeReader(reader, table, new Scope(List.of(new Scope.Window(from, Lsn.MAX)), true, List.of()));
        this.timeline = new RowTimeline(reader, table);
    }

    /**
     * The table that a request is about if all columns that it asks for are gone, and a point in time of them is asked for.
     *
     * @throws RowbackException of code REFUSED if only some of them are, or if others have their names now
     */
    public static Optional<TableInfo> askedFor(RestoreRequest request) {
        List<Scope.Narrowing> narrowings = request.scope().narrowings();
        Set<String> names = request.columns().only();
        if (request.at() == null || narrowings.size() != 1 || names.isEmpty()) {
            return Optional.empty();
        }
        TableInfo table = narrowings.get(0).table();
        TableSchema then = table.schema(request.at());
        TableSchema now = table.schema();
        List<String> gone = names.stream()
                .filter(name -> then.indexOf(name) >= 0
                        ? now.indexOfAttribute(then.column(name).attnum()) < 0
                        : now.indexOf(name) < 0 && isDropped(table, name))
                .toList();
        if (gone.isEmpty()) {
            return Optional.empty();
        }
        if (gone.size() < names.size()) {
            throw refused(table, "has lost columns " + gone + " only", "Ask for those that are there by themselves.");
        }
        for (String name : gone) {
            if (now.indexOf(name) >= 0) {
                throw refused(
                        table,
                        "has another column now that is called " + name,
                        "Rename it, and once the daemon has seen that, ask again.");
            }
        }
        return Optional.of(table);
    }

    private static boolean isDropped(TableInfo table, String name) {
        return table.schemas().stream()
                .map(SchemaVersion::schema)
                .filter(schema -> schema.indexOf(name) >= 0)
                .anyMatch(schema ->
                        table.schema().indexOfAttribute(schema.column(name).attnum()) < 0);
    }

    /** Where the table was seen last with a column of that name. */
    private static Lsn lastSeen(TableInfo table, String name) {
        Lsn lastSeen = Lsn.ZERO;
        boolean had = false;
        for (SchemaVersion version : table.schemas()) {
            boolean has = version.schema().indexOf(name) >= 0;
            lastSeen = had && !has ? version.after() : lastSeen;
            had = has;
        }
        return lastSeen;
    }

    private static RowbackException refused(TableInfo table, String why, String hint) {
        return new RowbackException(ErrorCode.REFUSED, "table " + table.schema().name() + " " + why, hint);
    }

    /**
     * Plans the columns of the table that {@link #askedFor} tells.
     *
     * @throws RowbackException of code REFUSED if the history does not know enough to make them, if some rows alone are
     *     asked for, or if there are more than allowed
     */
    public static RestorePlan plan(HistoryReader reader, RestoreRequest request, TableInfo table) {
        return new DroppedColumns(reader, request, table).plan();
    }

    private RestorePlan plan() {
        refuseWhatCannotBeMade();
        int judged = 0;
        try (Stream<RowImage> images =
                new TableTimeline(reader, table).asOf(reader.info().durable())) {
            for (RowImage image : (Iterable<RowImage>) images::iterator) {
                int known = rows.size() + findings.size();
                read(Objects.requireNonNull(image.key(), "rows of a table come with their keys"));
                judged += rows.size() + findings.size() > known ? 1 : 0;
                if (judged > request.maxRows()) {
                    throw refused(
                            table,
                            "has more rows to update than the " + request.maxRows() + " that are allowed",
                            "Allow as many with --max-rows.");
                }
            }
        }
        return RestorePlan.ofDefinition(
                request,
                reader.info(),
                new Definition(made, columns, from, lastSeen, List.of(), notMade()),
                made,
                rows,
                List.of(),
                findings);
    }

    private void refuseWhatCannotBeMade() {
        Scope.Narrowing narrowing = request.scope().narrowings().get(0);
        if (narrowing.key() != null || !narrowing.conditions().isEmpty()) {
            throw refused(table, "gets a column back in all its rows", "Leave out --key, --key-range and --where.");
        }
        boolean generated = columns.stream().anyMatch(Column::generated);
        if (columns.size() < request.columns().only().size() || generated || !now.hasKey()) {
            throw refused(
                    table,
                    generated
                            ? "has lost a generated column, whose expression is not known"
                            : now.hasKey()
                                    ? "did not have all of these columns at LSN " + from
                                    : "has no key by which its rows could get a column back",
                    "history and show --at tell what there was.");
        }
        if (!now.partitionOf().isEmpty()) {
            throw refused(table, "is a partition: its columns are those of its root", "Add the column there by hand.");
        }
    }

    /** What the column held in a row that is there, under the key that it has now. */
    private void read(RowKey key) {
        RowLife life = lives.read(key);
        if (life.problem() != null) {
            findings.add(new Refusal(now, key, life.problem()));
            return;
        }
        int inserted = life.last(step -> step.before() == null);
        RowImage base = inserted >= 0 ? null : base(life, key);
        List<Cell> wanted = new ArrayList<>();
        List<Cell> expected = new ArrayList<>();
        for (Column column : columns) {
            ColumnValue before = base == null ? null : value(base, column);
            ColumnValue last = last(life, inserted, column, before);
            ColumnValue value = from.isBefore(lastSeen) && before != null ? before : last;
            if (value == null || (value.isNull() && value.equals(last))) {
                continue;
            }
            if (value.isUnknown()) {
                findings.add(new Refusal(now, key, "column " + column.name() + NOT_KNOWN));
                return;
            }
            if (!value.equals(last)) {
                findings.add(new RowConflict(
                        now,
                        key,
                        "column " + column.name() + " was changed between then and when it was dropped",
                        null));
                if (request.onConflict() != ConflictMode.OVERWRITE) {
                    continue;
                }
            }
            if (!value.isNull()) {
                wanted.add(new Cell(column, value));
                expected.add(new Cell(column, ColumnValue.Special.NULL));
            }
        }
        if (!wanted.isEmpty()) {
            rows.add(List.of(new UpdateRow(made, key, wanted, expected, List.of())));
        }
    }

    /** The row as it was where the plan begins. */
    private @Nullable RowImage base(RowLife life, RowKey key) {
        RowImage before = life.steps().isEmpty() ? null : life.steps().get(0).before();
        RowKey then = before == null ? key : Objects.requireNonNullElse(before.key(), key);
        return timeline.asOf(then, from).imageOrNull();
    }

    /** The last value that the column had, null if the row never had one. */
    private static @Nullable ColumnValue last(RowLife life, int inserted, Column column, @Nullable ColumnValue before) {
        ColumnValue last = before;
        for (RowLife.Step step :
                life.steps().subList(Math.max(inserted, 0), life.steps().size())) {
            ColumnValue value = step.after() == null ? null : value(step.after(), column);
            last = value == null ? last : value;
        }
        return last;
    }

    private static @Nullable ColumnValue value(RowImage image, Column column) {
        int index = image.schema().indexOfSame(column);
        return index < 0 ? null : image.values().get(index);
    }

    /** What went with the columns and is left to a person. */
    private List<String> notMade() {
        List<String> lines = new ArrayList<>();
        for (Column column : columns) {
            if (column.notNull()) {
                lines.add("NOT NULL of column " + column.name() + ", since rows that came later have no value");
            }
            if (column.identity() != Identity.NONE) {
                lines.add("the identity of column " + column.name());
            }
            then.uniques().stream()
                    .filter(unique -> unique.columns().contains(column.name()))
                    .forEach(unique ->
                            lines.add("unique constraint or index " + unique.name() + " on " + unique.columns()));
            then.foreignKeys().stream()
                    .filter(key -> key.columns().contains(column.name()))
                    .forEach(key -> lines.add("foreign key " + key.name() + " of " + key.columns() + " to "
                            + reader.tables().stream()
                                    .filter(parent -> parent.schema().id().equals(key.refTable()))
                                    .map(parent -> parent.schema().name().toString())
                                    .findFirst()
                                    .orElse("a table that is not captured")
                            + " " + key.refColumns()));
        }
        return lines.stream().distinct().toList();
    }
}
