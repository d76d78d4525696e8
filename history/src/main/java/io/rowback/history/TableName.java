package io.rowback.history;

/** A table's schema and name as the catalog holds them, unquoted. Display only: SQL quotes through the postgres module. */
public record TableName(String schema, String name) implements Comparable<TableName> {
    // Spelled out, as each command asks: the methods that a record is given take the JVM long to make.
    @Override
    public boolean equals(Object other) {
        return other instanceof TableName table && schema.equals(table.schema) && name.equals(table.name);
    }

    @Override
    public int hashCode() {
        return 31 * schema.hashCode() + name.hashCode();
    }

    @Override
    public int compareTo(TableName other) {
        int order = schema.compareTo(other.schema);
        return order != 0 ? order : name.compareTo(other.name);
    }

    /** The bare name for a table of schema public, else {@code schema.name}. */
    @Override
    public String toString() {
        return schema.equals("public") ? name : schema + "." + name;
    }
}
