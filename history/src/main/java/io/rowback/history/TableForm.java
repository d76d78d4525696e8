package io.rowback.history;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the catalog says of a table beside its schema, by which two looks tell whether the text of rows has become another
 * without an event: by {@code ALTER TABLE ... TYPE ... USING} that keeps the type, or since a type prints its values
 * otherwise.
 *
 * @param file the number of its file; VACUUM FULL, CLUSTER and TRUNCATE change it too
 * @param toast the oid of its TOAST table, unsigned 32 bits; 0 if it has none. VACUUM FULL, CLUSTER and TRUNCATE leave it
 * @param types the enums and composite types of which values of its columns consist, in arrays, ranges and domains too
 */
public record TableForm(TableId table, long file, long toast, List<ColumnForm> columns, List<TypeForm> types) {
    public TableForm {
        columns = List.copyOf(columns);
        types = List.copyOf(types);
    }

    /**
     * A column.
     *
     * @param type its type and what qualifies it
     * @param version another one whenever the catalog's row of the column was written
     */
    public record ColumnForm(int attnum, String type, String version) {}

    /**
     * A type.
     *
     * @param oid unsigned 32 bits
     * @param parts what its values are printed of: an enum's labels, each with what identifies it, which may become more; of a
     *     composite type a single one, which tells its attributes
     */
    public record TypeForm(int oid, List<String> parts) {
        public TypeForm {
            parts = List.copyOf(parts);
        }

        private boolean lacksAnyOf(TypeForm before) {
            return !new HashSet<>(parts).containsAll(before.parts);
        }
    }

    /** Whether the text of rows that this table held in the form of {@code before} may be another now. */
    public boolean tellsOtherwiseThan(TableForm before) {
        return isRewriteOf(before) || printsOtherwiseThan(before);
    }

    /**
     * Whether this table, in the form of {@code before} then, may have been unlogged for a while: each way there and back
     * gives it another file and, if it has one, another TOAST table.
     */
    public boolean mayHaveBeenUnloggedSince(TableForm before) {
        return file != before.file && (toast == 0 || toast != before.toast);
    }

    /** A column whose type changed, or that came, is another one by its schema and does not count. */
    private boolean isRewriteOf(TableForm before) {
        Map<Integer, ColumnForm> then =
                before.columns.stream().collect(Collectors.toMap(ColumnForm::attnum, column -> column));
        return file != before.file
                && columns.stream().anyMatch(column -> {
                    ColumnForm old = then.get(column.attnum());
                    return old != null
                            && old.type().equals(column.type())
                            && !old.version().equals(column.version());
                });
    }

    private boolean printsOtherwiseThan(TableForm before) {
        Map<Integer, TypeForm> then = before.types.stream().collect(Collectors.toMap(TypeForm::oid, type -> type));
        return types.stream().anyMatch(type -> {
            TypeForm old = then.get(type.oid());
            return old != null && type.lacksAnyOf(old);
        });
    }
}
