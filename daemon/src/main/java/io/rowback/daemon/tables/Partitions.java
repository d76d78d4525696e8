package io.rowback.daemon.tables;

import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Tells the history which tables are partitions of which: one can be attached, detached or dropped without a change of its rows. */
final class Partitions {
    private final Config.Database database;
    private final HistoryWriter writer;

    Partitions(Config.Database database, HistoryWriter writer) {
        this.database = database;
        this.writer = writer;
    }

    /** Records what is different since it was recorded last. */
    void describe(Survey survey, Lsn now) {
        Map<TableId, CatalogTable> there =
                survey.tables().stream().collect(Collectors.toMap(CatalogTable::id, table -> table));
        for (TableInfo table : writer.tables()) {
            TableSchema known = table.schema();
            CatalogTable present = there.get(known.id());
            if (present == null ? !database.wants(known.name()) : present.schema() == null) {
                // It may be what it was, only that we do not capture it: its rows must not be thought gone.
                continue;
            }
            List<TableName> ancestors = present == null
                    ? List.of()
                    : Objects.requireNonNull(present.schema()).partitionOf();
            if (!ancestors.equals(known.partitionOf())) {
                writer.described(known.withPartitionOf(ancestors), now);
            }
        }
    }
}
