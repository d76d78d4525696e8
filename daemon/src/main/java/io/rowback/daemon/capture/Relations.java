package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.daemon.tables.LogEnd;
import io.rowback.history.Column;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableInfo.SchemaVersion;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.Catalog.Attribute;
import io.rowback.postgres.CatalogTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    /** The newest schema that the stream has shown of each table, and where. */
    private final Map<TableId, SchemaVersion> shown = new HashMap<>();

    private final Map<Integer, Optional<CapturedRelation>> relations = new HashMap<>();
    /** By oid, the relations of which it is not certain yet that they are what the catalog has. */
    private final Map<Integer, Doubt> doubts = new HashMap<>();

    /**
     * A relation that fits the table as the catalog has it, and what the table was before as well: a column was dropped
     * and one of the same name and type was added.
     *
     * @param schema the table as the catalog has it; empty if nothing identifies its rows then
     * @param end from here on it is certainly that
     */
    private record Doubt(Relation relation, Optional<TableSchema> schema, Lsn end) {}

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
                doubts.remove(doubt.relation().oid());
                define(doubt.relation(), commit, doubt.schema());
            }
        }
    }

    /** What the stream says of a relation from here on, in the transaction with that commit LSN. */
    void define(Relation relation, Lsn commit) throws SQLException {
        doubts.remove(relation.oid());
        define(
                relation,
                commit,
                wanted.test(new TableName(relation.schema(), relation.name()))
                        ? schema(relation, commit)
                        : Optional.empty());
    }

    private void define(Relation relation, Lsn commit, Optional<TableSchema> schema) {
        TableId id = new TableId(relation.oid());
        SchemaVersion before = shown.get(id);
        TableSchema last =
                before == null ? info(id).map(table -> table.schema(commit)).orElse(null) : before.schema();
        if (last != null && !schema.map(last::identifiesRowsAs).orElse(false)) {
            String by = last.hasKey() ? last.key().toString() : "all their values as they were";
            endCoverage(last, commit, "its rows are no longer identified by " + by);
        }
        schema.filter(Relations::isNumbered)
                .ifPresent(described -> shown.put(id, new SchemaVersion(commit, commit, described)));
        relations.put(relation.oid(), schema.map(described -> new CapturedRelation(described, relation)));
    }

    private Optional<TableInfo> info(TableId id) {
        return writer.tables().stream()
                .filter(table -> table.schema().id().equals(id))
                .findFirst();
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

    private Optional<TableSchema> schema(Relation relation, Lsn commit) throws SQLException {
        TableId id = new TableId(relation.oid());
        List<SchemaVersion> known = known(id, commit);
        TableSchema last = known.isEmpty() ? null : known.get(known.size() - 1).schema();
        TableSchema now = catalog.table(id).map(CatalogTable::schema).orElse(null);
        if (last == null && now == null) {
            return Optional.empty();
        }
        List<String> types = catalog.typeNames(
                relation.columns().stream().map(RelationColumn::typeOid).toList(),
                relation.columns().stream().map(RelationColumn::typmod).toList());
        ColumnNumbers numbers = new ColumnNumbers(relation.columns(), types, last, now, vanished(id, known));
        boolean certain = numbers.areCertain();
        if (now != null && !certain && isOf(relation, types, now)) {
            Optional<TableSchema> later = new RelationSchema(relation, types, now, numbersOf(now)).schema();
            doubts.put(
                    relation.oid(),
                    new Doubt(relation, later, LogEnd.read(connection).lsn()));
        }
        // The catalog may be ahead of the stream: the table can be gone, have lost its key or have other columns by
        // now.
        boolean same = certain && now != null && isOf(relation, types, now);
        boolean ahead = now == null || (last != null && isOf(relation, types, last) && !same);
        TableSchema facts = Objects.requireNonNull(ahead ? last : now);
        return new RelationSchema(relation, types, facts, numbers.numbers()).schema();
    }

    /** The numbers of columns that came later than what is known of the table, and are gone by now. */
    private List<Integer> vanished(TableId id, List<SchemaVersion> known) throws SQLException {
        int largest = known.stream()
                .flatMap(version -> version.schema().columns().stream())
                .mapToInt(Column::attnum)
                .max()
                .orElse(0);
        return catalog.attributes(id).stream()
                .filter(attribute -> attribute.dropped() && attribute.attnum() > largest)
                .map(Attribute::attnum)
                .toList();
    }

    private static List<Integer> numbersOf(TableSchema table) {
        return table.columns().stream()
                .filter(Column::published)
                .map(Column::attnum)
                .toList();
    }

    /** Whether every column has the number of one, and tells later which is which. */
    private static boolean isNumbered(TableSchema table) {
        return table.columns().stream().allMatch(column -> column.attnum() <= ColumnNumbers.MAX);
    }

    /** The versions of the table that are known by that commit, oldest first; the oldest of all if none is. */
    private List<SchemaVersion> known(TableId id, Lsn commit) {
        List<SchemaVersion> versions =
                new ArrayList<>(info(id).map(TableInfo::schemas).orElse(List.of()));
        versions.removeIf(version -> !isNumbered(version.schema()));
        Optional.ofNullable(shown.get(id)).ifPresent(versions::add);
        versions.sort(Comparator.comparing(SchemaVersion::from));
        List<SchemaVersion> known = versions.stream()
                .filter(version -> !commit.isBefore(version.from()))
                .toList();
        return known.isEmpty() ? versions.subList(0, Math.min(1, versions.size())) : known;
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
