package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.history.Column;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Joins what the stream says of a relation with facts that it lacks. The stream speaks of the moment of the change; the
 * facts are newer, or older if the table is gone. So the stream decides which columns there are, of which type, and
 * which of them identify a row; the facts add the rest.
 *
 * @param relation what the stream says
 * @param types the type of each of its columns, for SQL
 * @param facts a schema of the same table at another time
 * @param numbers the number of each of its columns
 */
record RelationSchema(Relation relation, List<String> types, TableSchema facts, List<Integer> numbers) {

    /** The table as it was, without a key if rows come whole and nothing else identifies them; empty if not even that. */
    Optional<TableSchema> schema() {
        List<Column> published = published();
        List<String> key = key(published);
        if (key.isEmpty() && relation.identity() != ReplicaIdentity.FULL) {
            return Optional.empty();
        }
        List<Column> columns = new ArrayList<>(published);
        Set<Integer> attnums = new HashSet<>();
        published.forEach(column -> attnums.add(column.attnum()));
        for (Column column : facts.columns()) {
            if (column.generated() && !attnums.contains(column.attnum())) {
                columns.add(new Column(
                        column.name(),
                        column.attnum(),
                        column.typeOid(),
                        column.type(),
                        column.notNull(),
                        column.identity(),
                        true,
                        false,
                        column.sequence(),
                        column.byteOrdered()));
            }
        }
        columns.sort(Comparator.comparingInt(Column::attnum));
        return Optional.of(new TableSchema(
                new TableId(relation.oid()),
                new TableName(relation.schema(), relation.name()),
                columns,
                key,
                relation.identity(),
                facts.foreignKeys(),
                facts.uniques(),
                facts.triggers(),
                facts.partitionOf()));
    }

    /** The columns of the stream, in its order. */
    List<Column> published() {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            RelationColumn column = relation.columns().get(i);
            int index = facts.indexOfAttribute(numbers.get(i));
            columns.add(
                    index >= 0
                            ? described(column, types.get(i), facts.columns().get(index))
                            : undescribed(column, types.get(i), numbers.get(i)));
        }
        return columns;
    }

    private static Column described(RelationColumn column, String type, Column fact) {
        return new Column(
                column.name(),
                fact.attnum(),
                column.typeOid(),
                type,
                fact.notNull(),
                fact.identity(),
                fact.generated(),
                true,
                fact.sequence(),
                fact.byteOrdered());
    }

    /** A column that the facts do not have: it was dropped since, or is newer. */
    private static Column undescribed(RelationColumn column, String type, int number) {
        return new Column(
                column.name(), number, column.typeOid(), type, false, Column.Identity.NONE, false, true, null, false);
    }

    /** The key's columns under the names that the stream gives them, in the facts' order where that is the same key. */
    private List<String> key(List<Column> published) {
        List<String> known = new ArrayList<>();
        for (String name : facts.key()) {
            int attnum = facts.column(name).attnum();
            published.stream()
                    .filter(column -> column.attnum() == attnum)
                    .map(Column::name)
                    .forEach(known::add);
        }
        if (relation.identity() == ReplicaIdentity.FULL) {
            return known.size() == facts.key().size() ? known : List.of();
        }
        List<String> flagged = relation.columns().stream()
                .filter(RelationColumn::key)
                .map(RelationColumn::name)
                .toList();
        return new HashSet<>(flagged).equals(new HashSet<>(known)) ? known : flagged;
    }
}
