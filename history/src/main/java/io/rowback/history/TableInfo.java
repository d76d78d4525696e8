package io.rowback.history;

import java.util.List;

/**
 * What the store knows of one table.
 *
 * @param schemas the versions seen, oldest first, each with the LSN from which it was seen; never empty
 * @param coverage where its history is complete, oldest first, not overlapping
 * @param baselineRows rows of its newest baseline
 */
public record TableInfo(List<SchemaVersion> schemas, List<Coverage> coverage, long baselineRows) {
    public TableInfo {
        schemas = List.copyOf(schemas);
        coverage = List.copyOf(coverage);
    }

    /** A schema and the commit LSN from which it was seen. */
    public record SchemaVersion(Lsn from, TableSchema schema) {}

    /** The newest schema. */
    public TableSchema schema() {
        return schemas.get(schemas.size() - 1).schema();
    }

    /** The schema that was valid just below {@code at}; the oldest one if none was seen by then. */
    public TableSchema schema(Lsn at) {
        TableSchema valid = schemas.get(0).schema();
        for (SchemaVersion version : schemas) {
            if (version.from().isBefore(at)) {
                valid = version.schema();
            }
        }
        return valid;
    }
}
