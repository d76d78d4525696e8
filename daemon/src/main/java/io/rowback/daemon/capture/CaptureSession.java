package io.rowback.daemon.capture;

import io.rowback.daemon.http.Progress;
import io.rowback.history.HistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * What one run of the engine works with. Debezium creates connector, task and offset store by reflection and hands them
 * nothing but texts, so they find their session by the engine's name; that is the only static state there is.
 *
 * @param name the engine's name, unique in this process
 * @param database what is captured
 * @param connections to that database
 * @param writer the history, for schemas and coverage
 * @param recorder makes changes durable and knows the durable position
 * @param progress told that the stream goes on
 * @param streaming told once the server has accepted the start position
 * @param polling counted down once the engine polls its task; to stop it earlier can leave it waiting for ever
 */
record CaptureSession(
        String name,
        Config.Database database,
        Connections connections,
        HistoryWriter writer,
        Recorder recorder,
        Progress progress,
        Runnable streaming,
        CountDownLatch polling)
        implements AutoCloseable {
    private static final Map<String, CaptureSession> OPEN = new ConcurrentHashMap<>();

    /** Makes this session known under its name. */
    void open() {
        if (OPEN.putIfAbsent(name, this) != null) {
            throw new IllegalStateException("an engine named " + name + " runs already");
        }
    }

    @Override
    public void close() {
        OPEN.remove(name);
    }

    /** The open session of that name. */
    static CaptureSession of(String name) {
        CaptureSession session = OPEN.get(name);
        if (session == null) {
            throw new IllegalStateException("no engine is named " + name);
        }
        return session;
    }
}
