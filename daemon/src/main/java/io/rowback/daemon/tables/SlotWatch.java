package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Timeline;
import io.rowback.postgres.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how much of its log the server keeps for the slot: too much would fill its disk and stop the application. Above
 * one size it warns, above another the slot is given up. Confined to one thread.
 */
public final class SlotWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SlotWatch.class);
    /** Configuration limit exceeded: a round that ends so is followed by another. */
    static final String LIMIT_EXCEEDED = "53400";

    private final Config.Database database;
    private final HistoryWriter writer;
    private final DatabaseMetrics metrics;
    private final StoreRoom room;
    private final Path store;
    private boolean warned;
    /** What the last look saw, and is certainly written down by the next. */
    private @Nullable SlotMark seen;

    /**
     * Watches the slot of one database.
     *
     * @param store its store's folder
     */
    public SlotWatch(
            Config.Database database, HistoryWriter writer, DatabaseMetrics metrics, StoreRoom room, Path store) {
        this.database = database;
        this.writer = writer;
        this.metrics = metrics;
        this.room = room;
        this.store = store;
    }

    /** Tells where the server's log ends now, and how far we are behind with that; and what room the store has. */
    public void sample(Connection connection) throws SQLException {
        room.isThere();
        LogEnd end = LogEnd.read(connection);
        metrics.serverAt(end.lsn(), end.clock());
    }

    /**
     * One look at what the server keeps for us, and at what the store has become.
     *
     * @throws SQLException also if the slot is to be given up, which happens before the next round
     */
    public void look(Connection connection) throws SQLException {
        metrics.measured(writer.measures());
        Optional<Slot> slot = Slot.find(connection, database.slot());
        if (slot.isEmpty()) {
            return;
        }
        mark(slot.get());
        long retained = slot.get().retained();
        metrics.retained(retained, slot.get().room());
        boolean large = retained > database.walWarn();
        if (large && !warned) {
            LOG.warn(
                    "{}: the server keeps {} MB of its log for slot {}, more than wal_warn; a transaction that stays open"
                            + " or a daemon that cannot store holds it",
                    database.name(),
                    retained >> 20,
                    database.slot());
        }
        warned = large;
        if (isTooFarBehind(slot.get(), database)) {
            throw new SQLException(tooFarBehind(slot.get(), database), LIMIT_EXCEEDED);
        }
    }

    private void mark(Slot slot) {
        List<Timeline> timelines = writer.info().timelines();
        if (slot.lost() != null || timelines.isEmpty()) {
            return;
        }
        SlotMark now = new SlotMark(timelines.get(timelines.size() - 1).number(), slot.restart());
        if (seen != null && !seen.equals(SlotMark.find(store).orElse(null))) {
            keep(seen);
        }
        seen = now;
    }

    private void keep(SlotMark mark) {
        try {
            mark.keep(store);
        } catch (IOException e) {
            // On a full disk, say, which the capture waits out; the next look tries again.
            LOG.debug("where the server keeps its log from is not noted", e);
        }
    }

    /** Whether the slot is to be given up. */
    public static boolean isTooFarBehind(Slot slot, Config.Database database) {
        return database.walLimit() > 0 && slot.retained() > database.walLimit();
    }

    /** Why it is. */
    public static String tooFarBehind(Slot slot, Config.Database database) {
        return "slot " + database.slot() + " was given up: for it the server kept " + (slot.retained() >> 20)
                + " MB of its log, more than wal_limit allows";
    }
}
