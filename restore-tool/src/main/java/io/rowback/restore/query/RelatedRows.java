package io.rowback.restore.query;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A row and every row that refers, or at some time referred, to it or to one of those through foreign keys: whatever the
 * depth, deleted ones included. A row that changed its key is followed under each of its keys.
 */
public final class RelatedRows {
    private final HistoryReader reader;
    private final Tables tables;
    private final int limit;
    private final Set<Row> found = new LinkedHashSet<>();
    private final Deque<Row> open = new ArrayDeque<>();
    private boolean cut;

    /** A row by its table and one of its keys. */
    public record Row(TableId table, RowKey key) {
        // Spelled out, as a plan compares millions: the methods that a record is given are slow until C2 compiles them.
        @Override
        public boolean equals(Object other) {
            return other instanceof Row row && table.equals(row.table) && key.equals(row.key);
        }

        @Override
        public int hashCode() {
            return 31 * table.hashCode() + key.hashCode();
        }
    }

    /** Walks from one row; stops at {@code limit} rows. */
    public RelatedRows(HistoryReader reader, Tables tables, Row root, int limit) {
        this.reader = reader;
        this.tables = tables;
        this.limit = limit;
        add(root);
        while (!open.isEmpty()) {
            follow(open.remove());
        }
    }

    /** The rows, nearest first. */
    public Set<Row> rows() {
        return found;
    }

    /** Whether there are more rows than the limit allowed. */
    public boolean cut() {
        return cut;
    }

    private void add(Row row) {
        if (found.size() >= limit && !found.contains(row)) {
            cut = true;
        } else if (found.add(row)) {
            open.add(row);
        }
    }

    private void follow(Row row) {
        TableInfo table = tables.byId(row.table()).orElse(null);
        if (table == null) {
            return;
        }
        Collection<RowImage> images = images(table, row.key());
        for (RowImage image : images) {
            RowKey key = image.key();
            if (key != null) {
                add(new Row(row.table(), key));
            }
        }
        for (TableInfo child : tables.all()) {
            for (ForeignKey foreignKey : foreignKeys(child, row.table())) {
                followChildren(child, foreignKey, images);
            }
        }
    }

    private void followChildren(TableInfo child, ForeignKey foreignKey, Collection<RowImage> images) {
        Set<List<String>> values = new LinkedHashSet<>();
        for (RowImage image : images) {
            List<String> referred = texts(image, foreignKey.refColumns());
            if (referred != null) {
                values.add(referred);
            }
        }
        for (List<String> referred : values) {
            try (Stream<RowKey> keys = reader.referring(child.schema().id(), foreignKey, referred)) {
                keys.forEach(key -> add(new Row(child.schema().id(), key)));
            }
        }
    }

    /** Every image that the row ever had under this key, and those on the other side of a change of its key. */
    private Collection<RowImage> images(TableInfo table, RowKey key) {
        Set<RowImage> images = new LinkedHashSet<>();
        for (RowTimeline.Version version : new RowTimeline(reader, table)
                .versions(key, Lsn.ZERO, reader.info().durable())) {
            Change change = version.change();
            Stream.of(version.before(), version.after())
                    .filter(Objects::nonNull)
                    .forEach(images::add);
            if (change.oldKey() != null) {
                images.add(Objects.requireNonNull(change.before()));
                images.add(Objects.requireNonNull(change.after()));
            }
        }
        table.coverage().stream()
                .flatMap(coverage -> reader.baseline(table.schema().id(), key, coverage.from()).stream())
                .forEach(images::add);
        return images;
    }

    /** The foreign keys that the child ever had to the parent. */
    private static Set<ForeignKey> foreignKeys(TableInfo child, TableId parent) {
        Set<ForeignKey> foreignKeys = new LinkedHashSet<>();
        child.schemas().forEach(version -> version.schema().foreignKeys().stream()
                .filter(foreignKey -> foreignKey.refTable().equals(parent))
                .forEach(foreignKeys::add));
        return foreignKeys;
    }

    private static @Nullable List<String> texts(RowImage image, List<String> columns) {
        List<String> texts = columns.stream()
                .map(image::value)
                .filter(ColumnValue.Text.class::isInstance)
                .map(value -> ((ColumnValue.Text) value).text())
                .toList();
        return texts.size() == columns.size() ? texts : null;
    }
}
