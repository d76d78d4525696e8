package io.rowback.testbed;

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

    /** What the server has logged. */
    String log();

    /** Ends the server, whatever its state, and removes all that it wrote. */
    @Override
    void close();
}
