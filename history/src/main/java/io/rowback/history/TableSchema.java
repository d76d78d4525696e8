package io.rowback.history;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a table looked like at some time. Two schemas with the same content are the same version. Facts that the stream
 * lacks were read from the catalog when the relation first appeared or changed, so they may be newer than the stream.
 *
 * @param id the table's oid
 * @param name its schema and name
 * @param columns in attribute order, those that the stream does not carry included
 * @param key names of the columns that identify a row: the primary key, else those of the replica identity's index.
 *     Empty for a table without a key, of which equal rows are counted and not told apart
 * @param replicaIdentity what the log carries of old rows
 * @param foreignKeys its foreign keys
 * @param uniques other unique constraints and plain unique indexes, the key excluded
 * @param triggers its user triggers
 * @param partitionOf the tables of which it is a partition, at any depth, its parent first; empty if of none
 */
public record TableSchema(
        TableId id,
        TableName name,
        List<Column> columns,
        List<String> key,
        ReplicaIdentity replicaIdentity,
        List<ForeignKey> foreignKeys,
        List<Unique> uniques,
        List<Trigger> triggers,
        List<TableName> partitionOf) {

    public TableSchema {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        foreignKeys = List.copyOf(foreignKeys);
        uniques = List.copyOf(uniques);
        triggers = List.copyOf(triggers);
        partitionOf = List.copyOf(partitionOf);
    }

    /** A unique constraint or index over plain columns. */
    public record Unique(String name, List<String> columns) {
        public Unique {
            columns = List.copyOf(columns);
        }
    }

    /** A user trigger: its name, the letter that {@code pg_trigger} keeps for when it fires, and the statement that creates it. */
    public record Trigger(String name, char enabled, String definition) {}

    /** This table as a partition of these. */
    public TableSchema withPartitionOf(List<TableName> ancestors) {
        return new TableSchema(id, name, columns, key, replicaIdentity, foreignKeys, uniques, triggers, ancestors);
    }

    /** Whether columns of the table identify its rows. If none do, a row is known by all its values together. */
    public boolean hasKey() {
        return !key.isEmpty();
    }

    /**
     * Whether a row that both versions of the table held has the same {@link RowKey} in both. Without a key that takes
     * the same columns, since a new default or type changes all rows without an event.
     */
    public boolean identifiesRowsAs(TableSchema other) {
        List<Column> ours = identifying();
        List<Column> theirs = other.identifying();
        return hasKey() == other.hasKey()
                && ours.size() == theirs.size()
                && IntStream.range(0, ours.size()).allMatch(i -> ours.get(i).isSameAs(theirs.get(i)));
    }

    /** Whether the columns are the same, by number and type, and are called the same. */
    public boolean hasColumnsOf(TableSchema other) {
        return columns.size() == other.columns.size()
                && IntStream.range(0, columns.size())
                        .allMatch(i -> columns.get(i).isSameAs(other.columns.get(i))
                                && columns.get(i)
                                        .name()
                                        .equals(other.columns.get(i).name()));
    }

    private List<Column> identifying() {
        return hasKey()
                ? key.stream().map(this::column).toList()
                : columns.stream().filter(column -> !column.generated()).toList();
    }

    /** The index of a column in {@link #columns()}, or -1 if there is none of that name. */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The index of the column that is the same as one of another version of this table: the same attribute and the same
     * type, whatever the names of both. -1 if there is none; its values then have nothing to do with the other's.
     */
    public int indexOfSame(Column other) {
        int index = indexOfAttribute(other.attnum());
        return index >= 0 && columns.get(index).isSameAs(other) ? index : -1;
    }

    /** The attribute numbers of these columns, in their order. */
    public List<Integer> attributes(List<String> names) {
        return names.stream().map(name -> column(name).attnum()).toList();
    }

    /** The index of the column with that attribute number, or -1 if there is none. */
    public int indexOfAttribute(int attnum) {
        // Where no column was dropped it is that of its number.
        if (attnum > 0 && attnum <= columns.size() && columns.get(attnum - 1).attnum() == attnum) {
            return attnum - 1;
        }
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).attnum() == attnum) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The column of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Column column(String column) {
        int index = indexOf(column);
        if (index < 0) {
            throw new IllegalArgumentException("table " + name + " has no column " + column);
        }
        return columns.get(index);
    }
}
