package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Where the server's log ends, and by then.
 *
 * @param lsn where it ends
 * @param clock the server's clock just before
 */
public record LogEnd(Lsn lsn, Instant clock) {
    /**
     * A commit's time is taken before its record is written, with {@code synchronous_commit} off by up to three times
     * {@code wal_writer_delay}, which is 200 ms by default.
     */
    private static final Duration WRITTEN_LATER = Duration.ofSeconds(2);

    /** Every commit with an earlier time lies below. */
    public Instant time() {
        return clock.minus(WRITTEN_LATER);
    }

    /** The server's clock. */
    public static Instant clock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    /** Up to where it would be there after a fall of the server. */
    public static Lsn flushed(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_current_wal_flush_lsn()")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    /** Where it ends now. */
    public static LogEnd read(Connection connection) throws SQLException {
        // The time is that of the statement's start, so it is taken before the position.
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT pg_catalog.pg_current_wal_lsn(), pg_catalog.statement_timestamp()")) {
            row.next();
            Instant now = row.getObject(2, OffsetDateTime.class).toInstant();
            return new LogEnd(Lsn.parse(row.getString(1)), now);
        }
    }
}
