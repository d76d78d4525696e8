package io.rowback.restore.plan;

import io.rowback.history.ColumnValue;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import org.jspecify.annotations.Nullable;

/** Why a row, or a column of it, is not simply put back. */
public sealed interface Finding {
    /** The row's table. */
    TableSchema table();

    /** The row's key. */
    RowKey key();

    /** What is in the way, for people. */
    String reason();

    /**
     * Somebody changed a column since the scope did.
     *
     * @param wanted what would be put back
     * @param damaged what the scope left
     * @param now what is there
     * @param by the transaction that changed the row last, if the history holds it
     */
    record ColumnConflict(
            TableSchema table,
            RowKey key,
            String column,
            ColumnValue wanted,
            ColumnValue damaged,
            ColumnValue now,
            String reason,
            @Nullable Transaction by)
            implements Finding {}

    /** Somebody changed the row as a whole since, or what it hangs on is left out. */
    record RowConflict(
            TableSchema table,
            RowKey key,
            String reason,
            @Nullable Transaction by) implements Finding {}

    /** The row cannot be put back: the history or the schema does not allow to tell what it was. */
    record Refusal(TableSchema table, RowKey key, String reason, Kind kind) implements Finding {
        /** What else follows from a refusal. */
        public enum Kind {
            /** Its life cannot be told at all, so that whoever has its key now may be another row. */
            UNTOLD,
            /** What it refers to is gone, and was not asked for. */
            PARENT_GONE,
            /** Nothing. */
            OTHER
        }

        /** Of which nothing else follows. */
        public Refusal(TableSchema table, RowKey key, String reason) {
            this(table, key, reason, Kind.OTHER);
        }
    }
}
