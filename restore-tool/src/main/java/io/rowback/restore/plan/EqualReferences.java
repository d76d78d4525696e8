package io.rowback.restore.plan;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.postgres.Equality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rows that refer to one of a plan's rows by an equal value, however that is written: 1.5 refers to 1.50. The
 * history's index knows texts alone, so all rows of the referring table are read, once for each foreign key.
 */
final class EqualReferences {
    private final HistoryReader reader;
    private final Lsn durable;
    private final List<Draft> drafts;
    private final Map<Place, Map<List<String>, List<RowKey>>> known = new HashMap<>();

    private record Place(TableInfo child, ForeignKey foreignKey) {}

    EqualReferences(HistoryReader reader, List<Draft> drafts) {
        this.reader = reader;
        this.durable = reader.info().durable();
        this.drafts = drafts;
    }

    /** Whether such rows can be found: their table is covered, and equal values of these types are known to be equal. */
    boolean canTell(TableSchema parent, TableInfo child, ForeignKey foreignKey) {
        for (int i = 0; i < foreignKey.columns().size(); i++) {
            Column referring = child.schema().column(foreignKey.columns().get(i));
            Column referred = parent.column(foreignKey.refColumns().get(i));
            if (!Equality.haveNormalForms(referring, referred)) {
                return false;
            }
        }
        return child.coverage(durable).isPresent();
    }

    /** One of the rows that refer, or may refer, to what the draft is before its write, and that count; null if none does. */
    @Nullable
    RowKey first(TableInfo child, ForeignKey foreignKey, Draft draft, Predicate<RowKey> counts) {
        List<String> values = normal(draft.table(), foreignKey.refColumns(), draft::before);
        return values == null
                ? null
                : known
                        .computeIfAbsent(new Place(child, foreignKey), this::read)
                        .getOrDefault(values, List.of())
                        .stream()
                        .filter(counts)
                        .findFirst()
                        .orElse(null);
    }

    /** The rows that refer to any draft, by what they refer to. */
    private Map<List<String>, List<RowKey>> read(Place place) {
        ForeignKey foreignKey = place.foreignKey();
        Set<List<String>> asked = new HashSet<>();
        for (Draft draft : drafts) {
            List<String> values = foreignKey.refTable().equals(draft.table().id())
                    ? normal(draft.table(), foreignKey.refColumns(), draft::before)
                    : null;
            if (values != null) {
                asked.add(values);
            }
        }
        Map<List<String>, List<RowKey>> found = new HashMap<>();
        try (Stream<RowImage> rows = new TableTimeline(reader, place.child()).asOf(durable)) {
            for (RowImage row : (Iterable<RowImage>) rows::iterator) {
                RowKey key = row.key();
                List<String> values = normal(row.schema(), foreignKey.columns(), row::value);
                if (key != null && values != null && asked.contains(values)) {
                    found.computeIfAbsent(values, any -> new ArrayList<>()).add(key);
                }
            }
        }
        return found;
    }

    private interface Values {
        @Nullable
        ColumnValue of(String column);
    }

    private static @Nullable List<String> normal(TableSchema table, List<String> columns, Values values) {
        List<String> normal = new ArrayList<>();
        for (String column : columns) {
            if (!(values.of(column) instanceof ColumnValue.Text text)) {
                return null;
            }
            normal.add(Equality.normalForm(table.column(column), text.text()));
        }
        return normal;
    }
}
