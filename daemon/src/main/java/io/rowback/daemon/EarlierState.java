package io.rowback.daemon;

import io.rowback.daemon.capture.CommitRecord;
import io.rowback.daemon.tables.LogEnd;
import io.rowback.daemon.tables.Slot;
import io.rowback.daemon.tables.SlotMark;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Refuses a server whose data were put back to an earlier state on the same timeline, as a disk is from a snapshot: what
 * the history holds of the time since never happened there, and nothing in the server's log says so.
 */
final class EarlierState {
    private static final String IN_THE_FUTURE = "22023";

    private final Connections connections;
    private final Connection connection;
    private final Config.Database database;
    private final HistoryWriter writer;

    EarlierState(Connections connections, Connection connection, Config.Database database, HistoryWriter writer) {
        this.connections = connections;
        this.connection = connection;
        this.database = database;
        this.writer = writer;
    }

    /**
     * Refuses it by whatever tells.
     *
     * @throws RowbackException of code REFUSED
     */
    void refuse(Optional<SlotMark> mark) throws SQLException {
        requireLogUpToDurable();
        // One that the server has given up keeps nothing, which says nothing of what it had let go of.
        Optional<Slot> slot = Slot.find(connection, database.slot()).filter(found -> found.lost() == null);
        if (mark.isPresent() && slot.isPresent()) {
            requireSlotNotBefore(mark.get(), slot.get().restart());
        }
        Optional<Transaction> newest = writer.newest();
        if (newest.isPresent()) {
            // Below that the log is gone, and the server would complain in its own; a slot that was put back is further
            // back.
            Lsn kept = slot.map(Slot::restart).orElse(Lsn.ZERO);
            requireCommitted(newest.get(), kept);
        }
    }

    void requireLogUpToDurable() throws SQLException {
        Lsn durable = writer.info().durable();
        Lsn end = LogEnd.read(connection).lsn();
        if (end.isBefore(durable)) {
            throw putBack("the server's log ends at " + end + ", the history at " + durable);
        }
    }

    /** The log may end behind the history again, but the slot never keeps what it had let go of. */
    private void requireSlotNotBefore(SlotMark mark, Lsn restart) {
        List<Timeline> timelines = writer.info().timelines();
        if (mark.timeline() == timelines.get(timelines.size() - 1).number() && restart.isBefore(mark.restart())) {
            throw putBack("slot " + database.slot() + " keeps the log from " + restart + " on, and already did from "
                    + mark.restart() + " on");
        }
    }

    /** What the log holds where it committed, or else what became of its id, which may be another's by now. */
    private void requireCommitted(Transaction newest, Lsn kept) throws SQLException {
        String held =
                "transaction " + newest.id() + ", which the history holds as committed at " + newest.commit() + ", ";
        Optional<CommitRecord> record =
                newest.commit().isBefore(kept) ? Optional.empty() : CommitRecord.find(connections, newest.commit());
        if (record.isPresent() && !record.get().isOf(newest.id())) {
            throw putBack(held + "is not there in the server's log");
        }
        if (neverCommitted(newest.id())) {
            throw putBack(held + "never did");
        }
    }

    private boolean neverCommitted(TransactionId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_catalog.pg_xact_status(?::text::xid8)")) {
            statement.setString(1, id.toString());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                // One that is in progress may be waiting for a standby, and null is one too old to tell.
                return "aborted".equals(row.getString(1));
            }
        } catch (SQLException e) {
            if (IN_THE_FUTURE.equals(e.getSQLState())) {
                return true;
            }
            throw e;
        }
    }

    private static RowbackException putBack(String why) {
        return new RowbackException(
                ErrorCode.REFUSED,
                why + ": the server was put back to an earlier state",
                "Move the store away to begin a new history; the old one stays readable.");
    }
}
