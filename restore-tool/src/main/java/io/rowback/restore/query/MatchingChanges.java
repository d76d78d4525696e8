package io.rowback.restore.query;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.restore.expression.Expression;
import io.rowback.restore.expression.Truth;
import io.rowback.restore.query.RelatedRows.Row;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** The changes of a table that found or left a row that meets a condition, or may meet it where a value is not known. */
public final class MatchingChanges {
    private final HistoryReader reader;
    private final TableInfo table;
    private final TableSchema schema;
    private final Expression condition;

    /**
     * By a condition on the table as it is now.
     *
     * @throws io.rowback.history.RowbackException of code USAGE if it cannot be read
     */
    public MatchingChanges(HistoryReader reader, TableInfo table, String condition) {
        this.reader = reader;
        this.table = table;
        this.schema = table.schema();
        this.condition = Expression.parse(condition, schema);
    }

    /** The rows that such changes are about, as far as the stream tells; not many more than {@code most}. */
    public Set<Row> rows(Lsn from, Lsn to, int most) {
        Set<Row> rows = new LinkedHashSet<>();
        try (Stream<Change> changes = reader.changes(schema.id(), from, to)) {
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (change.operation() == Operation.TRUNCATE) {
                    addTruncated(change, rows, most);
                }
                List<RowImage> images = Stream.of(change.before(), change.after())
                        .filter(Objects::nonNull)
                        .toList();
                // A changed key belongs to both of its sides.
                if (images.stream().anyMatch(this::meets)) {
                    images.forEach(image -> add(image, rows));
                }
                if (rows.size() >= most) {
                    break;
                }
            }
        }
        return rows;
    }

    private void addTruncated(Change truncate, Set<Row> rows, int most) {
        if (table.coverage(truncate.position().commit()).isEmpty()) {
            return;
        }
        try (Stream<RowImage> held =
                new TableTimeline(reader, table).asOf(truncate.position().commit())) {
            held.takeWhile(row -> rows.size() < most).filter(this::meets).forEach(row -> add(row, rows));
        }
    }

    private void add(RowImage image, Set<Row> rows) {
        rows.add(new Row(schema.id(), Objects.requireNonNull(image.key(), "key of a change is known")));
    }

    /** Whether this is such a change, its images being resolved. */
    public boolean counts(RowTimeline.Version version) {
        return Stream.of(version.before(), version.after())
                .filter(Objects::nonNull)
                .anyMatch(this::meets);
    }

    private boolean meets(RowImage image) {
        Truth truth = condition.test(image.in(schema));
        return truth == Truth.TRUE || truth == Truth.UNKNOWN;
    }
}
