package io.rowback.bench;

import io.rowback.testbed.PostgresServer;

/** Servers with settings that let a bench measure capture and not the server's start-up defaults. */
final class Servers {
    private Servers() {}

    /** One with room for a large backlog; it waits for a reader that is held still. */
    static PostgresServer.Builder large(int major) {
        return PostgresServer.version(major)
                .setting("shared_buffers", "1GB")
                .setting("max_wal_size", "16GB")
                .setting("checkpoint_timeout", "1h")
                .setting("autovacuum", "off")
                .setting("wal_sender_timeout", "0");
    }
}
