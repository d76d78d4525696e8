package io.rowback.bench;

import static java.time.format.DateTimeFormatter.ISO_LOCAL_TIME;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A history of many users, written straight into a store that a daemon has begun and goes on with later. Users that the table
 * does not have are inserted, one after the other, and then updated four times, each time in an order that is spread over all.
 */
final class LongHistory {
    /** How often each user was changed. */
    static final int CHANGES_OF_A_ROW = 5;

    /** Far above those that the table has or gets. */
    private static final long FIRST_ID = 1_000_000_000;

    private static final int BATCH = 5_000;
    /** The server's log between two commits. */
    private static final int LOG_BYTES = 8;

    private static final long SPREAD = 2_654_435_761L;
    private static final List<ColumnValue> NAMES = values(100, number -> "Ada Berg" + number);
    private static final List<ColumnValue> PLANS = List.of(ColumnValue.of("free"), ColumnValue.of("pro"));
    private static final List<ColumnValue> CREDITS = values(1_000, Integer::toString);
    private static final List<ColumnValue> SEEN = values(
            86_400, second -> "2026-05-01 " + LocalTime.ofSecondOfDay(second).format(ISO_LOCAL_TIME) + "+00");
    private static final ColumnValue COUNTRY = ColumnValue.of("DE");
    private static final ColumnValue ACTIVE = ColumnValue.of("t");
    private static final ColumnValue CREATED = ColumnValue.of("2026-01-01 00:00:00+00");
    private static final ColumnValue SETTINGS = ColumnValue.of("{\"mails\": true, \"theme\": \"light\"}");

    private final TableSchema table;
    private final int rows;

    private LongHistory(TableSchema table, int rows) {
        this.table = table;
        this.rows = rows;
    }

    /** The id of one of the users, from 0 on. */
    static long id(int user) {
        return FIRST_ID + user;
    }

    /** Writes that many changes, while no daemon has the store; the server's log grows so far that they lie within it. */
    static void write(Database database, Path store, int changes) throws SQLException {
        database.run("select pg_logical_emit_message(false, 'bench', repeat('x', " + changes / BATCH * LOG_BYTES
                + ")), pg_switch_wal()");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            TableSchema users = writer.tables().stream()
                    .map(TableInfo::schema)
                    .filter(table -> table.name().name().equals("users"))
                    .findFirst()
                    .orElseThrow();
            LongHistory history = new LongHistory(users, changes / CHANGES_OF_A_ROW);
            Lsn begin = writer.info().durable();
            for (int i = 0; i < changes / BATCH; i++) {
                writer.append(history.transaction(i, new Lsn(begin.value() + (long) i * LOG_BYTES)));
            }
            writer.append(committed(database));
        }
    }

    /** A transaction of the server's without a change, which a daemon will look for in the server's log. */
    private static HistoryWriter.Batch committed(Database database) throws SQLException {
        database.run("select pg_logical_emit_message(true, 'bench', '')");
        // Of pgoutput's messages that of the commit tells, behind its letter and flags, where it stands.
        String told = database.query("""
                        select xid, encode(substr(data, 3, 8), 'hex')
                        from pg_logical_slot_peek_binary_changes((select slot_name from pg_replication_slots), null, null,
                          'proto_version', '1', 'publication_names', 'rowback', 'messages', 'true')
                        where get_byte(data, 0) = ascii('C') order by lsn desc limit 1
                        """).get(0);
        int bar = told.indexOf('|');
        Lsn commit = new Lsn(Long.parseUnsignedLong(told, bar + 1, told.length(), 16));
        return batch(commit, Long.parseLong(told, 0, bar, 10), List.of(), Map.of());
    }

    private HistoryWriter.Batch transaction(int number, Lsn commit) {
        int first = number * BATCH;
        List<Change> changes = new ArrayList<>(BATCH);
        for (int i = first; i < first + BATCH; i++) {
            int round = i / rows;
            int user = i % rows;
            if (round > 0) {
                user = (int) (user * SPREAD % rows);
            }
            RowImage before = round == 0 ? null : row(user, round - 1);
            Operation operation = before == null ? Operation.INSERT : Operation.UPDATE;
            changes.add(new Change(new Position(commit, i - first), operation, table, before, row(user, round)));
        }
        boolean inserts = changes.get(0).operation() == Operation.INSERT;
        Transaction.Counts counts = new Transaction.Counts(inserts ? BATCH : 0, inserts ? 0 : BATCH, 0, 0);
        return batch(commit, StoredIncident.XID + number, changes, Map.of(table.id(), counts));
    }

    private static HistoryWriter.Batch batch(
            Lsn commit, long xid, List<Change> changes, Map<TableId, Transaction.Counts> counts) {
        Transaction transaction = new Transaction(
                commit,
                commit.next(),
                new TransactionId(xid),
                Instant.now().truncatedTo(ChronoUnit.MICROS),
                null,
                counts,
                List.of());
        return new HistoryWriter.Batch(changes, List.of(transaction), commit.next());
    }

    /** The user after that many updates. */
    private RowImage row(int user, int updates) {
        long id = id(user);
        return new RowImage(
                table,
                List.of(
                        ColumnValue.of(Long.toString(id)),
                        ColumnValue.of("user" + id + "@mail.test"),
                        NAMES.get(user % NAMES.size()),
                        PLANS.get(user % PLANS.size()),
                        COUNTRY,
                        CREDITS.get((user + 7 * updates) % CREDITS.size()),
                        ACTIVE,
                        CREATED,
                        SEEN.get((user % SEEN.size() + 1_000 * updates) % SEEN.size()),
                        SETTINGS));
    }

    /** The texts of numbers from 0 on, made once: most of the time is to be the store's. */
    private static List<ColumnValue> values(int count, IntFunction<String> text) {
        return IntStream.range(0, count)
                .<ColumnValue>mapToObj(number -> ColumnValue.of(text.apply(number)))
                .toList();
    }
}
