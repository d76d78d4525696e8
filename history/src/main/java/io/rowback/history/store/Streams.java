package io.rowback.history.store;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Lazy streams over what must be closed. */
final class Streams {
    private static final int ORDERED = Spliterator.ORDERED | Spliterator.NONNULL;

    private Streams() {}

    /** What {@code read} makes of each entry; closing the stream closes the cursor. */
    static <T> Stream<T> of(Cursor cursor, Function<Cursor, T> read) {
        return of(cursor, cursor::next, read);
    }

    /** The same for those entries alone to which {@code step} moves the cursor. */
    static <T> Stream<T> of(Cursor cursor, BooleanSupplier step, Function<Cursor, T> read) {
        Spliterator<T> entries = new Spliterators.AbstractSpliterator<>(Long.MAX_VALUE, ORDERED) {
            @Override
            public boolean tryAdvance(Consumer<? super T> action) {
                boolean found = step.getAsBoolean();
                if (found) {
                    action.accept(read.apply(cursor));
                }
                return found;
            }
        };
        return StreamSupport.stream(entries, false).onClose(cursor::close);
    }

    /** What an iterator yields; closing the stream closes what it reads from. */
    static <T> Stream<T> of(Iterator<T> iterator, KeyScan source) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator, ORDERED), false)
                .onClose(source::close);
    }
}
