package io.rowback.daemon.teardown;

import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Identifiers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table that has REPLICA IDENTITY FULL now.
 *
 * @param sqlName its name as SQL
 * @param first what it had when the history first saw it; null where no history tells
 * @param reader another publication that has it, whose readers may need FULL; null if there is none
 */
record FullTable(
        String sqlName,
        @Nullable ReplicaIdentity first,
        @Nullable String reader) {
    static FullTable of(CatalogTable table, List<TableInfo> history, @Nullable String reader) {
        return new FullTable(table.sqlName(), first(table.id(), history), reader);
    }

    /** As the history saw it last, where the server cannot be asked. */
    static FullTable of(TableInfo table) {
        return new FullTable(
                Identifiers.qualified(table.schema().name()),
                first(table.schema().id(), List.of(table)),
                null);
    }

    private static @Nullable ReplicaIdentity first(TableId id, List<TableInfo> history) {
        return history.stream()
                .filter(table -> table.schema().id().equals(id))
                .map(table -> table.schemas().get(0).schema())
                .map(TableSchema::replicaIdentity)
                .findFirst()
                .orElse(null);
    }

    /** What sets the identity back, or null where somebody has to know whether. */
    @Nullable
    String statement() {
        boolean known = first == ReplicaIdentity.DEFAULT || first == ReplicaIdentity.NOTHING;
        return known && reader == null ? setBack() : null;
    }

    /** What would set it back, and what is to be known first. */
    String question() {
        if (reader != null) {
            return setBack() + " -- unless readers of publication " + Identifiers.quote(reader) + " need FULL";
        }
        return first == ReplicaIdentity.INDEX
                ? "ALTER TABLE " + sqlName
                        + " REPLICA IDENTITY USING INDEX ...; -- as it was; the history does not know of which"
                : setBack() + " -- if FULL was set for Rowback; it was when the history began";
    }

    private String setBack() {
        return "ALTER TABLE " + sqlName + " REPLICA IDENTITY "
                + (first == ReplicaIdentity.NOTHING ? "NOTHING;" : "DEFAULT;");
    }
}
