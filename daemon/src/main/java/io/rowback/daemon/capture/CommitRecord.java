package io.rowback.daemon.capture;

import io.rowback.history.Lsn;
import io.rowback.history.TransactionId;
import io.rowback.postgres.Connections;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands in the server's log where a transaction is held to have committed.
 *
 * @param xid the transaction id in its 32-bit form, in the byte order of most servers; zero where a prepared transaction
 *     was committed, which tells its id elsewhere
 */
public record CommitRecord(int xid) {
    private static final Logger LOG = LoggerFactory.getLogger(CommitRecord.class);

    /** A record begins with its length and the id of its transaction, which never lie on two pages. */
    private static final int XID_AT = 4;

    private static final int HEAD = 8;

    /**
     * Reads it, as a standby would.
     *
     * @param commit below the end of the server's log
     * @return nothing where the server does not have that part of its log any more, or does not let us read it
     */
    public static Optional<CommitRecord> find(Connections connections, Lsn commit) {
        try (Connection walsender = connections.openReplication();
                PGReplicationStream stream = walsender
                        .unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .physical()
                        .withStartPosition(LogSequenceNumber.valueOf(commit.value()))
                        .start()) {
            ByteBuffer log = stream.read();
            return log == null || log.remaining() < HEAD
                    ? Optional.empty()
                    : Optional.of(
                            new CommitRecord(log.order(ByteOrder.LITTLE_ENDIAN).getInt(log.position() + XID_AT)));
        } catch (SQLException e) {
            LOG.info("the server's log cannot be read at {}: {}", commit, e.getMessage());
            return Optional.empty();
        }
    }

    /** Whether it may be that of the transaction. */
    public boolean isOf(TransactionId id) {
        int wanted = (int) id.xid();
        return xid == 0 || xid == wanted || Integer.reverseBytes(xid) == wanted;
    }
}
