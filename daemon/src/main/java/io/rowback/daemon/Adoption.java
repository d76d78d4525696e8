package io.rowback.daemon;

import io.rowback.daemon.tables.Publication;
import io.rowback.daemon.tables.ServerLog;
import io.rowback.daemon.tables.Slot;
import io.rowback.daemon.tables.TableForms;
import io.rowback.daemon.upgrade.Evidence;
import io.rowback.daemon.upgrade.TransactionIds;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Published;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.TransactionId;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Lets the history go on with the server that {@code pg_upgrade} made. It keeps oids, attribute numbers and transaction
 * ids, and begins the log behind the old one; only the system identifier is another, so is the publication's oid, and
 * before version 17 there is no slot.
 */
final class Adoption {
    private static final String NOT_UPGRADED =
            "pg_upgrade did not make it of the one before. Move the store away to begin a new history.";

    private final Connections connections;
    private final Connection connection;
    private final Config.Database database;
    private final HistoryWriter writer;
    private final StartPosition position;

    Adoption(Connections connections, Connection connection, Config.Database database, HistoryWriter writer) {
        this.connections = connections;
        this.connection = connection;
        this.database = database;
        this.writer = writer;
        this.position = new StartPosition(connections, connection, database, writer);
    }

    /**
     * Does it. What is interrupted can be run again.
     *
     * @param last the last transaction that is held
     * @param gap whether a gap may be recorded if it is not proven that nothing was written in between
     * @return the gap, if one was recorded
     * @throws RowbackException of code REFUSED if it is not proven, or if that server cannot be the one
     */
    Optional<Gap> run(Evidence evidence, TransactionId last, boolean gap) throws SQLException {
        ServerLog log = ServerLog.read(connections);
        requireUpgraded(log, last);
        List<TableName> missing = missing();
        Optional<Slot> brought = Slot.find(connection, database.slot());
        Lsn start = brought.isPresent() ? brought.get().confirmed() : position.createSlot();
        // Asked once the slot is there: it sends what has this id or a later one.
        TransactionId next = TransactionIds.read(connection).next();
        List<String> doubts = evidence.doubts(writer.info().systemIdentifier(), next, missing);
        if (start.isBefore(writer.info().durable())) {
            throw refused(
                    "slot " + database.slot() + " begins at " + start + ", the history ends at "
                            + writer.info().durable(),
                    "Drop that slot and run this again.");
        }
        if (!doubts.isEmpty() && !gap) {
            if (brought.isEmpty()) {
                Slot.drop(connection, database.slot());
            }
            throw refused(
                    "it is not proven that nothing was written in between: " + String.join("; ", doubts),
                    "Add --gap to go on with a gap: what is held stays readable, and every table is read anew.");
        }
        Optional<Gap> recorded = doubts.isEmpty()
                ? Optional.empty()
                : Optional.of(position.recordGap(
                        writer.info().durable(),
                        start,
                        "the server was upgraded, and it is not proven that nothing was written: "
                                + String.join("; ", doubts)));
        writer.append(new HistoryWriter.Batch(List.of(), List.of(), start));
        // Its catalog was written anew, and so are the files before version 15, and nothing else has happened.
        writer.forms(List.copyOf(TableForms.read(
                        connection,
                        writer.tables().stream()
                                .map(table -> table.schema().id())
                                .toList())
                .values()));
        writer.published(Published.of(start, new Publication(connection, database.publication()).memberships()));
        writer.goOnWith(log.systemIdentifier(), log.timelines());
        return recorded;
    }

    /** Whether it can be what {@code pg_upgrade} made. */
    private void requireUpgraded(ServerLog log, TransactionId last) throws SQLException {
        String name = database.connection().database();
        if (log.systemIdentifier().equals(writer.info().systemIdentifier())
                || !name.equals(writer.info().database())) {
            throw refused(
                    "the store holds database " + writer.info().database() + " of server "
                            + writer.info().systemIdentifier() + ", and this is database " + name + " of server "
                            + log.systemIdentifier(),
                    "Only of another server, which pg_upgrade made, is anything to be adopted.");
        }
        new EarlierState(connections, connection, database, writer).requireLogUpToDurable();
        TransactionId next = TransactionIds.read(connection).next();
        if (next.compareTo(last) <= 0) {
            throw refused("the history holds transaction " + last + ", the server's next one is " + next, NOT_UPGRADED);
        }
    }

    /** The covered tables that are not there under the oid that they had, which {@code pg_upgrade} keeps. */
    private List<TableName> missing() throws SQLException {
        Map<TableId, TableName> there = new Catalog(connection)
                .tables().stream().collect(Collectors.toMap(CatalogTable::id, CatalogTable::name));
        List<TableSchema> covered = writer.tables().stream()
                .filter(TableInfo::isCovered)
                .map(TableInfo::schema)
                .toList();
        List<TableName> missing = covered.stream()
                .filter(table -> !table.name().equals(there.get(table.id())))
                .map(TableSchema::name)
                .toList();
        if (!missing.isEmpty() && missing.size() == covered.size()) {
            throw refused("no table has the oid that it had", NOT_UPGRADED);
        }
        return missing;
    }

    private static RowbackException refused(String reason, String hint) {
        return new RowbackException(ErrorCode.REFUSED, reason, hint);
    }
}
