package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Finds and keeps the samples of sequences, each an entry of the meta family. */
final class StoredSequences {
    /** Of samples older than a day only the first of each hour stays. */
    private static final Duration KEPT_WHOLE = Duration.ofDays(1);
    /** So far back is looked for samples to thin; a sequence that rested longer keeps those of its last day. */
    private static final Duration THINNED_LATER = Duration.ofDays(9);

    private static final String PREFIX = "sequence/";
    private static final int TIME_DIGITS = 16;

    /** The keys of all samples. */
    static final KeyRange ALL = KeyRange.prefix(Keys.meta(PREFIX));

    private final Database database;

    StoredSequences(Database database) {
        this.database = database;
    }

    /** All samples, by sequence, then time. */
    Stream<SequenceSample> all() {
        return Streams.of(database.cursor(Family.META, ALL), StoredSequences::read);
    }

    private static SequenceSample read(Cursor cursor) {
        return read(cursor.key(), cursor.value());
    }

    static SequenceSample read(byte[] key, byte[] value) {
        return SealedValue.read(Family.META, key, value, in -> Json.read(in, new TypeReference<SequenceSample>() {}));
    }

    /** The newest sample of each sequence. */
    List<SequenceSample> newest() {
        List<SequenceSample> newest = new ArrayList<>();
        byte[] from = ALL.from();
        for (byte[] first = firstKey(from); first.length > 0; first = firstKey(from)) {
            KeyRange sequence = KeyRange.prefix(Arrays.copyOf(first, first.length - TIME_DIGITS));
            byte[] last = Objects.requireNonNull(database.lastKey(Family.META, sequence.from(), sequence.to()));
            newest.add(read(last, Objects.requireNonNull(database.get(Family.META, last))));
            from = sequence.to();
        }
        return newest;
    }

    private byte[] firstKey(byte[] from) {
        try (Cursor cursor = database.cursor(Family.META, from, ALL.to())) {
            return cursor.next() ? cursor.key() : Database.NO_VALUE;
        }
    }

    /** Adds a sample and thins older ones of its sequence. */
    void put(SequenceSample sample, Write write) {
        write.seal(Family.META, key(sample.sequence(), sample.time()), Json.write(sample));
        Instant end = hour(sample.time().minus(KEPT_WHOLE));
        Instant begin = hour(sample.time().minus(THINNED_LATER));
        byte[] from = key(sample.sequence(), begin);
        byte[] to = key(sample.sequence(), end);
        Instant kept = Instant.MIN;
        try (Cursor cursor = database.cursor(Family.META, from, to)) {
            while (cursor.next()) {
                byte[] key = cursor.key();
                Instant hour = hour(time(key));
                if (hour.equals(kept)) {
                    write.delete(Family.META, key);
                }
                kept = hour;
            }
        }
    }

    /**
     * Takes away samples from below a place, but for the last one of each sequence, which tells what it held there; of one
     * that was dropped by then, all.
     */
    void removeBelow(Lsn horizon, Write write) {
        byte[] lastBelow = Database.NO_VALUE;
        SequenceSample last = null;
        try (Cursor cursor = database.cursor(Family.META, ALL)) {
            while (cursor.next()) {
                SequenceSample sample = read(cursor);
                boolean other = last != null && !last.sequence().equals(sample.sequence());
                if (last != null && (other ? last.dropped() : sample.at().isBefore(horizon))) {
                    write.delete(Family.META, lastBelow);
                }
                last = sample.at().isBefore(horizon) ? sample : null;
                lastBelow = cursor.key();
            }
        }
        if (last != null && last.dropped()) {
            write.delete(Family.META, lastBelow);
        }
    }

    /** Takes away samples from above a point where the server went on otherwise. */
    void removeAbove(Lsn fork, Write write) {
        try (Cursor cursor = database.cursor(Family.META, ALL)) {
            while (cursor.next()) {
                if (fork.isBefore(read(cursor).at())) {
                    write.delete(Family.META, cursor.key());
                }
            }
        }
    }

    private static Instant time(byte[] key) {
        String digits = new String(key, key.length - TIME_DIGITS, TIME_DIGITS, StandardCharsets.US_ASCII);
        return Instant.ofEpochMilli(Long.parseUnsignedLong(digits, 16));
    }

    private static Instant hour(Instant time) {
        return time.truncatedTo(ChronoUnit.HOURS);
    }

    private static byte[] key(TableId sequence, Instant time) {
        return Keys.meta(PREFIX + sequence + "/" + "%016x".formatted(time.toEpochMilli()));
    }
}
