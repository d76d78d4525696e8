package io.rowback.daemon;

import io.rowback.daemon.tables.LogEnd;
import io.rowback.daemon.tables.ServerLog;
import io.rowback.daemon.tables.Slot;
import io.rowback.daemon.tables.SlotMark;
import io.rowback.daemon.tables.SlotWatch;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import io.rowback.history.Timeline;
import io.rowback.history.Voided;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares slot and history before each start. They agree if the server can still send everything from the durable
 * position on. If it cannot, the stretch between is recorded as a gap, which ends the coverage of every table; their
 * baselines are then taken anew behind it.
 */
final class StartPosition {
    private static final Logger LOG = LoggerFactory.getLogger(StartPosition.class);

    private static final String CANNOT_CONNECT_NOW = "57P03";

    private final Connections connections;
    private final Connection connection;
    private final Config.Database database;
    private final HistoryWriter writer;

    StartPosition(Connections connections, Connection connection, Config.Database database, HistoryWriter writer) {
        this.connections = connections;
        this.connection = connection;
        this.database = database;
        this.writer = writer;
    }

    /** Has a round fail, and be tried again, while the server is a standby, which may be about to be promoted. */
    void requirePrimary() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            row.next();
            if (row.getBoolean(1)) {
                throw new SQLException("the server is a standby", CANNOT_CONNECT_NOW);
            }
        }
    }

    /**
     * Compares slot and history, and records what the server cannot send, before anything is waited for: it is lost already.
     * The publication must exist before.
     *
     * @param mark from where on the server kept its log for the slot, as far as that is known
     * @return whether the slot is there; if not, {@link #makeSlot} is next
     */
    boolean compare(Optional<SlotMark> mark) throws SQLException {
        ServerLog log = ServerLog.read(connections);
        if (isNew()) {
            Optional<Lsn> start = readableSlot();
            if (start.isPresent()) {
                begin(log, start.get());
            }
            return start.isPresent();
        }
        requireSameServer(writer.info(), database, log.systemIdentifier());
        follow(log.timelines());
        new EarlierState(connections, connection, database, writer).refuse(mark);
        return compareSlot();
    }

    private boolean isNew() {
        return writer.info().systemIdentifier().isEmpty();
    }

    private void begin(ServerLog log, Lsn start) {
        writer.create(log.systemIdentifier(), database.connection().database(), start);
        writer.follow(log.timelines());
    }

    /**
     * Makes the slot, for which the server may have to wait long. What it cannot send by then lengthens the gap that
     * {@link #compare} recorded.
     */
    void makeSlot() throws SQLException {
        Lsn start = createSlot();
        if (isNew()) {
            begin(ServerLog.read(connections), start);
        } else {
            recordGap(writer.info().durable(), start, lossGoingOn().orElse(gone()));
        }
    }

    /**
     * Gives up what the server cannot send: everything that is not held yet and commits at or below {@code last}. Because
     * the durable position then lies above, the server passes over it without decoding it.
     *
     * @return the gap that was recorded
     * @throws RowbackException of code REFUSED if all that is held, or not even written by the server yet
     */
    Gap skip(Lsn last) throws SQLException {
        requireSameServer(writer.info(), database, ServerLog.read(connections).systemIdentifier());
        Lsn durable = writer.info().durable();
        Lsn end = LogEnd.read(connection).lsn();
        // Where the log ends with it no transaction can commit at it, and we would be ahead of the server.
        Lsn to = end.equals(last) ? end : last.next();
        if (!durable.isBefore(to)) {
            throw nothingToSkip(
                    "everything that commits below " + durable + " is held, there is nothing to skip at " + last);
        }
        if (end.isBefore(last)) {
            throw nothingToSkip("the server's log ends at " + end + ", " + last + " lies beyond");
        }
        return recordGap(durable, to, "given up by rowbackd skip " + last);
    }

    private static RowbackException nothingToSkip(String reason) {
        return new RowbackException(
                ErrorCode.REFUSED, reason, "The log of rowbackd names the LSN at which the server fails.");
    }

    private boolean compareSlot() throws SQLException {
        Lsn durable = writer.info().durable();
        Optional<Slot> slot = Slot.find(connection, database.slot());
        if (slot.isEmpty()) {
            recordLostUpToNow(lossGoingOn().orElse(gone()));
            return false;
        }
        if (slot.get().lost() != null) {
            recordLostUpToNow(
                    "slot " + database.slot() + " was lost: " + slot.get().lost());
            Slot.drop(connection, database.slot());
            return false;
        }
        if (durable.isBefore(slot.get().confirmed())) {
            String others = "slot " + database.slot()
                    + " was advanced or made anew by somebody else, or the store has lost its end";
            recordGap(durable, slot.get().confirmed(), lossGoingOn().orElse(others));
        } else if (SlotWatch.isTooFarBehind(slot.get(), database)) {
            recordLostUpToNow(SlotWatch.tooFarBehind(slot.get(), database));
            Slot.drop(connection, database.slot());
            return false;
        }
        return true;
    }

    private String gone() {
        return "slot " + database.slot() + " was gone";
    }

    /** Why nothing has been stored since the last gap, if nothing has. */
    private Optional<String> lossGoingOn() {
        List<Gap> gaps = writer.info().gaps();
        return gaps.isEmpty()
                ? Optional.empty()
                : Optional.of(gaps.get(gaps.size() - 1))
                        .filter(last -> last.to().equals(writer.info().durable()))
                        .map(Gap::reason);
    }

    private void recordLostUpToNow(String reason) throws SQLException {
        Lsn durable = writer.info().durable();
        // Not more than would survive a fall of the server: a log that ends below the history is refused.
        Lsn end = LogEnd.flushed(connection);
        recordGap(durable, end.isBefore(durable) ? durable : end, reason);
    }

    /**
     * Leaves behind where the server cannot go on: it reads the catalog as it was at each place of the log, and there it
     * held no publication. What was changed up to now is lost with it.
     */
    void passMissingPublication() throws SQLException {
        Lsn end = Slot.advance(
                connection, database.slot(), LogEnd.read(connection).lsn());
        recordGap(writer.info().durable(), end, "publication " + database.publication() + " did not exist for a while");
    }

    /** Where a slot that a DBA made begins; a new history has no use for one that is lost. */
    private Optional<Lsn> readableSlot() throws SQLException {
        Optional<Slot> slot = Slot.find(connection, database.slot());
        if (slot.isPresent() && slot.get().lost() != null) {
            Slot.drop(connection, database.slot());
            return Optional.empty();
        }
        return slot.map(Slot::confirmed);
    }

    Lsn createSlot() throws SQLException {
        LOG.info("creating slot {}: the server first waits for running transactions", database.slot());
        return Slot.create(connections, connection, database.slot(), database.walLimit());
    }

    static void requireSameServer(StoreInfo store, Config.Database database, String system) {
        String name = database.connection().database();
        if (!store.systemIdentifier().equals(system) || !store.database().equals(name)) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "the store holds database " + store.database() + " of server " + store.systemIdentifier()
                            + ", but this is database " + name + " of server " + system,
                    "If pg_upgrade made it of that one, `rowbackd adopt` goes on with it. Else give the database another name"
                            + " in the configuration, or move its store away.");
        }
    }

    /** Follows the server to another timeline, on which some of what the history holds may never have happened. */
    private void follow(List<Timeline> timelines) {
        List<Timeline> known = writer.info().timelines();
        boolean left = timelines.size() < known.size()
                && known.subList(0, timelines.size()).equals(timelines);
        if (left) {
            Timeline next = known.get(timelines.size());
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "the server runs on timeline "
                            + timelines.get(timelines.size() - 1).number()
                            + ", which the history left for timeline " + next.number() + " at LSN " + next.from()
                            + ": it is a former primary",
                    "Let the url lead to the server that was promoted; or move the store away to begin a new history.");
        }
        int before = writer.info().voided().size();
        writer.follow(timelines);
        if (!known.equals(timelines)) {
            LOG.warn("{}: the server runs on timeline {} now", database.name(), timelines.get(timelines.size() - 1));
        }
        List<Voided> voided = writer.info().voided();
        for (Voided each : voided.subList(before, voided.size())) {
            LOG.error(
                    "{}: {} transactions from LSN {} to {} never happened on the server as it is now and are taken out of"
                            + " the history; the store as it was is kept in its folder {}",
                    database.name(),
                    each.transactions(),
                    each.from(),
                    each.to(),
                    each.folder());
        }
    }

    Gap recordGap(Lsn from, Lsn to, String reason) throws SQLException {
        Gap gap = new Gap(from, to, writer.info().completeUntil(), LogEnd.clock(connection), reason);
        int before = writer.info().gaps().size();
        writer.gap(gap);
        List<Gap> gaps = writer.info().gaps();
        Gap recorded = gaps.get(gaps.size() - 1);
        if (gaps.size() > before) {
            LOG.error(
                    "GAP in the history of {}: {}. What was changed there is not known; tables are read anew",
                    database.name(),
                    recorded);
        } else {
            LOG.warn("{}: the gap has become longer: {}", database.name(), recorded);
        }
        return recorded;
    }
}
