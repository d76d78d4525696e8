package io.rowback.history.store;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The keys in some ranges, read as they are asked for. */
interface KeyScan extends Iterator<byte[]>, AutoCloseable {
    @Override
    void close();

    /** One range after the other, with one cursor at a time. */
    static KeyScan inSequence(Database database, Family family, List<KeyRange> ranges) {
        return new Sequence(database, family, ranges);
    }

    /** Ranges in ascending order with one cursor over all of them, which skips from one to the next. */
    static KeyScan skipping(Database database, Family family, List<KeyRange> ranges) {
        return new Skipping(database, family, ranges);
    }

    /** Several scans, each in {@code order}, as one. */
    static KeyScan merged(List<KeyScan> scans, Comparator<byte[]> order) {
        return new Merge(scans, order);
    }

    /** A scan that knows whether there is another key once it has found it. */
    abstract class Ahead implements KeyScan {
        private byte @Nullable [] found;

        /** The next key; null if there is none, from then on. */
        abstract byte @Nullable [] find();

        @Override
        public final boolean hasNext() {
            if (found == null) {
                found = find();
            }
            return found != null;
        }

        @Override
        public final byte[] next() {
            byte[] key = hasNext() ? found : null;
            if (key == null) {
                throw new NoSuchElementException();
            }
            found = null;
            return key;
        }
    }

    /** Ranges in sequence. */
    final class Sequence extends Ahead {
        private final Database database;
        private final Family family;
        private final Queue<KeyRange> ranges;
        private @Nullable Cursor cursor;

        private Sequence(Database database, Family family, List<KeyRange> ranges) {
            this.database = database;
            this.family = family;
            this.ranges = new ArrayDeque<>(ranges);
        }

        @Override
        byte @Nullable [] find() {
            while (cursor == null || !cursor.next()) {
                close();
                if (ranges.isEmpty()) {
                    return null;
                }
                cursor = database.cursor(family, ranges.remove());
            }
            return cursor.key();
        }

        @Override
        public void close() {
            if (cursor != null) {
                cursor.close();
                cursor = null;
            }
        }
    }

    /** Ranges skipped through. */
    final class Skipping extends Ahead {
        private final List<KeyRange> ranges;
        private final @Nullable Cursor cursor;
        private int range;
        private boolean entered;

        private Skipping(Database database, Family family, List<KeyRange> ranges) {
            this.ranges = ranges;
            this.cursor = ranges.isEmpty()
                    ? null
                    : database.cursor(
                            family,
                            ranges.get(0).from(),
                            ranges.get(ranges.size() - 1).to());
        }

        @Override
        byte @Nullable [] find() {
            while (cursor != null && range < ranges.size()) {
                KeyRange current = ranges.get(range);
                boolean there = entered ? cursor.next() : cursor.skipTo(current.from());
                entered = true;
                if (there && Arrays.compareUnsigned(cursor.key(), current.to()) < 0) {
                    return cursor.key();
                }
                range++;
                entered = false;
            }
            return null;
        }

        @Override
        public void close() {
            if (cursor != null) {
                cursor.close();
            }
        }
    }

    /** Scans merged. */
    final class Merge implements KeyScan {
        private final List<KeyScan> scans;
        private final PriorityQueue<Head> heads;

        @SuppressWarnings("ArrayRecordComponent") // Compared by the scan's order alone.
        private record Head(byte[] key, KeyScan scan) {}

        private Merge(List<KeyScan> scans, Comparator<byte[]> order) {
            this.scans = List.copyOf(scans);
            this.heads = new PriorityQueue<>(Comparator.comparing(Head::key, order));
            this.scans.forEach(this::step);
        }

        private void step(KeyScan scan) {
            if (scan.hasNext()) {
                heads.add(new Head(scan.next(), scan));
            }
        }

        @Override
        public boolean hasNext() {
            return !heads.isEmpty();
        }

        @Override
        public byte[] next() {
            Head head = heads.remove();
            step(head.scan());
            return head.key();
        }

        @Override
        public void close() {
            scans.forEach(KeyScan::close);
        }
    }
}
