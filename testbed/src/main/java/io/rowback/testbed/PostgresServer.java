package io.rowback.testbed;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A throw-away Postgres server with logical decoding switched on: superuser {@code postgres} without a password, on a
 * free port of 127.0.0.1. It is gone, data and all, when closed or when the JVM exits. The system property {@code
 * rowback.postgres=testcontainers} runs it in a container instead. Confined to one thread.
 */
public final class PostgresServer implements AutoCloseable {
    /** How a server is stopped, as {@code pg_ctl stop -m} names it. */
    public enum Shutdown {
        /** Disconnects everybody and writes a checkpoint. */
        FAST("fast"),
        /** Ends without a checkpoint: the next start recovers from the log. */
        IMMEDIATE("immediate");

        private final String word;

        Shutdown(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /** Describes a server to start. */
    public static final class Builder {
        private final int major;
        private final Map<String, String> settings = new LinkedHashMap<>();

        private Builder(int major) {
            this.major = major;
            settings.put("wal_level", "logical");
            // A test server's data may be lost with the machine; that makes it several times faster.
            settings.put("fsync", "off");
        }

        /** Sets a server setting, as in postgresql.conf; overrides the defaults of this class. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** Starts the server; returns when it accepts connections. */
        public PostgresServer start() {
            boolean container = "testcontainers".equals(System.getProperty("rowback.postgres"));
            Backend backend = container ? new ContainerBackend(major, settings) : new ProcessBackend(major, settings);
            PostgresServer server = new PostgresServer(major, backend);
            try {
                backend.start();
            } catch (RuntimeException e) {
                server.close();
                throw e;
            }
            return server;
        }
    }

    private final int major;
    private final Backend backend;
    private final CleanUp cleanUp;

    private PostgresServer(int major, Backend backend) {
        this.major = major;
        this.backend = backend;
        this.cleanUp = new CleanUp("postgres-clean-up", backend::close);
    }

    /** A server of this major version, 14 to 18. */
    public static Builder version(int major) {
        return new Builder(major);
    }

    /** Starts a server of this major version with the settings that fit most tests. */
    public static PostgresServer start(int major) {
        return version(major).start();
    }

    /** The major version. */
    public int major() {
        return major;
    }

    /** The port on 127.0.0.1; a restart keeps it. */
    public int port() {
        return backend.port();
    }

    /** The database {@code postgres}, as superuser. */
    public Database database() {
        return new Database(port(), "postgres", "postgres");
    }

    /** Creates a database and returns it, as superuser. */
    public Database createDatabase(String name) throws SQLException {
        database().run("create database " + Database.quoted(name));
        return new Database(port(), "postgres", name);
    }

    /** Starts the server again after {@link #stop} or {@link #kill}; returns when it accepts connections. */
    public void start() {
        backend.start();
    }

    /** Stops the server; returns when it is gone. */
    public void stop(Shutdown mode) {
        backend.stop(mode);
    }

    /** Kills the server as {@code kill -9} does; returns when all of its processes are gone. */
    public void kill() {
        backend.kill();
    }

    /**
     * Another server, started with a copy of this one's data as a base backup has it. This one must be stopped.
     *
     * @param signal {@code standby.signal} for a standby, {@code recovery.signal} for one that recovers what is there and
     *     goes on from there on a timeline of its own
     * @param settings in addition to this one's
     */
    public PostgresServer startCopy(String signal, Map<String, String> settings) {
        PostgresServer server = new PostgresServer(major, backend.copy(signal, settings));
        server.start();
        return server;
    }

    /**
     * Another server, started with a copy of this one's data and a system identifier of its own, as {@code pg_upgrade} makes
     * one: oids, transaction ids and the log go on, slots are gone. This one must be stopped.
     */
    public PostgresServer startUpgraded() {
        PostgresServer server = new PostgresServer(major, backend.upgraded());
        server.start();
        return server;
    }

    /** What the server has logged. */
    public String log() {
        return backend.log();
    }

    @Override
    public void close() {
        cleanUp.close();
    }
}
