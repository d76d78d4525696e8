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
     * Every row, told in the schema of that moment, after all commits below {@code at} and none above, in key order; equal
     * ones of a table without a key each. To be closed.
     *
     * @throws RowbackException of code {@link ErrorCode#NOT_COVERED} if the history cannot tell
     */
    public Stream<RowImage> asOf(Lsn at) {
        Coverage coverage = table.coverage(at)
                .orElseThrow(() -> table.notCovered(at, reader.info().gaps()));
        Position truncated = lastTruncate(coverage.from(), at);
        Stream<RowImage> initial =
                truncated == null ? reader.baseline(table.schema().id(), at) : Stream.empty();
        Stream<Left> changed = changed(coverage.from(), truncated, at);
        return StreamSupport.stream(new Merge(initial.iterator(), changed.iterator(), at), false)
                .onClose(initial::close)
                .onClose(changed::close);
    }

    /** What a change left under a key, the last one by then. */
    public record Left(RowKey key, RowTimeline.State state) {}

    /**
     * What is under each key that changed between the beginning of a coverage and {@code at}, in key order. If the table
     * was truncated, keys that did not change since are left out, and nothing is under them. To be closed.
     */
    public Stream<Left> changed(Coverage coverage, Lsn at) {
        return changed(coverage.from(), lastTruncate(coverage.from(), at), at);
    }

    private Stream<Left> changed(Lsn begin, @Nullable Position truncated, Lsn at) {
        Lsn from = truncated == null ? begin : truncated.commit();
        return reader.lastChanges(table.schema().id(), from, at)
                .filter(last -> truncated == null || last.change().position().compareTo(truncated) > 0)
                .map(last -> new Left(last.key(), left(last, at)));
    }

    /** Whether the table was truncated between the beginning of a coverage and {@code at}. */
    public boolean truncated(Coverage coverage, Lsn at) {
        return lastTruncate(coverage.from(), at) != null;
    }

    private @Nullable Position lastTruncate(Lsn from, Lsn to) {
        try (Stream<Change> truncates = reader.changes(table.schema().id(), RowKey.of(), from, to)) {
            return truncates.map(Change::position).reduce(null, (older, newer) -> newer);
        }
    }

    /** What is under the key of this change, the last one. */
    private RowTimeline.State left(HistoryReader.LastChange last, Lsn at) {
        Change change = last.change();
        if (!change.schema().hasKey()) {
            // Of equal rows the last change tells one alone.
            return rows.held(last.key(), at);
        }
        RowImage after = change.after();
        if (after == null || !last.key().equals(change.key())) {
            // A row that came under the key before this one left it is still there.
            return last.alone() ? new RowTimeline.State.Absent() : rows.held(last.key(), at);
        }
        RowImage image = after.filledFrom(change.before());
        return image.complete() ? new RowTimeline.State.Present(image) : rows.held(last.key(), at);
    }

    private final class Merge extends Spliterators.AbstractSpliterator<RowImage> {
        private final Iterator<RowImage> initial;
        private final Iterator<Left> changed;
        private final Lsn at;
        private @Nullable RowImage row;
        private @Nullable Left change;
        /** Equal rows that were found together and are handed out one by one. */
        private @Nullable RowImage repeated;

        private long repetitions;

        Merge(Iterator<RowImage> initial, Iterator<Left> changed, Lsn at) {
            super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
            this.initial = initial;
            this.changed = changed;
            this.at = at;
            this.row = next(initial);
            this.change = next(changed);
        }

        @Override
        public boolean tryAdvance(Consumer<? super RowImage> action) {
            while (repetitions > 0 || row != null || change != null) {
                RowImage next = repetitions > 0 ? repeat() : advance();
                if (next != null) {
                    action.accept(table.told(next, at));
                    return true;
                }
            }
            return false;
        }

        private @Nullable RowImage repeat() {
            repetitions--;
            return repeated;
        }

        /** Passes the lowest key and returns the row under it, or null if there is none any more. */
        private @Nullable RowImage advance() {
            RowImage unchanged = row;
            Left last = change;
            int order =
                    unchanged == null ? 1 : last == null ? -1 : key(unchanged).compareTo(last.key());
            if (order <= 0) {
                row = next(initial);
            }
            if (order < 0 || last == null) {
                return unchanged;
            }
            while (row != null && key(row).equals(last.key())) {
                row = next(initial);
            }
            change = next(changed);
            if (!(last.state() instanceof RowTimeline.State.Present present)) {
                return null;
            }
            repeated = present.image();
            repetitions = present.count() - 1;
            return repeated;
        }

        private static RowKey key(RowImage image) {
            return Objects.requireNonNull(image.key(), "key of a baseline row is known");
        }

        private static <T> @Nullable T next(Iterator<T> iterator) {
            return iterator.hasNext() ? iterator.next() : null;
        }
    }
}
