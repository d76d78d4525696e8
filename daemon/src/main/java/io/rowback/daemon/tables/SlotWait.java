package io.rowback.daemon.tables;

import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Watches a slot that the server is making, on a connection and thread of its own, while another thread waits for it: a
 * transaction that stays open makes that take as long as it lasts, and meanwhile the server keeps its log. Above a limit
 * the wait is cancelled.
 */
final class SlotWait implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Connection waiting;
    private final String slot;
    private final long walLimit;
    private final Thread thread = new Thread(this::watch, "slot-wait");
    private final CountDownLatch ending = new CountDownLatch(1);
    /** Null if the wait is not limited. */
    private final @Nullable Connection looking;

    private volatile @Nullable SQLException reason;

    /**
     * Begins to watch.
     *
     * @param waiting the connection that is about to make the slot
     * @param walLimit in bytes; 0 if the wait is not limited
     */
    SlotWait(Connections connections, Connection waiting, String slot, long walLimit) throws SQLException {
        this.waiting = waiting;
        this.slot = slot;
        this.walLimit = walLimit;
        this.looking = walLimit > 0 ? connections.answeringWithin(PATIENCE).open() : null;
        if (looking != null) {
            thread.start();
        }
    }

    private void watch() {
        Connection connection = looking;
        try {
            while (connection != null && !ending.await(1, TimeUnit.SECONDS)) {
                Optional<Slot> found = Slot.find(connection, slot);
                if (found.isPresent() && found.get().retained() > walLimit) {
                    cancel(new SQLException(
                            "the slot is not there yet, since a transaction stays open, and the server kept "
                                    + (found.get().retained() >> 20)
                                    + " MB of its log meanwhile, more than wal_limit allows; it keeps them no longer",
                            SlotWatch.LIMIT_EXCEEDED));
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            if (ending.getCount() > 0) {
                cancel(e);
            }
        }
    }

    private void cancel(SQLException why) {
        reason = why;
        try {
            waiting.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** Why the wait was cancelled, if it was; to be asked once this is closed. */
    Optional<SQLException> reason() {
        return Optional.ofNullable(reason);
    }

    @Override
    public void close() throws SQLException {
        ending.countDown();
        if (looking != null) {
            try {
                // A wait that is over must not be cancelled late, when the connection does something else.
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            looking.close();
        }
    }
}
