package io.rowback.restore;

import io.rowback.history.TableInfo;
import java.util.Collection;
import java.util.List;

/** Columns on the command line: each must exist in one of the tables that are looked at. */
final class ColumnNames {
    private ColumnNames() {}

    static void check(Collection<String> columns, List<TableInfo> tables) {
        for (String column : columns) {
            boolean known = tables.stream()
                    .flatMap(table -> table.schemas().stream())
                    .anyMatch(version -> version.schema().indexOf(column) >= 0);
            if (!known) {
                String names = tables.size() == 1
                        ? "The columns are "
                                + String.join(
                                        ", ",
                                        tables.get(0).schema().columns().stream()
                                                .map(any -> any.name())
                                                .toList())
                                + "."
                        : "Names are written as the catalog holds them, without quotes.";
                throw StoreCommand.usage("there is no column " + column, names);
            }
        }
    }
}
