package io.rowback.restore.live;

import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import org.jspecify.annotations.Nullable;

/**
 * A table of the history as it is in the live database.
 *
 * @param info what the history knows of it, with the live schema as its newest
 * @param known its newest schema in the history
 * @param oid its oid there, 0 if there is none
 * @param obstacle why no row of it can be put back there, null if rows can
 */
record LiveTable(
        TableInfo info,
        TableSchema known,
        long oid,
        @Nullable String obstacle) {
    /** The table as it is there. */
    TableSchema schema() {
        return info.schema();
    }
}
