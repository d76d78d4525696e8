package io.rowback.history;

import java.util.List;

/**
 * A foreign key of a table at some time; {@code columns} and {@code refColumns} correspond by index. To a partitioned
 * table there is one of the same name to each of its partitions that hold rows; one of them holds the row referred to.
 *
 * @param name the constraint's name
 * @param columns the referring columns
 * @param refTable the table referred to
 * @param refColumns its columns referred to
 * @param onDelete what a DELETE of the parent does
 * @param onUpdate what an UPDATE of the parent's columns does
 * @param deferrable whether the check can be deferred to the end of the transaction
 */
public record ForeignKey(
        String name,
        List<String> columns,
        TableId refTable,
        List<String> refColumns,
        Action onDelete,
        Action onUpdate,
        boolean deferrable) {

    public ForeignKey {
        columns = List.copyOf(columns);
        refColumns = List.copyOf(refColumns);
    }

    /** A referential action, named as in SQL. */
    public enum Action {
        NO_ACTION,
        RESTRICT,
        CASCADE,
        SET_NULL,
        SET_DEFAULT
    }
}
