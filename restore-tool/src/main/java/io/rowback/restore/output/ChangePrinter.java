package io.rowback.restore.output;

import io.rowback.history.Annotation;
import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.Hole;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline.Version;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.sql.RowText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prints the steps of rows' lives: when, by whom, what was done, and each column's value before and after. */
public final class ChangePrinter {
    private static final int LONGEST_COMMAND = 60;

    private final Output output;
    private final Set<String> columns;

    /** Prints to {@code output}, of these columns only unless there are none. */
    public ChangePrinter(Output output, Set<String> columns) {
        this.output = output;
        this.columns = columns;
    }

    /**
     * One step of a row's life.
     *
     * @param table what the table is called now
     * @param key the row's key before the step, or after an INSERT
     * @param version the change and the images around it
     */
    public record Step(TableName table, RowKey key, Version version) {
        /** Whether one of these columns was written with another value than it had. */
        public boolean touches(Set<String> columns) {
            return cells().stream().anyMatch(cell -> columns.contains(cell.column()));
        }

        /** The same step seen from the row's other key as well. */
        public Step joined(Step other) {
            return new Step(table, key, version.joined(other.version));
        }

        /** The commit that it is a part of. */
        public Lsn commit() {
            return version.change().position().commit();
        }

        private TableSchema schema() {
            return version.change().schema();
        }

        private List<Cell> cells() {
            RowImage before = version.before();
            RowImage after = version.after();
            List<Cell> cells = new ArrayList<>();
            for (int i = 0; i < schema().columns().size(); i++) {
                ColumnValue old = before == null ? null : value(before, i);
                ColumnValue now = after == null ? null : value(after, i);
                if (old == null ? now != null : !old.equals(now)) {
                    cells.add(new Cell(schema().columns().get(i).name(), old, now));
                }
            }
            return cells;
        }

        private ColumnValue value(RowImage image, int column) {
            int index = image.schema().indexOfSame(schema().columns().get(column));
            return index < 0 ? ColumnValue.Special.UNKNOWN : image.values().get(index);
        }
    }

    /** Something that happened to a table between the steps. */
    public sealed interface Remark {
        /** What the table is called now. */
        TableName table();

        /** Where it stands among the steps. */
        Lsn at();
    }

    /** A stretch in which rows of a table may have changed without the history knowing. */
    public record Missing(TableName table, Hole hole) implements Remark {
        @Override
        public Lsn at() {
            return hole.from();
        }
    }

    /** A transaction of which an annotation tells that DDL was done on the table. */
    public record Defined(TableName table, TableId id, Transaction transaction) implements Remark {
        @Override
        public Lsn at() {
            return transaction.commit();
        }
    }

    private record Cell(
            String column,
            @Nullable ColumnValue old,
            @Nullable ColumnValue now) {}

    /**
     * Prints one step.
     *
     * @param transaction whose change it was, if the history holds it
     */
    public void print(Step step, @Nullable Transaction transaction) {
        if (output.json()) {
            output.document(document(step, transaction));
        } else {
            text(step, transaction);
        }
    }

    /** Prints what happened to a table. */
    public void print(Remark remark) {
        if (remark instanceof Missing missing) {
            print(missing);
        } else if (remark instanceof Defined defined) {
            defined.transaction().annotations().stream()
                    .filter(note -> Annotation.of(note).definedTable().equals(Optional.of(defined.id())))
                    .forEach(note -> print(defined, note));
        }
    }

    private void print(Defined defined, String note) {
        Transaction transaction = defined.transaction();
        String command = String.valueOf(Annotation.of(note).fields().get("ddl"));
        if (output.json()) {
            JsonObject document = new JsonObject()
                    .put("time", transaction.time())
                    .put("xid", transaction.id())
                    .put("lsn", transaction.commit())
                    .put("operation", "ddl")
                    .putTable(defined.table())
                    .put("command", command);
            output.document(Notes.put(document, List.of(note)));
        } else {
            output.line(transaction.time() + "  transaction " + transaction.id() + "  "
                    + RowText.text(command, "", LONGEST_COMMAND) + "  "
                    + PrintableText.oneLine(defined.table().toString()));
            Notes.print(output, List.of(note));
        }
    }

    private void print(Missing missing) {
        Hole hole = missing.hole();
        if (output.json()) {
            output.document(new JsonObject()
                    .put("operation", "gap")
                    .putTable(missing.table())
                    .put("from", hole.from())
                    .put("to", hole.to().equals(Lsn.MAX) ? null : hole.to())
                    .put("reason", hole));
        } else {
            output.line("GAP  " + PrintableText.oneLine(missing.table() + ": " + hole));
        }
    }

    private List<Cell> shown(Step step) {
        return step.cells().stream()
                .filter(cell -> columns.isEmpty() || columns.contains(cell.column()))
                .toList();
    }

    private void text(Step step, @Nullable Transaction transaction) {
        Change change = step.version().change();
        String who = transaction == null
                ? "LSN " + change.position().commit()
                : transaction.time() + "  transaction " + transaction.id();
        String row = PrintableText.oneLine(step.table().toString()) + " " + RowText.key(step.schema(), step.key());
        output.line(who + "  " + word(change.operation()) + "  " + row);
        for (Cell cell : shown(step)) {
            String name = "    " + PrintableText.oneLine(cell.column());
            ColumnValue old = cell.old();
            ColumnValue now = cell.now();
            if (old != null && now != null) {
                output.line(name + ": " + RowText.value(old) + " -> " + RowText.value(now));
            } else if (old != null && !old.isNull()) {
                output.line(name + ": " + RowText.value(old) + " lost");
            } else if (now != null && !now.isNull()) {
                output.line(name + ": " + RowText.value(now));
            }
        }
        if (transaction != null) {
            Notes.print(output, transaction.annotations());
        }
    }

    private JsonObject document(Step step, @Nullable Transaction transaction) {
        Change change = step.version().change();
        JsonObject changes = new JsonObject();
        for (Cell cell : shown(step)) {
            JsonObject values = new JsonObject();
            if (cell.old() != null) {
                values.put("old", cell.old());
            }
            if (cell.now() != null) {
                values.put("new", cell.now());
            }
            changes.put(cell.column(), values);
        }
        RowKey newKey = change.oldKey() == null ? null : change.key();
        JsonObject document = new JsonObject()
                .put("time", transaction == null ? null : transaction.time())
                .put("xid", transaction == null ? null : transaction.id())
                .put("lsn", change.position().commit())
                .put("ordinal", change.position().ordinal())
                .put("operation", word(change.operation()))
                .putTable(step.table())
                .putKey("key", step.schema(), step.key());
        if (newKey != null) {
            document.putKey("new_key", step.schema(), newKey);
        }
        return Notes.put(document.put("changes", changes), transaction == null ? List.of() : transaction.annotations());
    }

    private static String word(Operation operation) {
        return operation.name().toLowerCase(Locale.ROOT);
    }
}
