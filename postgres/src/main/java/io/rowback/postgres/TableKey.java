package io.rowback.postgres;

import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog.Index;
import java.util.List;
import java.util.Optional;

/**
 * Which columns identify a table's rows, chosen so that the log carries them of every row that is changed: those of the
 * identity's index where the table names one, else the primary key's.
 *
 * @param columns empty if there is no key; the log then identifies old rows under REPLICA IDENTITY FULL alone, by all their values
 * @param identifiesOldRows whether the log carries the key of old rows; if not, a published table's UPDATE would fail
 * @param otherUniques the remaining unique indexes over plain columns
 */
record TableKey(List<String> columns, boolean identifiesOldRows, List<TableSchema.Unique> otherUniques) {
    static TableKey of(ReplicaIdentity identity, List<Index> indexes) {
        Optional<Index> primary = indexes.stream().filter(Index::primary).findFirst();
        Optional<Index> key = identity == ReplicaIdentity.INDEX
                ? indexes.stream().filter(Index::identity).findFirst()
                : primary;
        boolean identifies =
                switch (identity) {
                    case FULL, INDEX -> true;
                    case DEFAULT -> primary.filter(Index::immediate).isPresent();
                    case NOTHING -> false;
                };
        List<TableSchema.Unique> others = indexes.stream()
                .filter(index -> !key.equals(Optional.of(index)))
                .map(index -> new TableSchema.Unique(index.name(), index.columns()))
                .toList();
        return new TableKey(key.map(Index::columns).orElse(List.of()), identifies, others);
    }
}
