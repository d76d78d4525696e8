package io.rowback.bench;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.SessionSettings;
import io.rowback.testbed.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A history written straight into a store: updates spread over all users, and near the end a transaction that deletes a
 * quarter of them with three orders each, 200,000 rows. The database holds these tables, and the rows as they were before.
 */
final class StoredIncident implements AutoCloseable {
    /** The transaction that deletes. */
    static final long XID = 7_000_000;

    /** The rows that it deletes are these users and their orders. */
    static final String DELETED = "users where id <= 50000";

    static final String DELETED_ORDERS = "orders where user_id <= 50000";

    private static final int DELETED_USERS = 50_000;
    private static final int BATCH = 1_000;

    private final Database database;
    private final RocksHistoryWriter writer;
    private final TableSchema users;
    private final TableSchema orders;
    private final List<RowImage> userRows;
    private final List<RowImage> orderRows;
    private boolean deleted;
    private long commits;

    StoredIncident(Database database, Path store) throws SQLException {
        this.database = database;
        new Users(database).create().fill();
        database.run("""
                create table orders (id bigint primary key, user_id bigint not null references users on delete cascade,
                  item text not null, cents int not null, at timestamptz not null);
                create index on orders (user_id);
                alter table orders replica identity full;
                insert into orders select i, (i - 1) / 3 + 1, 'item ' || i, i % 5000, '2026-04-01'::timestamptz + i * interval '1 second'
                  from generate_series(1, 150000) i;
                vacuum analyze orders
                """);
        this.writer = RocksHistoryWriter.open(store);
        this.users = schema("users");
        this.orders = schema("orders");
        this.userRows = rows(users);
        this.orderRows = rows(orders);
        writer.create("7000000000000000001", database.name(), lsn());
        baseline(users, userRows);
        baseline(orders, orderRows);
    }

    /** Adds that many updates of users. */
    void update(int changes) {
        for (int done = 0; done < changes; done += BATCH) {
            List<Change> batch = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                long next = commits * BATCH + i;
                // Some of the users that are deleted later; the others are there to the end.
                int user = (int) (next * 2654435761L % Users.ROWS);
                if (deleted && user < DELETED_USERS) {
                    user += DELETED_USERS;
                }
                RowImage before = userRows.get(user);
                List<ColumnValue> values = new ArrayList<>(before.values());
                values.set(users.indexOf("credits"), ColumnValue.of(Long.toString(next % 1000)));
                RowImage after = new RowImage(users, values);
                userRows.set(user, after);
                batch.add(new Change(new Position(lsn(), i), Operation.UPDATE, users, before, after));
            }
            commit(5_000_000 + commits, batch, Map.of(users.id(), counts(0, BATCH, 0)));
        }
    }

    /** Adds the transaction that deletes; after it only other users are changed. */
    void delete() {
        deleted = true;
        List<Change> batch = new ArrayList<>();
        for (RowImage order : orderRows) {
            batch.add(deletion(orders, order, batch.size()));
        }
        for (RowImage user : userRows.subList(0, DELETED_USERS)) {
            batch.add(deletion(users, user, batch.size()));
        }
        commit(
                XID,
                batch,
                Map.of(users.id(), counts(0, 0, DELETED_USERS), orders.id(), counts(0, 0, orderRows.size())));
    }

    private Change deletion(TableSchema table, RowImage row, int ordinal) {
        return new Change(new Position(lsn(), ordinal), Operation.DELETE, table, row, null);
    }

    private static Transaction.Counts counts(long inserts, long updates, long deletes) {
        return new Transaction.Counts(inserts, updates, deletes, 0);
    }

    private void commit(long xid, List<Change> changes, Map<TableId, Transaction.Counts> counts) {
        Lsn commit = lsn();
        commits++;
        Transaction transaction = new Transaction(
                commit,
                commit.next(),
                new TransactionId(xid),
                Instant.parse("2026-05-01T00:00:00Z").plusMillis(commits),
                null,
                counts,
                List.of());
        for (int i = 0; i < changes.size(); i += BATCH) {
            int end = Math.min(i + BATCH, changes.size());
            boolean last = end == changes.size();
            writer.append(new HistoryWriter.Batch(
                    changes.subList(i, end), last ? List.of(transaction) : List.of(), last ? lsn() : null));
        }
    }

    private Lsn lsn() {
        return new Lsn(0x1000_0000 + 0x1_0000 * commits);
    }

    private void baseline(TableSchema table, List<RowImage> rows) {
        for (int i = 0; i < rows.size(); i += BATCH) {
            writer.baseline(lsn(), rows.subList(i, Math.min(i + BATCH, rows.size())));
        }
        writer.covered(table, lsn(), Instant.EPOCH, rows.size());
    }

    private TableSchema schema(String name) throws SQLException {
        try (Connection connection = connect()) {
            return new Catalog(connection)
                    .tables().stream()
                            .map(CatalogTable::schema)
                            .filter(Objects::nonNull)
                            .filter(table -> table.name().name().equals(name))
                            .findFirst()
                            .orElseThrow();
        }
    }

    private List<RowImage> rows(TableSchema table) throws SQLException {
        List<RowImage> images = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select * from " + table.name() + " order by id")) {
            while (rows.next()) {
                List<ColumnValue> values = new ArrayList<>();
                for (int i = 1; i <= table.columns().size(); i++) {
                    String text = rows.getString(i);
                    values.add(text == null ? ColumnValue.Special.NULL : ColumnValue.of(text));
                }
                images.add(new RowImage(table, values));
            }
        }
        return images;
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        try (Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
                statement.execute("set " + setting.getKey() + " = '" + setting.getValue() + "'");
            }
            statement.execute("set search_path = public");
        }
        return connection;
    }

    @Override
    public void close() {
        writer.close();
    }
}
