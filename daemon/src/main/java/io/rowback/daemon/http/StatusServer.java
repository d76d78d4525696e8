package io.rowback.daemon.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves {@code /metrics} and {@code /health}: 200 while every database is being captured, otherwise 503 and why. */
public final class StatusServer implements AutoCloseable {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService thread;

    private StatusServer(HttpServer server, ExecutorService thread) {
        this.server = server;
        this.thread = thread;
    }

    /**
     * Starts serving.
     *
     * @param listen {@code host:port}
     */
    public static StatusServer start(String listen, Metrics metrics, Health health) {
        int colon = listen.lastIndexOf(':');
        try {
            String host = listen.substring(0, Math.max(colon, 0)).replaceAll("^\\[|]$", "");
            int port = Integer.parseInt(listen.substring(colon + 1));
            HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
            ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "http"));
            server.setExecutor(thread);
            server.createContext(
                    "/metrics", exchange -> answer(exchange, "/metrics", 200, PROMETHEUS_TEXT, metrics.scrape()));
            server.createContext(
                    "/health",
                    exchange -> answer(exchange, "/health", health.isGood() ? 200 : 503, PLAIN_TEXT, health.report()));
            server.start();
            return new StatusServer(server, thread);
        } catch (IOException | IllegalArgumentException e) {
            throw new RowbackException(
                    ErrorCode.FAILED,
                    "cannot serve metrics at " + listen + ": " + e.getMessage(),
                    "Set http.listen to a free host:port, or to \"\" to serve none.",
                    e);
        }
    }

    private static void answer(HttpExchange exchange, String path, int status, String type, String text)
            throws IOException {
        try (exchange) {
            boolean found = exchange.getRequestURI().getPath().equals(path);
            byte[] body = (found ? text : "not found\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(found ? status : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        thread.shutdown();
    }
}
