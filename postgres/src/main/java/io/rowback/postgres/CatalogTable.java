package io.rowback.postgres;

import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import org.jspecify.annotations.Nullable;

/**
 * A relation of the catalog: a table that can be captured, with its schema, or one that cannot, with the obstacle.
 *
 * @param id its oid
 * @param name its schema and name
 * @param sqlName the same as SQL, quoted where needed
 * @param schema null if it cannot be captured
 * @param obstacle why it cannot be captured, null if it can
 */
public record CatalogTable(
        TableId id,
        TableName name,
        String sqlName,
        @Nullable TableSchema schema,
        @Nullable Obstacle obstacle) {

    /** Why a relation is not captured. */
    public enum Obstacle {
        PARTITIONED("partitioned: its partitions are captured instead", null, true),
        VIEW("a view: the tables behind it are captured instead", null, true),
        MATERIALIZED_VIEW("a materialized view: a refresh makes it anew from the tables behind it", null, false),
        FOREIGN("a foreign table: its rows are not in this server's log", null, false),
        UNLOGGED("unlogged: its rows are not in the log", "ALTER TABLE %s SET LOGGED;", false),
        NO_KEY(
                "no primary key or replica identity index, and its replica identity is not FULL",
                "ALTER TABLE %s REPLICA IDENTITY FULL;",
                false),
        NO_VALUES("it has neither a key nor a column that is not generated", null, false),
        NO_IDENTITY(
                "replica identity NOTHING, or DEFAULT with a deferrable primary key",
                "ALTER TABLE %s REPLICA IDENTITY FULL;",
                false),
        VIRTUAL_COLUMN_NO_KEY(
                "no primary key, and replica identity FULL with a virtual generated column: its UPDATEs would fail once"
                        + " published",
                "ALTER TABLE %s ADD PRIMARY KEY (...), REPLICA IDENTITY DEFAULT;",
                false),
        VIRTUAL_COLUMN(
                "replica identity FULL with a virtual generated column: its UPDATEs would fail once published",
                "ALTER TABLE %s REPLICA IDENTITY DEFAULT;",
                false);

        private final String reason;
        private final @Nullable String mend;
        private final boolean capturedElsewhere;

        Obstacle(String reason, @Nullable String mend, boolean capturedElsewhere) {
            this.reason = reason;
            this.mend = mend;
            this.capturedElsewhere = capturedElsewhere;
        }

        /** The reason, to follow the table's name. */
        public String reason() {
            return reason;
        }

        /** Whether nothing is lost, since the rows belong to other tables. */
        public boolean capturedElsewhere() {
            return capturedElsewhere;
        }
    }

    /** The SQL that removes the obstacle, or null where there is none. */
    public @Nullable String mend() {
        return obstacle == null || obstacle.mend == null ? null : obstacle.mend.formatted(sqlName);
    }
}
