package io.rowback.history.store;

import static io.rowback.history.TableFixture.row;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.TransactionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/** A database that does random things to four tables, one of them without a key, and knows what each of them held after every commit. */
final class RandomDatabase {
    private static final String[] KEYS = {"-2", "-1", "0", "1", "2", "3", "10"};
    private static final String[] CODES = {"", "a", "b", "7", "é", "6f1b5a52-0c1e-4a6f-9f0f-3d2d1c0b9a88"};

    final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private final TableSchema items = items(true);
    private final TableSchema itemsBeforeForeignKey = items(false);
    private final TableSchema notes = TableFixture.table("notes")
            .column("code", "text")
            .column("user_id", "bigint")
            .column("body", "text")
            .key("code")
            .identity(ReplicaIdentity.DEFAULT)
            .foreignKey("user_id", users, ForeignKey.Action.SET_NULL)
            .build();

    private final TableSchema events = TableFixture.table("events")
            .column("user_id", "bigint")
            .column("kind", "text")
            .key()
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();

    private final Random random;
    private int equalRows;
    private final Map<TableId, Map<RowKey, RowImage>> rows = new HashMap<>();
    private final TreeMap<Lsn, Map<TableId, Map<RowKey, RowImage>>> past = new TreeMap<>();
    private TableSchema currentItems = itemsBeforeForeignKey;
    private long lsn = 0x1000;
    private long xid = 700;
    private Instant clock = Instant.parse("2026-01-01T00:00:00Z");

    RandomDatabase(Random random) {
        this.random = random;
        tables().forEach(table -> rows.put(table.id(), new TreeMap<>()));
        remember(here());
    }

    /** A transaction with its changes in order. */
    record Committed(Transaction transaction, List<Change> changes) {}

    private TableSchema items(boolean foreignKey) {
        TableFixture table = TableFixture.table("shop", "items")
                .column("user_id", "bigint")
                .column("code", "text")
                .column("price", "numeric")
                .key("user_id", "code");
        return (foreignKey ? table.foreignKey("user_id", users, ForeignKey.Action.CASCADE) : table).build();
    }

    List<TableSchema> tables() {
        return List.of(users, currentItems, notes, events);
    }

    /** The foreign keys that some table ever has. */
    Map<TableId, ForeignKey> foreignKeys() {
        return Map.of(
                items.id(), items.foreignKeys().get(0),
                events.id(), events.foreignKeys().get(0),
                notes.id(), notes.foreignKeys().get(0));
    }

    /** Lets the log grow by something that is no commit, as each baseline does. */
    void pass() {
        lsn++;
    }

    /** Just behind the last commit. */
    Lsn here() {
        return new Lsn(lsn);
    }

    /** The server's clock. */
    Instant now() {
        return clock;
    }

    /** The rows of a table now, whole. */
    List<RowImage> rows(TableSchema table) {
        return List.copyOf(Objects.requireNonNull(rows.get(table.id())).values());
    }

    /** The rows of a table after all commits below {@code at}, by key; of one without a key by that and a number. */
    Map<RowKey, RowImage> rowsAsOf(TableId table, Lsn at) {
        return Objects.requireNonNull(past.floorEntry(at).getValue().get(table));
    }

    Committed commit(int changes) {
        if (random.nextInt(20) == 0) {
            currentItems = items;
        }
        Lsn commit = new Lsn(lsn + 1 + random.nextInt(100));
        List<Change> done = new ArrayList<>();
        Map<TableId, Counts> counts = new HashMap<>();
        while (done.size() < changes) {
            if (random.nextInt(15) == 0) {
                exchange(commit, done);
            } else {
                done.add(change(new Position(commit, done.size())));
            }
        }
        for (Change change : done) {
            Counts counted = counts.getOrDefault(change.table(), Counts.NONE);
            counts.put(change.table(), counted.plus(change.operation()));
        }
        lsn = commit.value() + 1 + random.nextInt(50);
        // Now and then the clock is set back.
        clock = clock.plusMillis(random.nextInt(900) - 150L);
        xid += random.nextInt(5) == 0 ? (1L << 32) - 1 : 1;
        remember(commit.next());
        return new Committed(
                new Transaction(commit, here(), new TransactionId(xid), clock, null, counts, List.of()), done);
    }

    private Change change(Position position) {
        TableSchema table = tables().get(random.nextInt(4));
        Map<RowKey, RowImage> held = Objects.requireNonNull(rows.get(table.id()));
        if (random.nextInt(60) == 0) {
            held.clear();
            return new Change(position, Operation.TRUNCATE, table, null, null);
        }
        RowImage fresh = randomRow(table);
        RowImage old = held.isEmpty() ? null : pick(held);
        if (old == null || (!held.containsKey(fresh.key()) && random.nextInt(3) == 0)) {
            put(held, fresh);
            return new Change(position, Operation.INSERT, table, null, fresh);
        }
        remove(held, old);
        if (random.nextInt(4) == 0) {
            return new Change(position, Operation.DELETE, table, logged(table, old), null);
        }
        RowImage moved = held.containsKey(fresh.key()) ? withKeyOf(old, fresh) : fresh;
        put(held, moved);
        return update(position, table, old, moved);
    }

    /** Some users pass their keys round, each taking the next one's before that one gives it up; or one takes the place of another. */
    private void exchange(Lsn commit, List<Change> done) {
        Map<RowKey, RowImage> held = Objects.requireNonNull(rows.get(users.id()));
        List<RowImage> some = new ArrayList<>(held.values());
        Collections.shuffle(some, random);
        List<RowImage> round = List.copyOf(some.subList(0, Math.min(some.size(), 1 + random.nextInt(4))));
        if (round.size() == 1) {
            RowImage old = round.get(0);
            RowImage fresh = withKeyOf(old, randomRow(users));
            held.put(key(fresh), fresh);
            done.add(new Change(new Position(commit, done.size()), Operation.INSERT, users, null, fresh));
            done.add(new Change(new Position(commit, done.size()), Operation.DELETE, users, old, null));
            return;
        }
        for (int i = 0; i < round.size(); i++) {
            RowImage old = round.get(i);
            RowImage moved = withKeyOf(round.get((i + 1) % round.size()), old);
            held.put(key(moved), moved);
            done.add(new Change(new Position(commit, done.size()), Operation.UPDATE, users, old, moved));
        }
    }

    private void put(Map<RowKey, RowImage> held, RowImage row) {
        RowKey key = key(row);
        held.put(row.schema().hasKey() ? key : RowKey.of(key.toString(), Integer.toString(++equalRows)), row);
    }

    private static void remove(Map<RowKey, RowImage> held, RowImage row) {
        RowKey key = held.entrySet().stream()
                .filter(entry -> entry.getValue().equals(row))
                .findFirst()
                .orElseThrow()
                .getKey();
        held.remove(key);
    }

    /** Some values stay as they are and are then missing in the stream, as unchanged TOAST values are. */
    private Change update(Position position, TableSchema table, RowImage old, RowImage fresh) {
        int last = table.columns().size() - 1;
        boolean untouched = table.hasKey()
                && !table.key().contains(table.columns().get(last).name())
                && random.nextBoolean();
        if (!untouched) {
            return new Change(position, Operation.UPDATE, table, logged(table, old), fresh);
        }
        List<ColumnValue> values = new ArrayList<>(fresh.values());
        values.set(last, old.values().get(last));
        RowImage kept = new RowImage(table, values);
        Objects.requireNonNull(rows.get(table.id())).put(key(kept), kept);
        values.set(last, ColumnValue.Special.UNKNOWN);
        return new Change(position, Operation.UPDATE, table, logged(table, old), new RowImage(table, values));
    }

    private static RowImage logged(TableSchema table, RowImage old) {
        RowImage image = new RowImage(table, old.values());
        return table.replicaIdentity() == ReplicaIdentity.FULL ? image : TableFixture.keyOf(image);
    }

    private RowImage randomRow(TableSchema table) {
        String text = random.nextInt(6) == 0 ? null : "v" + random.nextInt(1000);
        if (table.equals(events)) {
            return row(table, random.nextInt(3) == 0 ? null : id(), random.nextInt(3) == 0 ? null : "v");
        }
        if (table.equals(users)) {
            return row(table, id(), text);
        }
        if (table.equals(notes)) {
            return row(table, code(), random.nextInt(4) == 0 ? null : id(), text);
        }
        return row(table, id(), code(), text);
    }

    private static RowImage withKeyOf(RowImage old, RowImage fresh) {
        List<ColumnValue> values = new ArrayList<>(fresh.values());
        for (String column : fresh.schema().key()) {
            values.set(fresh.schema().indexOf(column), old.value(column));
        }
        return new RowImage(fresh.schema(), values);
    }

    private RowImage pick(Map<RowKey, RowImage> held) {
        return List.copyOf(held.values()).get(random.nextInt(held.size()));
    }

    private String id() {
        return KEYS[random.nextInt(KEYS.length)];
    }

    private String code() {
        return CODES[random.nextInt(CODES.length)];
    }

    /** Every key that a row of this table may ever have had. */
    List<RowKey> possibleKeys(TableSchema table) {
        List<RowKey> keys = new ArrayList<>();
        if (!table.hasKey()) {
            for (String id : KEYS) {
                keys.add(key(row(table, id, "v")));
                keys.add(key(row(table, id, null)));
            }
            keys.add(key(row(table, null, null)));
            return keys;
        }
        for (String first : table.id().equals(notes.id()) ? CODES : KEYS) {
            if (table.key().size() == 1) {
                keys.add(RowKey.of(first));
            } else {
                for (String second : CODES) {
                    keys.add(RowKey.of(first, second));
                }
            }
        }
        return keys;
    }

    static List<String> possibleReferences() {
        return List.of(KEYS);
    }

    /** Whether {@code told} is what was there, as far as it tells. */
    static boolean agrees(RowImage told, RowImage truth) {
        for (int i = 0; i < told.values().size(); i++) {
            ColumnValue value = told.values().get(i);
            if (!value.isUnknown() && !value.equals(truth.values().get(i))) {
                return false;
            }
        }
        return true;
    }

    private void remember(Lsn from) {
        Map<TableId, Map<RowKey, RowImage>> copy = new HashMap<>();
        rows.forEach((table, held) -> copy.put(table, new TreeMap<>(held)));
        past.put(from, copy);
    }

    private static RowKey key(RowImage image) {
        return Objects.requireNonNull(image.key());
    }
}
