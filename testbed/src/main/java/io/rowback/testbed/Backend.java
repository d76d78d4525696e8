package io.rowback.testbed;

import java.util.Map;

/** Where a {@link PostgresServer} runs: as a process of this machine or in a container. Confined to one thread. */
interface Backend extends AutoCloseable {
    /** The port on 127.0.0.1 where the server listens; it stays the same for the server's whole life. */
    int port();

    /** Starts a server that is not running; returns when it accepts connections. */
    void start();

    /** Stops the server as {@code pg_ctl stop} does; returns when it is gone. */
    void stop(PostgresServer.Shutdown mode);

    /** Kills the server with SIGKILL; returns when all of its processes are gone. */
    void kill();

    /**
     * A server that was not started, with a copy of this one's data but for its slots, as a base backup has none. This
     * one must be stopped.
     *
     * @param signal the file that makes it a standby or lets it recover: {@code standby.signal}, {@code recovery.signal}
     * @param settings in addition to this one's
     */
    Backend copy(String signal, Map<String, String> settings);

    /** The same as {@link #copy} without a signal, and with a system identifier of its own. */
    Backend upgraded();

    /** What the server has logged. */
    String log();

    /** Ends the server, whatever its state, and removes all that it wrote. */
    @Override
    void close();
}
