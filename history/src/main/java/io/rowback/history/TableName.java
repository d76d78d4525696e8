package io.rowback.history;

/** A table's schema and name as the catalog holds them, unquoted. Display only: SQL quotes through the postgres module. */
public record TableName(String schema, String name) implements Comparable<TableName> {
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
