package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.Column.Identity;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.Finding.ColumnConflict;
import io.rowback.restore.plan.Finding.Refusal;
import io.rowback.restore.plan.Finding.RowConflict;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.plan.Repair.DeleteRow;
import io.rowback.restore.plan.Repair.InsertRow;
import io.rowback.restore.plan.Repair.UpdateRow;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is to be done about one row, by its images: what it is to be ({@code wanted}), what the scope left
 * ({@code damaged}) and what is there ({@code now}). A column that holds what is wanted needs nothing; one that holds
 * what the scope left is put back; anything else is somebody's later work, a conflict.
 */
final class RowJudgement {
    /**
     * The images of one row.
     *
     * @param key its key, for people
     * @param wanted what it is to be, null for no row
     * @param undone what it would be without the scope; the same as {@code wanted} unless a point in time was asked for
     * @param damaged what the scope left
     * @param now what is there
     * @param again whether somebody inserted it with other values after the scope had deleted it and before it wrote it last
     * @param goes whether it may be deleted where it is not wanted
     * @param causes what the scope did to it
     * @param lastBy who changed it last
     */
    record Images(
            RowKey key,
            @Nullable RowImage wanted,
            @Nullable RowImage undone,
            @Nullable RowImage damaged,
            @Nullable RowImage now,
            boolean again,
            boolean goes,
            List<Repair.Cause> causes,
            @Nullable Transaction lastBy) {}

    private static final String AGAIN = "the scope deleted it and somebody inserted it again with other values";

    private final RestoreRequest request;
    private final ColumnChoice columns;
    private final TableSchema table;
    private final Images row;
    private final List<Finding> findings = new ArrayList<>();
    private @Nullable Repair repair;
    private boolean refused;
    private boolean left;

    /**
     * Judges a row.
     *
     * @param columns those asked for, as the table calls them now
     * @param table the row's table as it is now
     */
    RowJudgement(RestoreRequest request, ColumnChoice columns, TableSchema table, Images row) {
        this.request = request;
        this.columns = columns;
        this.table = table;
        this.row = row;
        judge();
    }

    /** What to write, if anything. */
    Optional<Repair> repair() {
        return Optional.ofNullable(repair);
    }

    /** What is in the way. */
    List<Finding> findings() {
        return findings;
    }

    /** Whether the row is there because the scope inserted it and stays because nobody asked to undo that. */
    boolean left() {
        return left;
    }

    private void judge() {
        RowImage wanted = row.wanted();
        RowImage now = row.now();
        if (row.again() && wanted != null && (row.damaged() != null || now == null) && !isThere(wanted, now)) {
            conflict(AGAIN);
            if (!overwrites()) {
                return;
            }
        }
        if (wanted == null) {
            judgeUnwanted(now);
        } else if (now == null) {
            judgeGone(wanted);
        } else if (row.damaged() == null) {
            judgeThereAgain(wanted, now);
        } else {
            judgeColumns(wanted, now, row.damaged());
        }
        if (refused) {
            repair = null;
        }
    }

    private boolean isThere(RowImage wanted, @Nullable RowImage now) {
        return now != null && differing(wanted, now).isEmpty();
    }

    private void judgeUnwanted(@Nullable RowImage now) {
        RowImage damaged = row.damaged();
        if (now == null || damaged == null) {
            return;
        }
        if (!row.goes()) {
            left = true;
            return;
        }
        boolean untouched = row.undone() == null && differing(damaged, now).isEmpty();
        if (!untouched) {
            conflict("the scope inserted it and somebody changed it since");
        }
        if (untouched || overwrites()) {
            repair = new DeleteRow(table, keyOf(now), known(now), row.causes());
        }
    }

    private void judgeGone(RowImage wanted) {
        boolean byScope = row.damaged() == null;
        boolean discards =
                row.undone() == null || !differing(wanted, row.undone()).isEmpty();
        if (!byScope) {
            conflict("somebody deleted it since");
        } else if (discards) {
            conflict("others had changed it before the scope deleted it");
        }
        if ((byScope && !discards) || overwrites()) {
            repair = new InsertRow(table, keyOf(wanted), cells(wanted), row.causes());
        }
    }

    private void judgeThereAgain(RowImage wanted, RowImage now) {
        List<Column> differing =
                differing(wanted, now).stream().filter(this::chosen).toList();
        if (differing.isEmpty()) {
            return;
        }
        conflict(AGAIN);
        if (overwrites()) {
            update(now, differing, wanted);
        }
    }

    private void judgeColumns(RowImage wanted, RowImage now, RowImage damaged) {
        List<Column> columns = new ArrayList<>();
        for (Column column : table.columns()) {
            if (!column.generated() && chosen(column) && has(wanted, column)) {
                Judged judged = judgeColumn(column, wanted, damaged, now);
                if (judged == Judged.PUT_BACK || (judged == Judged.CONFLICT && overwrites())) {
                    columns.add(column);
                }
            }
        }
        refuseLostColumns(wanted, damaged);
        if (!columns.isEmpty()) {
            update(now, columns, wanted);
        }
    }

    private enum Judged {
        NOTHING,
        PUT_BACK,
        CONFLICT
    }

    private Judged judgeColumn(Column column, RowImage wantedImage, RowImage damagedImage, RowImage nowImage) {
        ColumnValue wanted = value(wantedImage, column);
        ColumnValue damaged = value(damagedImage, column);
        ColumnValue now = value(nowImage, column);
        boolean asOf = request.at() != null;
        if (asOf ? wanted.equals(now) : wanted.equals(damaged)) {
            return Judged.NOTHING;
        }
        if (wanted.isUnknown() || now.isUnknown() || damaged.isUnknown()) {
            refuse("column " + column.name() + ": the history does not know what it held");
            return Judged.NOTHING;
        }
        if (wanted.equals(now)) {
            return Judged.NOTHING;
        }
        boolean othersBetween = asOf && !wanted.equals(row.undone() == null ? wanted : value(row.undone(), column));
        if (now.equals(damaged) && !othersBetween) {
            return Judged.PUT_BACK;
        }
        String reason = now.equals(damaged) ? "others had changed it in the meantime" : "somebody changed it since";
        findings.add(new ColumnConflict(table, row.key(), column.name(), wanted, damaged, now, reason, row.lastBy()));
        return Judged.CONFLICT;
    }

    private void update(RowImage now, List<Column> columns, RowImage wanted) {
        List<Cell> after = new ArrayList<>();
        List<Cell> before = new ArrayList<>();
        for (Column column : columns) {
            if (value(wanted, column).isUnknown() || value(now, column).isUnknown()) {
                refuse("column " + column.name() + ": the history does not know what it held");
                return;
            }
            if (column.identity() == Identity.ALWAYS) {
                refuse("column " + column.name() + " is GENERATED ALWAYS AS IDENTITY and cannot be set back");
                return;
            }
            after.add(new Cell(column, value(wanted, column)));
            before.add(new Cell(column, value(now, column)));
        }
        repair = new UpdateRow(table, keyOf(now), after, before, row.causes());
    }

    /** The columns of a row that comes back whole; those that the table got since are left to their default. */
    private List<Cell> cells(RowImage wanted) {
        List<Cell> whole = Cells.whole(table, wanted);
        if (whole != null) {
            return whole;
        }
        List<Cell> cells = new ArrayList<>();
        for (Column column : table.columns()) {
            if (column.generated() || !has(wanted, column)) {
                continue;
            }
            if (value(wanted, column).isUnknown()) {
                refuse("column " + column.name() + ": the history does not know what it held");
            } else {
                cells.add(new Cell(column, value(wanted, column)));
            }
        }
        refuseLostColumns(wanted, null);
        return cells;
    }

    /** Refuses the row where the table has lost a column, or changed its type, that held something worth putting back. */
    private void refuseLostColumns(RowImage wanted, @Nullable RowImage damaged) {
        for (int i = 0; i < wanted.values().size(); i++) {
            Column column = wanted.schema().columns().get(i);
            ColumnValue value = wanted.values().get(i);
            boolean worth = damaged == null
                    ? !value.isNull()
                    : !value.equals(
                            damaged.schema().indexOfSame(column) < 0
                                    ? value
                                    : damaged.values().get(damaged.schema().indexOfSame(column)));
            if (table.indexOfSame(column) < 0 && worth && !column.generated() && chosen(column)) {
                String change =
                        table.indexOfAttribute(column.attnum()) < 0 ? " no longer exists" : " has another type now";
                refuse("column " + column.name() + change + "; leave it out with --except-columns");
            }
        }
    }

    private List<Cell> known(RowImage image) {
        List<Cell> cells = new ArrayList<>();
        for (Column column : table.columns()) {
            if (!column.generated() && !value(image, column).isUnknown()) {
                cells.add(new Cell(column, value(image, column)));
            }
        }
        return cells;
    }

    /** The columns in which two images are not known to be equal; columns that one of them does not have do not count. */
    private List<Column> differing(RowImage one, RowImage other) {
        if (one.equals(other)) {
            return List.of();
        }
        return table.columns().stream()
                .filter(column -> !column.generated() && has(one, column) && has(other, column))
                .filter(column -> !value(one, column).equals(value(other, column)))
                .toList();
    }

    private RowKey keyOf(RowImage image) {
        List<String> values = new ArrayList<>();
        for (String name : table.key()) {
            if (!(value(image, table.column(name)) instanceof ColumnValue.Text text)) {
                refuse("key column " + name + " cannot be mapped to the table as it is now");
                return row.key();
            }
            values.add(text.text());
        }
        // Of one row one key is kept.
        return values.equals(row.key().values()) ? row.key() : new RowKey(values);
    }

    private boolean chosen(Column column) {
        return columns.includes(column.name());
    }

    private boolean overwrites() {
        return request.onConflict() == ConflictMode.OVERWRITE;
    }

    private void conflict(String reason) {
        findings.add(new RowConflict(table, row.key(), reason, row.lastBy()));
    }

    private void refuse(String reason) {
        refused = true;
        findings.add(new Refusal(table, row.key(), reason));
    }

    private static boolean has(RowImage image, Column column) {
        return image.schema().indexOfSame(column) >= 0;
    }

    private static ColumnValue value(RowImage image, Column column) {
        int index = image.schema().indexOfSame(column);
        return index < 0
                ? ColumnValue.Special.UNKNOWN
                : Objects.requireNonNull(image.values().get(index));
    }
}
