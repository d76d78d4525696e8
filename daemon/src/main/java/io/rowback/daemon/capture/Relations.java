package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.Catalog.Attribute;
import io.rowback.postgres.CatalogTable;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relations that the stream has described so far. A table whose rows nothing identifies any more, or something else
 * does, ends its coverage. Confined to the capture thread.
 */
final class Relations {
    private static final Logger LOG = LoggerFactory.getLogger(Relations.class);

    private final Catalog catalog;
    private final HistoryWriter writer;
    private final Predicate<TableName> wanted;
    /** The newest schema known of each table, whether from the stream or from the history. */
    private final Map<TableId, TableSchema> known = new HashMap<>();

    private final Map<Integer, Optional<CapturedRelation>> relations = new HashMap<>();

    Relations(Catalog catalog, HistoryWriter writer, Predicate<TableName> wanted) {
        this.catalog = catalog;
        this.writer = writer;
        this.wanted = wanted;
        for (TableInfo table : writer.tables()) {
            known.put(table.schema().id(), table.schema());
        }
    }

    /** What the stream says of a relation from here on, in the transaction with that commit LSN. */
    void define(Relation relation, Lsn commit) throws SQLException {
        TableId id = new TableId(relation.oid());
        Optional<TableSchema> schema = wanted.test(new TableName(relation.schema(), relation.name()))
                ? schema(id, relation)
                : Optional.empty();
        TableSchema last = known.get(id);
        if (last != null && !schema.map(last::identifiesRowsAs).orElse(false)) {
            String by = last.hasKey() ? last.key().toString() : "all their values as they were";
            endCoverage(last, commit, "its rows are no longer identified by " + by);
        }
        schema.ifPresent(described -> known.put(id, described));
        relations.put(relation.oid(), schema.map(described -> new CapturedRelation(described, relation)));
    }

    /** The relation of that oid, or null if it is not captured. */
    @Nullable
    CapturedRelation get(int oid) {
        Optional<CapturedRelation> relation = relations.get(oid);
        if (relation == null) {
            throw new IllegalStateException("the stream did not describe relation " + Integer.toUnsignedString(oid));
        }
        return relation.orElse(null);
    }

    /** Gives a relation up from the transaction with that commit LSN on: a row of it has no key. */
    void drop(CapturedRelation relation, Lsn commit) {
        TableSchema schema = relation.schema();
        endCoverage(schema, commit, "a row has no value in a column of its key");
        relations.put(schema.id().oid(), Optional.empty());
    }

    private void endCoverage(TableSchema schema, Lsn commit, String reason) {
        LOG.warn("coverage of {} ends at {}: {}", schema.name(), commit, reason);
        writer.uncovered(schema.id(), commit);
    }

    private Optional<TableSchema> schema(TableId id, Relation relation) throws SQLException {
        CatalogTable now = catalog.table(id).orElse(null);
        // A table that is gone by now, or may no longer be captured, still has changes in the log; what was known of it
        // last fits them best.
        TableSchema facts = now == null || now.schema() == null ? known.get(id) : now.schema();
        if (facts == null) {
            return Optional.empty();
        }
        List<Attribute> attributes = catalog.attributes(id);
        List<String> types = catalog.typeNames(
                relation.columns().stream().map(RelationColumn::typeOid).toList(),
                relation.columns().stream().map(RelationColumn::typmod).toList());
        return new RelationSchema(relation, types, facts, attributes).schema();
    }
}
