package io.rowback.history.store;

import io.rowback.history.ForeignKey;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.List;

/** A table's schema with the number that names it on disk and what the indexes need of it, worked out once. */
@SuppressWarnings("ArrayRecordComponent") // Known by its version.
record StoredSchema(TableSchema schema, long version, int[] keyColumns, List<Reference> references) {

    /** Columns of one or more foreign keys: their name on disk, and where their values are in an image. */
    @SuppressWarnings("ArrayRecordComponent") // Known by its attributes.
    record Reference(List<Integer> attributes, byte[] encoded, int[] columns) {}

    static StoredSchema of(TableSchema schema, long version) {
        List<Reference> references = new ArrayList<>();
        schema.foreignKeys().stream().map(ForeignKey::columns).distinct().forEach(columns -> {
            List<Integer> attributes = schema.attributes(columns);
            references.add(new Reference(attributes, Keys.attributes(attributes), indexes(schema, columns)));
        });
        return new StoredSchema(schema, version, indexes(schema, schema.key()), references);
    }

    boolean refersBy(List<Integer> attributes) {
        return references.stream().anyMatch(reference -> reference.attributes().equals(attributes));
    }

    private static int[] indexes(TableSchema schema, List<String> columns) {
        return columns.stream()
                .mapToInt(column -> schema.indexOf(schema.column(column).name()))
                .toArray();
    }
}
