package io.rowback.restore;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.SessionSettings;
import io.rowback.testbed.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The history of a real database without a daemon: after each transaction of a test its tables are read and compared
 * with what they held before. Stands in for capture where only the SQL that is written is under test.
 */
public final class LiveHistory {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Database database;
    private final HistoryWriter writer;
    private final MemoryHistory memory = new MemoryHistory();
    private Map<TableId, Map<RowKey, RowImage>> rows;
    private long commits;

    /** Begins with the rows that are there now. */
    public LiveHistory(Database database) throws SQLException {
        this(database, null);
    }

    /** Begins with the rows that are there now, in a store of the caller's. */
    public LiveHistory(Database database, @Nullable HistoryWriter store) throws SQLException {
        this.database = database;
        this.writer = store == null ? memory : store;
        String system = database.query("select system_identifier from pg_control_system()")
                .get(0);
        writer.create(system, database.name(), lsn());
        this.rows = read();
        for (CatalogTable table : tables()) {
            TableSchema schema = Objects.requireNonNull(table.schema());
            List<RowImage> images =
                    List.copyOf(rows.getOrDefault(schema.id(), Map.of()).values());
            writer.baseline(lsn(), images);
            writer.covered(schema, lsn(), Instant.EPOCH, images.size());
        }
    }

    /** The history so far, where it is in memory. */
    public HistoryReader reader() {
        return memory;
    }

    /** Where more can be told than what transactions did. */
    public HistoryWriter writer() {
        return writer;
    }

    /** Runs a script as one transaction and records what it did to the tables; returns its id. */
    public long commit(String script) throws SQLException {
        database.run("begin;" + script + "\n;commit");
        Map<TableId, Map<RowKey, RowImage>> before = rows;
        rows = read();
        commits++;
        List<Change> changes = new ArrayList<>();
        Map<TableId, Transaction.Counts> counts = new HashMap<>();
        rows.forEach((table, now) -> {
            Map<RowKey, RowImage> old = before.getOrDefault(table, Map.of());
            old.forEach((key, image) -> add(changes, counts, image, now.get(key)));
            now.forEach((key, image) -> add(changes, counts, old.containsKey(key) ? image : null, image));
        });
        Transaction transaction = new Transaction(
                lsn(),
                new Lsn(lsn().value() + 8),
                new TransactionId(700 + commits),
                START.plusSeconds(commits),
                null,
                counts,
                List.of());
        writer.append(new HistoryWriter.Batch(changes, List.of(transaction), transaction.end()));
        return transaction.id().value();
    }

    private void add(
            List<Change> changes,
            Map<TableId, Transaction.Counts> counts,
            @Nullable RowImage before,
            @Nullable RowImage after) {
        if (Objects.equals(before, after)) {
            return;
        }
        Operation operation = before == null ? Operation.INSERT : after == null ? Operation.DELETE : Operation.UPDATE;
        TableSchema schema =
                Objects.requireNonNull(after == null ? before : after).schema();
        changes.add(new Change(new Position(lsn(), changes.size()), operation, schema, before, after));
        counts.merge(schema.id(), Transaction.Counts.NONE.plus(operation), (sum, one) -> sum.plus(operation));
    }

    private Lsn lsn() {
        return new Lsn(0x1000 + 0x10 * commits);
    }

    private List<CatalogTable> tables() throws SQLException {
        try (Connection connection = connect()) {
            return new Catalog(connection)
                    .tables().stream().filter(table -> table.schema() != null).toList();
        }
    }

    /** The rows of every table as Postgres prints them, one line a row; for comparisons. */
    public List<String> lines() throws SQLException {
        return read().values().stream()
                .flatMap(table -> table.values().stream())
                .map(row -> row.schema().name() + " " + row.values())
                .sorted()
                .toList();
    }

    private Map<TableId, Map<RowKey, RowImage>> read() throws SQLException {
        Map<TableId, Map<RowKey, RowImage>> all = new HashMap<>();
        List<CatalogTable> tables = tables();
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (CatalogTable table : tables) {
                all.put(table.id(), rows(statement, Objects.requireNonNull(table.schema())));
            }
        }
        return all;
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        try (Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> setting : SessionSettings.pinned().entrySet()) {
                statement.execute("SET " + setting.getKey() + " = '" + setting.getValue() + "'");
            }
        }
        return connection;
    }

    private static Map<RowKey, RowImage> rows(Statement statement, TableSchema schema) throws SQLException {
        TableName name = schema.name();
        String columns = schema.columns().stream()
                // IS NOT NULL is false of a composite value too, if one of its fields is NULL.
                .map(column -> column.published()
                        ? "CASE WHEN " + quoted(column.name()) + " IS DISTINCT FROM NULL THEN format('%s', "
                                + quoted(column.name()) + ") END"
                        : "'?'")
                .collect(Collectors.joining(", "));
        Map<RowKey, RowImage> rows = new TreeMap<>();
        try (ResultSet result =
                statement.executeQuery("SELECT " + columns + " FROM ONLY " + Identifiers.qualified(name))) {
            while (result.next()) {
                List<ColumnValue> values = new ArrayList<>();
                for (int i = 0; i < schema.columns().size(); i++) {
                    String text = result.getString(i + 1);
                    ColumnValue value = text == null ? ColumnValue.Special.NULL : ColumnValue.of(text);
                    values.add(schema.columns().get(i).published() ? value : ColumnValue.Special.UNKNOWN);
                }
                RowImage image = new RowImage(schema, values);
                rows.put(Objects.requireNonNull(image.key()), image);
            }
        }
        return rows;
    }

    private static String quoted(String name) {
        return Identifiers.quote(name);
    }
}
