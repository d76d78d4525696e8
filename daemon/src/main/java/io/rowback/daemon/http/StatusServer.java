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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Serves {@code /metrics} and {@code /health}: 200 while every database is being captured, otherwise 503 and why. */
public final class StatusServer implements AutoCloseable {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
    private static final Pattern LISTEN = Pattern.compile("\\[?(?<host>[^\\[\\]]+)]?:(?<port>[0-9]{1,5})");
    private static final int PORT_MAX = 65_535;
    private static final String HINT = "Set http.listen to a free host:port, or to \"\" to serve none.";

    private final HttpServer server;
    private final ExecutorService thread;

    private StatusServer(HttpServer server, ExecutorService thread) {
        this.server = server;
        this.thread = thread;
    }

    /**
     * Starts serving.
     *
     * @param listen {@code host:port}, an IPv6 address in brackets
     * @throws RowbackException of code USAGE if it is not, FAILED if it cannot be listened at
     */
    public static StatusServer start(String listen, Metrics metrics, Health health) {
        InetSocketAddress address = address(listen);
        try {
            HttpServer server = HttpServer.create(address, 0);
            ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "http"));
            server.setExecutor(thread);
            server.createContext(
                    "/metrics", exchange -> answer(exchange, "/metrics", 200, PROMETHEUS_TEXT, metrics.scrape()));
            server.createContext(
                    "/health",
                    exchange -> answer(exchange, "/health", health.isGood() ? 200 : 503, PLAIN_TEXT, health.report()));
            server.start();
            return new StatusServer(server, thread);
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.FAILED, "cannot serve metrics at " + listen + ": " + e.getMessage(), HINT, e);
        }
    }

    private static InetSocketAddress address(String listen) {
        Matcher parts = LISTEN.matcher(listen);
        int port = parts.matches() ? Integer.parseInt(parts.group("port")) : PORT_MAX + 1;
        if (port > PORT_MAX) {
            throw new RowbackException(ErrorCode.USAGE, "http.listen is \"" + listen + "\", not host:port", HINT);
        }
        InetSocketAddress address = new InetSocketAddress(parts.group("host"), port);
        if (address.isUnresolved()) {
            throw new RowbackException(
                    ErrorCode.USAGE, "http.listen names host " + parts.group("host") + ", which is not known", HINT);
        }
        return address;
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
