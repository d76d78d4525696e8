package io.rowback.daemon;

import io.rowback.daemon.http.Health;
import io.rowback.daemon.systemd.NotifySocket;
import io.rowback.postgres.PrintableText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a service manager each second how the daemon is: that every database has been begun with, that it makes progress,
 * in a line what it does, and that it stops. A daemon that hangs tells the line but no progress, and is started anew after
 * as long as {@code /health} takes to call it dead.
 */
final class Supervision implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervision.class);
    private static final long INTERVAL_SECONDS = 1;
    /** systemd drops what is longer than 4096 bytes; a character has four at most. */
    private static final int STATUS_CHARACTERS = 1_000;

    private final List<DatabaseCapture> captures;
    private final Health health;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread;

    private Supervision(NotifySocket socket, List<DatabaseCapture> captures, Health health) {
        this.health = health;
        this.captures = captures;
        this.thread = new Thread(() -> run(socket), "supervision");
        thread.start();
    }

    /** Begins to tell whom the environment names; null if it names nobody, or nobody can be told. */
    static @Nullable Supervision start(Map<String, String> environment, List<DatabaseCapture> captures, Health health) {
        try {
            NotifySocket socket = NotifySocket.of(environment);
            return socket == null ? null : new Supervision(socket, List.copyOf(captures), health);
        } catch (IOException e) {
            LOG.warn("the service manager cannot be told how the daemon is: {}", e.getMessage());
            return null;
        }
    }

    private void run(NotifySocket socket) {
        try (socket) {
            boolean ready = false;
            while (!stopping.await(INTERVAL_SECONDS, TimeUnit.SECONDS)) {
                boolean begun = captures.stream().allMatch(DatabaseCapture::hasBegun);
                socket.send(news(begun && !ready));
                ready = begun;
            }
            socket.send(List.of("STOPPING=1"));
        } catch (IOException e) {
            LOG.warn("the service manager hears nothing any more: {}", e.getMessage());
        } catch (InterruptedException e) {
            LOG.debug("nobody is told any more");
        }
    }

    private List<String> news(boolean ready) {
        List<String> news = new ArrayList<>();
        if (ready) {
            news.add("READY=1");
        }
        if (health.goesOn()) {
            news.add("WATCHDOG=1");
        }
        news.add(status(captures.stream().map(DatabaseCapture::describe).collect(Collectors.joining("; "))));
        return news;
    }

    /** One line of bounded length, whatever a server's message that is part of it holds. */
    static String status(String text) {
        String line = PrintableText.oneLine(text);
        return "STATUS=" + line.substring(0, Math.min(line.length(), STATUS_CHARACTERS));
    }

    /** Tells that the daemon stops. */
    void stopping() {
        stopping.countDown();
    }

    @Override
    public void close() {
        stopping();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
