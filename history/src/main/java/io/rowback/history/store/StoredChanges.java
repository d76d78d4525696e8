package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.HistoryReader.LastChange;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Finds changes: all of them in the log, or by the positions that the indexes tables and rows name. */
final class StoredChanges {
    private static final byte[] NO_KEY = KeyCodec.encode(List.of());

    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final Epochs epochs;

    StoredChanges(Database database, Schemas schemas, Metadata meta) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.epochs = meta.epochs();
    }

    static Change read(byte[] key, byte[] value, Schemas schemas) {
        return SealedValue.read(Family.LOG, key, value, in -> ChangeCodec.read(in, Keys.position(key), schemas));
    }

    Stream<Change> between(Lsn from, Lsn to) {
        Cursor cursor = database.cursor(Family.LOG, Keys.log(held(from)), Keys.log(visible(to)));
        return Streams.of(cursor, entry -> read(entry.key(), entry.value(), schemas));
    }

    Stream<Change> of(TableId table, Lsn from, Lsn to) {
        Position begin = start(held(from));
        Position end = start(visible(to));
        List<KeyRange> ranges = epochs.between(begin.commit(), end.commit()).stream()
                .map(epoch -> new KeyRange(Keys.tables(epoch, table, begin), Keys.tables(epoch, table, end)))
                .toList();
        return changes(KeyScan.inSequence(database, Family.TABLES, ranges));
    }

    Stream<Change> of(TableId table, RowKey key, Lsn from, Lsn to) {
        byte[] encoded = KeyCodec.encode(key);
        List<KeyScan> scans = new ArrayList<>();
        scans.add(scan(table, NO_KEY, held(from), visible(to)));
        if (!Arrays.equals(encoded, NO_KEY)) {
            scans.add(scan(table, encoded, held(from), visible(to)));
        }
        return changes(KeyScan.merged(scans, Comparator.comparing(Keys::position)));
    }

    Map<RowKey, List<Change>> of(
            TableId table, Collection<RowKey> keys, Lsn from, Lsn to, Map<Position, Change> known) {
        Lsn end = visible(to);
        List<Asked> sorted = keys.stream()
                .map(key -> new Asked(key, KeyCodec.encode(key)))
                .sorted(Comparator.comparing(Asked::encoded, Arrays::compareUnsigned))
                .toList();
        List<Place> places = new ArrayList<>();
        for (int epoch : sorted.isEmpty() ? List.<Integer>of() : epochs.between(from, end)) {
            find(
                    sorted,
                    row -> new KeyRange(
                            Keys.row(epoch, table, row, start(from)), Keys.row(epoch, table, row, start(end))),
                    places);
        }
        return read(places, known);
    }

    /** With one cursor over the ranges of all rows, which skips from one to the next. */
    private void find(List<Asked> sorted, Function<byte[], KeyRange> range, List<Place> into) {
        byte[] first = range.apply(sorted.get(0).encoded()).from();
        byte[] end = range.apply(sorted.get(sorted.size() - 1).encoded()).to();
        try (Cursor cursor = database.cursor(Family.ROWS, first, end)) {
            for (Asked row : sorted) {
                KeyRange ofRow = range.apply(row.encoded());
                boolean there = cursor.skipTo(ofRow.from());
                while (there && ofRow.reaches(cursor.key())) {
                    into.add(new Place(row.key(), Keys.position(cursor.key())));
                    there = cursor.next();
                }
                if (!there) {
                    break;
                }
            }
        }
    }

    /** A row and its key as the store has it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Asked(RowKey key, byte[] encoded) {}

    /** A row and where a change of it stands. */
    private record Place(RowKey row, Position position) {}

    /** In commit order. */
    private Map<RowKey, List<Change>> read(List<Place> places, Map<Position, Change> known) {
        places.sort(Comparator.comparing(Place::position));
        Map<Position, Change> read = read(places.stream()
                .map(Place::position)
                .filter(position -> !known.containsKey(position))
                .toList());
        Map<RowKey, List<Change>> found = new HashMap<>();
        for (Place place : places) {
            Change change = known.getOrDefault(place.position(), read.get(place.position()));
            found.computeIfAbsent(place.row(), row -> new ArrayList<>()).add(change);
        }
        return found;
    }

    /** Goes through the log once, since what happened to many rows often stands together there. */
    private Map<Position, Change> read(List<Position> rising) {
        Map<Position, Change> found = new HashMap<>();
        if (rising.isEmpty()) {
            return found;
        }
        byte[] end = Keys.after(Keys.log(rising.get(rising.size() - 1)));
        try (Cursor cursor = database.cursor(Family.LOG, Keys.log(rising.get(0)), end)) {
            for (Position position : rising) {
                byte[] key = Keys.log(position);
                if (!cursor.skipTo(key) || !Arrays.equals(key, cursor.key())) {
                    throw SealedValue.missing(Family.LOG, key);
                }
                found.put(position, read(key, cursor.value(), schemas));
            }
        }
        return found;
    }

    private KeyScan scan(TableId table, byte[] key, Lsn from, Lsn to) {
        List<KeyRange> ranges = epochs.between(from, to).stream()
                .map(epoch ->
                        new KeyRange(Keys.row(epoch, table, key, start(from)), Keys.row(epoch, table, key, start(to))))
                .toList();
        return KeyScan.inSequence(database, Family.ROWS, ranges);
    }

    private Stream<Change> changes(KeyScan positions) {
        return Streams.of(
                new LogLookup<>(database, schemas, positions, key -> key, (key, change) -> change), positions);
    }

    Stream<LastChange> last(TableId table, Lsn from, Lsn to) {
        KeyScan rows = rowsOf(table, held(from), visible(to));
        LastOfEachRow last = lastOfEachRow(rows, held(from), visible(to));
        return Streams.of(
                new LogLookup<>(
                        database,
                        schemas,
                        last,
                        LastOfEachRow.Last::key,
                        (entry, change) -> new LastChange(rowKey(entry.key()), change, entry.alone())),
                rows);
    }

    /** A change and a row that it left or found; of an UPDATE that gave the row another key, the old or the new one. */
    record OfRow(RowKey row, Change change) {}

    /** All changes of a table, TRUNCATEs aside, row by row in the order of the keys and those of each in commit order. */
    Stream<OfRow> byRow(TableId table) {
        KeyScan rows = rowsOf(table, meta.begin(), meta.durable());
        Iterator<byte[]> held = Streams.of(rows, rows)
                .filter(key -> meta.holds(Keys.position(key).commit()))
                .iterator();
        return Streams.of(
                new LogLookup<>(database, schemas, held, key -> key, (key, change) -> new OfRow(rowKey(key), change)),
                rows);
    }

    Stream<RowKey> keys(TableId table, String low, String high, Lsn from, Lsn to) {
        KeyScan rows = rows(
                held(from),
                visible(to),
                epoch -> new KeyRange(
                        Keys.row(epoch, table, KeyCodec.prefix(low)),
                        Keys.after(Keys.row(epoch, table, KeyCodec.prefix(high)))));
        return Streams.of(lastOfEachRow(rows, held(from), visible(to)), rows).map(last -> rowKey(last.key()));
    }

    private KeyScan rowsOf(TableId table, Lsn from, Lsn to) {
        return rows(
                from,
                to,
                epoch ->
                        new KeyRange(Keys.after(Keys.row(epoch, table, NO_KEY)), Keys.after(Keys.table(epoch, table))));
    }

    /** The entries of rows in that range of each epoch, ordered by row. */
    private KeyScan rows(Lsn from, Lsn to, IntFunction<KeyRange> range) {
        List<KeyScan> scans = new ArrayList<>();
        for (int epoch : epochs.between(from, to)) {
            scans.add(KeyScan.inSequence(database, Family.ROWS, List.of(range.apply(epoch))));
        }
        return KeyScan.merged(scans, Keys::compareWithoutEpoch);
    }

    private static LastOfEachRow lastOfEachRow(KeyScan rows, Lsn from, Lsn to) {
        return new LastOfEachRow(rows, Keys.TABLE_BYTES, key -> {
            Lsn commit = Keys.position(key).commit();
            return !commit.isBefore(from) && commit.isBefore(to);
        });
    }

    private static RowKey rowKey(byte[] key) {
        return new RowKey(KeyCodec.decode(Keys.beforePosition(key, Keys.TABLE_BYTES)));
    }

    private static Position start(Lsn commit) {
        return new Position(commit, 0);
    }

    private Lsn held(Lsn from) {
        return from.isBefore(meta.begin()) ? meta.begin() : from;
    }

    private Lsn visible(Lsn to) {
        return to.isBefore(meta.durable()) ? to : meta.durable();
    }
}
