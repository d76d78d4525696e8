package io.rowback.bench;

import com.sun.management.OperatingSystemMXBean;
import io.rowback.testbed.Database;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/**
 * The reference for capture: the driver alone, which reads the same changes from a slot of its own and throws the bytes
 * away. It acknowledges nothing, so each reading begins at the same place.
 */
record BareStream(Database database, String slot) {
    private static final Set<Character> CHANGES = Set.of('I', 'U', 'D');

    /** What a reading took. */
    record Reading(double seconds, double cpuSeconds) {}

    /** Makes the slot, at the end of the log. */
    static BareStream create(Database database, String slot) throws SQLException {
        database.query("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        return new BareStream(database, slot);
    }

    /** Lets go of the log that was read, once the server has noticed that nobody reads it any more. */
    void advance() throws SQLException {
        database.run("do $$ begin while (select active from pg_replication_slots where slot_name = '" + slot
                + "') loop perform pg_sleep(0.01); end loop; end $$");
        database.query("select pg_replication_slot_advance('" + slot + "', pg_current_wal_lsn())");
    }

    /** Reads until that many changes have come. */
    Reading read(long changes) throws SQLException {
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (Connection connection = connect()) {
            long cpu = process.getProcessCpuTime();
            long begin = System.nanoTime();
            PGReplicationStream stream = start(connection);
            for (long seen = 0; seen < changes; ) {
                ByteBuffer message = stream.read();
                if (message != null && CHANGES.contains((char) message.get(message.position()))) {
                    seen++;
                }
            }
            return new Reading((System.nanoTime() - begin) / 1e9, (process.getProcessCpuTime() - cpu) / 1e9);
        }
    }

    /** Reads in a thread of its own whatever comes, until it is ended. */
    Discarding discard() throws SQLException {
        Connection connection = connect();
        PGReplicationStream stream = start(connection);
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    stream.read();
                }
            } catch (SQLException e) {
                return; // The connection was cut, which is how it ends.
            }
        });
        thread.start();
        return new Discarding(connection, thread);
    }

    /** A reading that goes on. */
    record Discarding(Connection connection, Thread thread) {
        /** Ends it; fails if it had ended by itself, since then nothing was read beside what was measured. */
        void end() {
            if (!thread.isAlive()) {
                throw new IllegalStateException("the stream ended by itself");
            }
            try {
                connection.abort(Runnable::run);
                thread.join();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", database.user());
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "14");
        return DriverManager.getConnection(database.jdbcUrl(), properties);
    }

    private PGReplicationStream start(Connection connection) throws SQLException {
        return connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(slot)
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "rowback")
                .withSlotOption("messages", true)
                .start();
    }
}
