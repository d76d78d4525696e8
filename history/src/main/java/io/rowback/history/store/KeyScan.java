package io.rowback.history.store;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The keys in some ranges, read as they are asked for. */
interface KeyScan extends Iterator<byte[]>, AutoCloseable {
    @Override
    void close();

    /** One range after the other, with one cursor for all that rise, since to make one takes longer than to move it. */
    static KeyScan inSequence(Database database, Family family, List<KeyRange> ranges) {
        return new Sequence(database, family, ranges);
    }

    /** Several scans, each in {@code order}, as one. */
    static KeyScan merged(List<KeyScan> scans, Comparator<byte[]> order) {
        return new Merge(scans, order);
    }

    /** Ranges in sequence. */
    final class Sequence implements KeyScan {
        private final Database database;
        private final Family family;
        private final Queue<KeyRange> ranges;
        private @Nullable KeyRange range;
        private @Nullable Cursor cursor;
        private byte @Nullable [] found;

        private Sequence(Database database, Family family, List<KeyRange> ranges) {
            this.database = database;
            this.family = family;
            this.ranges = new ArrayDeque<>(ranges);
        }

        @Override
        public boolean hasNext() {
            if (found == null) {
                found = find();
            }
            return found != null;
        }

        @Override
        public byte[] next() {
            byte[] key = hasNext() ? found : null;
            if (key == null) {
                throw new NoSuchElementException();
            }
            found = null;
            return key;
        }

        /** The next key; null if there is none, from then on. */
        private byte @Nullable [] find() {
            boolean there = cursor != null && cursor.next();
            while (range != null || !ranges.isEmpty()) {
                if (there && range != null && range.reaches(cursor().key())) {
                    return cursor().key();
                }
                KeyRange before = range;
                range = ranges.poll();
                if (range != null) {
                    boolean rises = before != null && range.follows(before);
                    there = rises ? cursor().skipTo(range.from()) : open(range);
                }
            }
            close();
            return null;
        }

        /** A cursor for this range and all behind it that rise; whether it stands on an entry. */
        private boolean open(KeyRange first) {
            close();
            KeyRange last = first;
            for (KeyRange next : ranges) {
                if (!next.follows(last)) {
                    break;
                }
                last = next;
            }
            cursor = database.cursor(family, first.from(), last.to());
            return cursor.next();
        }

        private Cursor cursor() {
            return Objects.requireNonNull(cursor);
        }

        @Override
        public void close() {
            if (cursor != null) {
                cursor.close();
                cursor = null;
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
