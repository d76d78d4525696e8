package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.CopyText;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.postgresql.util.PSQLState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies tables as one snapshot shows them into the history: reads on the thread that it is confined to and stores on another. */
final class TableCopy {
    private static final Logger LOG = LoggerFactory.getLogger(TableCopy.class);
    private static final int ROWS_MAX = 1_000;
    private static final long BYTES_MAX = 4L << 20;
    /** So long a lock is waited for. */
    static final String LOCK_TIMEOUT = "5s";

    /** The table's file as the snapshot shows it and as it is now: different if it was rewritten or truncated between. */
    private static final String SAME_FILE =
            "SELECT c.relfilenode = pg_catalog.pg_relation_filenode(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = ?";

    private final BaselineRun run;
    private final Connection reading;
    private final Catalog catalog;
    private final HistoryWriter writer;
    private final DatabaseMetrics metrics;
    private final StoreRoom room;
    private final ExecutorService store;
    private final Lsn at;

    /**
     * Copies what one transaction sees.
     *
     * @param reading in that transaction
     * @param asking outside of it, to read the catalog as it is
     * @param store one thread, which stores rows while others are read
     */
    TableCopy(
            BaselineRun run,
            Connection reading,
            Connection asking,
            HistoryWriter writer,
            DatabaseMetrics metrics,
            StoreRoom room,
            ExecutorService store,
            Lsn at) {
        this.run = run;
        this.reading = reading;
        this.catalog = new Catalog(asking);
        this.writer = writer;
        this.metrics = metrics;
        this.room = room;
        this.store = store;
        this.at = at;
    }

    /** A table had to be left out, for a reason that concerns it alone. */
    static final class LeftOutException extends Exception {
        private static final long serialVersionUID = 1L;

        LeftOutException(String message) {
            super(message);
        }
    }

    /** Copies one table and makes it covered. Its lock is released with it, so that no ALTER TABLE waits for the others. */
    void copy(CatalogTable table) throws SQLException, LeftOutException {
        Savepoint before = reading.setSavepoint();
        try {
            TableSchema schema = lock(table);
            long rows = read(table, schema);
            if (!run.cover(schema, at, begin(), rows)) {
                throw spoiled();
            }
            // It is, even if the connection should be gone by now.
            LOG.info("baseline of {} complete: {} rows at {}", table.name(), rows, at);
        } catch (SQLException e) {
            if (reading.isClosed() || String.valueOf(e.getSQLState()).startsWith("08")) {
                throw e;
            }
            throw new LeftOutException(String.valueOf(e.getMessage()));
        } finally {
            if (!reading.isClosed()) {
                reading.rollback(before);
                reading.releaseSavepoint(before);
            }
        }
    }

    /** Holds the table's definition still and reads it. */
    private TableSchema lock(CatalogTable table) throws SQLException, LeftOutException {
        try (Statement statement = reading.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
            statement.execute("LOCK TABLE ONLY " + table.sqlName() + " IN ACCESS SHARE MODE");
        }
        Optional<CatalogTable> now = catalog.table(table.id());
        TableSchema schema = now.map(CatalogTable::schema).orElse(null);
        if (schema == null || !schema.name().equals(table.name())) {
            throw new LeftOutException("it is no longer what it was when the snapshot was taken");
        }
        TableSchema before = Objects.requireNonNull(table.schema());
        if (!schema.columns().equals(before.columns()) || !schema.identifiesRowsAs(before)) {
            // The snapshot may be from before: what it shows in the table as it is now the table never held.
            run.spoil(table.id());
            throw spoiled();
        }
        try (PreparedStatement statement = reading.prepareStatement(SAME_FILE)) {
            statement.setLong(1, Integer.toUnsignedLong(table.id().oid()));
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next() || !row.getBoolean(1)) {
                    // A snapshot from before a TRUNCATE or a rewrite sees an empty or a later table.
                    throw new LeftOutException("it was rewritten or truncated after the snapshot was taken");
                }
            }
        }
        return schema;
    }

    private static LeftOutException spoiled() {
        return new LeftOutException(BaselineRun.SPOILED);
    }

    /** When the transaction that sees the snapshot began, which was just after the snapshot was taken. */
    private Instant begin() throws SQLException {
        try (Statement statement = reading.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.now()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    private long read(CatalogTable table, TableSchema schema) throws SQLException, LeftOutException {
        List<Column> columns = schema.columns();
        int[] indexes = columns.stream()
                .filter(Column::published)
                .mapToInt(column -> schema.indexOf(column.name()))
                .toArray();
        List<String> names =
                columns.stream().filter(Column::published).map(Column::name).toList();
        // A query and not the table itself, because COPY of a table knows no generated columns.
        CopyOut copy = reading.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("COPY (SELECT " + Identifiers.list(names) + " FROM ONLY " + table.sqlName() + ") TO STDOUT");
        try {
            return read(copy, new CopyText(names.size()), schema, indexes);
        } finally {
            if (copy.isActive()) {
                giveUp(copy);
            }
        }
    }

    /**
     * Ends a copy of which no more is wanted. The driver's own {@code cancelCopy} leaves unread what is still under way,
     * and takes that for the answers to the statements that follow.
     */
    private void giveUp(CopyOut copy) throws SQLException {
        reading.unwrap(PGConnection.class).cancelQuery();
        try {
            while (copy.readFromCopy() != null) {
                // Thrown away.
            }
        } catch (SQLException e) {
            if (!PSQLState.QUERY_CANCELED.getState().equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    private long read(CopyOut copy, CopyText text, TableSchema schema, int[] indexes)
            throws SQLException, LeftOutException {
        List<RowImage> batch = new ArrayList<>();
        long rows = 0;
        long bytes = 0;
        Future<?> storing = CompletableFuture.completedFuture(null);
        for (byte[] line = copy.readFromCopy(); line != null; line = copy.readFromCopy()) {
            if (!LargeRow.fits(line.length)) {
                throw new LeftOutException(LargeRow.refusal(line.length) + ": " + LargeRow.mend(line.length));
            }
            if (line.length > LargeRow.ALONE) {
                await(storing);
            }
            batch.add(image(schema, indexes, text.row(line)));
            bytes += line.length;
            if (batch.size() >= ROWS_MAX || bytes >= BYTES_MAX) {
                await(storing);
                storing = store(schema.id(), batch);
                rows += batch.size();
                batch = new ArrayList<>();
                bytes = 0;
            }
        }
        await(storing);
        await(store(schema.id(), batch));
        return rows + batch.size();
    }

    /** Stores a batch while the next one is read. */
    private Future<?> store(TableId table, List<RowImage> batch) throws LeftOutException {
        if (run.isSpoiled(table)) {
            throw spoiled();
        }
        if (!room.isThere()) {
            // To wait for room would keep the table locked, and the server from vacuuming.
            throw new LeftOutException("the store's disk has no room for it");
        }
        return store.submit(() -> {
            writer.baseline(at, batch);
            metrics.baseline(batch.size());
        });
    }

    private static void await(Future<?> storing) throws LeftOutException {
        try {
            storing.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException noKey) {
                throw new LeftOutException(String.valueOf(noKey.getMessage()));
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("a baseline cannot be stored", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a baseline was stored", e);
        }
    }

    private static RowImage image(TableSchema schema, int[] indexes, List<ColumnValue> row) {
        if (row.size() == schema.columns().size()) {
            return new RowImage(schema, row);
        }
        List<ColumnValue> values = new ArrayList<>();
        schema.columns().forEach(column -> values.add(ColumnValue.Special.UNKNOWN));
        for (int i = 0; i < indexes.length; i++) {
            values.set(indexes[i], row.get(i));
        }
        return new RowImage(schema, values);
    }
}
