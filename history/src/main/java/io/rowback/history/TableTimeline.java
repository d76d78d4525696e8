package io.rowback.history;

import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whole tables as they stood: the baseline in key order, merged with the last change of every row that was changed
 * since. Holds one row of each at a time, whatever the table's size. Pure but for the reader it asks.
 */
public final class TableTimeline {
    private final HistoryReader reader;
    private final TableInfo table;
    private final RowTimeline rows;

    public TableTimeline(HistoryReader reader, TableInfo table) {
        this.reader = reader;
        this.table = table;
        this.rows = new RowTimeline(reader, table);
    }

    /**
     * Every row after all commits below {@code at} and none above, in key order. To be closed.
     *
     * @throws RowbackException of code {@link ErrorCode#NOT_COVERED} if the history cannot tell
     */
    public Stream<RowImage> asOf(Lsn at) {
        Coverage coverage = table.coverage(at)
                .orElseThrow(() -> table.notCovered(at, reader.info().gaps()));
        TableId id = table.schema().id();
        Position truncated = lastTruncate(coverage.from(), at);
        Stream<RowImage> initial = truncated == null ? reader.baseline(id, at) : Stream.empty();
        Lsn from = truncated == null ? coverage.from() : truncated.commit();
        Stream<HistoryReader.LastChange> changed = reader.lastChanges(id, from, at)
                .filter(last -> truncated == null || last.change().position().compareTo(truncated) > 0);
        return StreamSupport.stream(new Merge(initial.iterator(), changed.iterator(), at), false)
                .onClose(initial::close)
                .onClose(changed::close);
    }

    private @Nullable Position lastTruncate(Lsn from, Lsn to) {
        try (Stream<Change> truncates = reader.changes(table.schema().id(), RowKey.of(), from, to)) {
            return truncates.map(Change::position).reduce(null, (older, newer) -> newer);
        }
    }

    /** The row that a change left under this key; null if it left none. */
    private @Nullable RowImage left(HistoryReader.LastChange last, Lsn at) {
        Change change = last.change();
        RowImage after = change.after();
        if (after == null || !last.key().equals(change.key())) {
            return null;
        }
        RowImage image = after.filledFrom(change.before());
        return image.complete() ? image : rows.asOf(last.key(), at).imageOrNull();
    }

    private final class Merge extends Spliterators.AbstractSpliterator<RowImage> {
        private final Iterator<RowImage> initial;
        private final Iterator<HistoryReader.LastChange> changed;
        private final Lsn at;
        private @Nullable RowImage row;
        private HistoryReader.@Nullable LastChange change;

        Merge(Iterator<RowImage> initial, Iterator<HistoryReader.LastChange> changed, Lsn at) {
            super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
            this.initial = initial;
            this.changed = changed;
            this.at = at;
            this.row = next(initial);
            this.change = next(changed);
        }

        @Override
        public boolean tryAdvance(Consumer<? super RowImage> action) {
            while (row != null || change != null) {
                RowImage next = advance();
                if (next != null) {
                    action.accept(next);
                    return true;
                }
            }
            return false;
        }

        /** Passes the lowest key and returns the row under it, or null if there is none any more. */
        private @Nullable RowImage advance() {
            RowImage unchanged = row;
            HistoryReader.LastChange last = change;
            int order =
                    unchanged == null ? 1 : last == null ? -1 : key(unchanged).compareTo(last.key());
            if (order <= 0) {
                row = next(initial);
            }
            if (order < 0 || last == null) {
                return unchanged;
            }
            change = next(changed);
            return left(last, at);
        }

        private static RowKey key(RowImage image) {
            return Objects.requireNonNull(image.key(), "key of a baseline row is known");
        }

        private static <T> @Nullable T next(Iterator<T> iterator) {
            return iterator.hasNext() ? iterator.next() : null;
        }
    }
}
