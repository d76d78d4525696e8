package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.daemon.tables.LogEnd;
import io.rowback.history.Column;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.Catalog.Attribute;
import io.rowback.postgres.CatalogTable;
import java.sql.Connection;
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

    private final Connection connection;
    private final Catalog catalog;
    private final HistoryWriter writer;
    private final Predicate<TableName> wanted;
    /** The newest schema that the stream has shown of each table. */
    private final Map<TableId, TableSchema> shown = new HashMap<>();

    private final Map<Integer, Optional<CapturedRelation>> relations = new HashMap<>();
    /** By oid, the relations of which it is not certain yet that they are what the catalog has. */
    private final Map<Integer, Doubt> doubts = new HashMap<>();

    /**
     * A relation that fits a table's columns as they were known last as well as other ones that the catalog has: a column
     * was dropped and one of the same name and type was added.
     *
     * @param end from here on it is certainly the catalog that fits
     */
    private record Doubt(Relation relation, Lsn end) {}

    /** Asks the catalog over a connection of the capture thread's own. */
    Relations(Connection connection, HistoryWriter writer, Predicate<TableName> wanted) {
        this.connection = connection;
        this.catalog = new Catalog(connection);
        this.writer = writer;
        this.wanted = wanted;
    }

    /** The transaction with that commit LSN begins. */
    void begin(Lsn commit) throws SQLException {
        if (doubts.isEmpty()) {
            return;
        }
        for (Doubt doubt : List.copyOf(doubts.values())) {
            if (!commit.isBefore(doubt.end())) {
                define(doubt.relation(), commit, true);
            }
        }
    }

    /** What the stream says of a relation from here on, in the transaction with that commit LSN. */
    void define(Relation relation, Lsn commit) throws SQLException {
        define(relation, commit, false);
    }

    private void define(Relation relation, Lsn commit, boolean certain) throws SQLException {
        TableId id = new TableId(relation.oid());
        doubts.remove(relation.oid());
        TableSchema last = last(id, commit);
        Optional<TableSchema> schema = wanted.test(new TableName(relation.schema(), relation.name()))
                ? schema(relation, certain ? null : last)
                : Optional.empty();
        if (last != null && !schema.map(last::identifiesRowsAs).orElse(false)) {
            String by = last.hasKey() ? last.key().toString() : "all their values as they were";
            endCoverage(last, commit, "its rows are no longer identified by " + by);
        }
        schema.ifPresent(described -> shown.put(id, described));
        relations.put(relation.oid(), schema.map(described -> new CapturedRelation(described, relation)));
    }

    /** What was known of a table just before that commit, by the stream or else by its baseline; null if nothing was. */
    private @Nullable TableSchema last(TableId id, Lsn commit) {
        TableSchema last = shown.get(id);
        return last != null
                ? last
                : writer.tables().stream()
                        .filter(table -> table.schema().id().equals(id))
                        .map(table -> table.schema(commit))
                        .findFirst()
                        .orElse(null);
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

    private Optional<TableSchema> schema(Relation relation, @Nullable TableSchema last) throws SQLException {
        TableId id = new TableId(relation.oid());
        CatalogTable table = catalog.table(id).orElse(null);
        List<Attribute> attributes = catalog.attributes(id);
        List<String> types = catalog.typeNames(
                relation.columns().stream().map(RelationColumn::typeOid).toList(),
                relation.columns().stream().map(RelationColumn::typmod).toList());
        TableSchema now = table == null ? null : table.schema();
        TableSchema facts = now == null ? last : now;
        // The catalog may be ahead of the stream: the table can be gone, have lost its key or have other columns by
        // now.
        if (last != null && now != null && isOf(relation, types, last)) {
            boolean fits = isOf(relation, types, now);
            boolean same = fits && now.columns().stream().allMatch(column -> last.indexOfSame(column) >= 0);
            if (fits && !same) {
                doubts.put(
                        relation.oid(),
                        new Doubt(relation, LogEnd.read(connection).lsn()));
            }
            facts = same ? now : last;
        }
        return facts == null ? Optional.empty() : new RelationSchema(relation, types, facts, attributes).schema();
    }

    /** Whether these are the columns that the stream carries of the table. */
    private static boolean isOf(Relation relation, List<String> types, TableSchema table) {
        List<Column> columns =
                table.columns().stream().filter(Column::published).toList();
        return columns.stream()
                        .map(Column::name)
                        .toList()
                        .equals(relation.columns().stream()
                                .map(RelationColumn::name)
                                .toList())
                && columns.stream().map(Column::type).toList().equals(types);
    }
}
