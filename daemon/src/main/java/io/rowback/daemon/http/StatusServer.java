package io.rowback.daemon.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * Serves {@code /metrics}; {@code /health}, which is 200 unless the process should be started anew; and {@code /ready},
 * which is 200 while every database is being captured, otherwise 503. The bodies of the latter two tell how each database
 * fares. Without a token and TLS it listens to this machine alone.
 */
public final class StatusServer implements AutoCloseable {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";
    /** So many may ask at the same time, slow ones and unwanted ones included; there are threads only while they are needed. */
    private static final int THREADS_MAX = 100;

    private static final long IDLE_SECONDS = 10;
    /** Who has not sent a request, or taken the answer, by then is cut off. */
    private static final String SECONDS_MAX = "5";

    static {
        // The JDK's server waits for ever by default, and takes settings from nowhere else.
        System.setProperty("sun.net.httpserver.maxReqTime", SECONDS_MAX);
        System.setProperty("sun.net.httpserver.maxRspTime", SECONDS_MAX);
        // The body is sent behind the head, which the client's system would first confirm, 40 ms late.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private record Page(String type, Supplier<Boolean> good, Supplier<String> text) {}

    private final HttpServer server;
    private final Gate gate;
    private final Map<String, Page> pages;
    private final ThreadPoolExecutor threads;

    private StatusServer(HttpServer server, Gate gate, Metrics metrics, Health health) {
        this.server = server;
        this.gate = gate;
        Supplier<String> report = () -> StatusReport.of(health, metrics);
        pages = Map.of(
                "/metrics", new Page(PROMETHEUS_TEXT, () -> true, metrics::scrape),
                "/health", new Page(JSON, health::isAlive, report),
                "/ready", new Page(JSON, health::isReady, report));
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                THREADS_MAX,
                THREADS_MAX,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(task, "http-" + number.incrementAndGet()));
        threads.allowCoreThreadTimeOut(true);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
    }

    /**
     * Looks whether these settings let it start, but for whether the address is free.
     *
     * @throws RowbackException of code USAGE as {@link #start}
     */
    public static void check(Config.Http settings) {
        Access.of(settings);
    }

    /**
     * Starts serving.
     *
     * @throws RowbackException of code USAGE if the settings are wrong or would let strangers read, FAILED if that address
     *     cannot be listened at
     */
    public static StatusServer start(Config.Http settings, Metrics metrics, Health health) {
        Access access = Access.of(settings);
        try {
            StatusServer status = new StatusServer(server(access), access.gate(), metrics, health);
            status.server.start();
            return status;
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.FAILED,
                    "cannot serve metrics at " + settings.listen() + ": " + e.getMessage(),
                    Access.HINT,
                    e);
        }
    }

    private static HttpServer server(Access access) throws IOException {
        SSLContext tls = access.tls();
        if (tls == null) {
            return HttpServer.create(access.address(), 0);
        }
        HttpsServer server = HttpsServer.create(access.address(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return server;
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Gate.Refusal refusal = gate.refusal(exchange.getRequestMethod(), exchange.getRequestHeaders());
            Page page = pages.get(exchange.getRequestURI().getRawPath());
            if (refusal != null) {
                refusal.headers().forEach(exchange.getResponseHeaders()::set);
                send(exchange, refusal.status(), "text/plain; charset=utf-8", refusal.text());
            } else if (page == null) {
                send(exchange, 404, "text/plain; charset=utf-8", "not found\n");
            } else {
                send(
                        exchange,
                        page.good().get() ? 200 : 503,
                        page.type(),
                        page.text().get());
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
        if (!isHead) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
