package io.rowback.bench;

import io.rowback.bench.BareStream.Reading;
import io.rowback.history.Lsn;
import io.rowback.testbed.CleanUp;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The daemon as a package installs it, running as a process of its own, seen through its metrics and {@code /proc}. */
final class CaptureDaemon implements AutoCloseable {
    /** Each question takes the daemon a millisecond or two: asked a hundred times a second it had a tenth less for its work. */
    private static final long ASKED_MILLIS = 50;

    private static final long PATIENCE_SECONDS = 300;
    private static final long STOP_SECONDS = 60;
    private static final long REST_SECONDS = 5;
    private static final double TICKS_PER_SECOND = 100;
    /** As its unit starts it. */
    private static final List<String> NICE = List.of("nice", "-n", "5");

    private final Path log;
    private final Path store;
    private final Process process;
    private final URI metrics;
    private final HttpClient http = HttpClient.newHttpClient();
    private final CleanUp cleanUp = new CleanUp("bench-clean-up", this::end);

    private CaptureDaemon(Database database, Path folder, List<String> prefix, Map<String, String> settings) {
        int port = Ports.free();
        this.metrics = URI.create("http://127.0.0.1:" + port + "/metrics");
        this.log = folder.resolve("rowbackd.log");
        this.store = folder.resolve("store").resolve("app");
        List<String> command = new ArrayList<>(prefix);
        command.addAll(NICE);
        command.add(program("rowbackd").toString());
        command.add("run");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("ROWBACK_DATABASES_APP_URL", database.url());
        builder.environment().put("ROWBACK_STORE_DIR", folder.resolve("store").toString());
        builder.environment().put("ROWBACK_HTTP_LISTEN", "127.0.0.1:" + port);
        settings.forEach((key, value) -> builder.environment().put("ROWBACK_DATABASES_APP_" + key, value));
        try {
            this.process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it; returns when all tables are covered. */
    static CaptureDaemon covering(Database database, Path folder, int tables) {
        return covering(database, folder, tables, Map.of());
    }

    /** The same with these settings of the database. */
    static CaptureDaemon covering(Database database, Path folder, int tables, Map<String, String> settings) {
        CaptureDaemon daemon = new CaptureDaemon(database, folder, List.of(), settings);
        daemon.await(() -> daemon.metric("rowback_covered_tables") == tables);
        return daemon;
    }

    /** Starts it behind these words, a command that runs a command. */
    static CaptureDaemon start(Database database, Path folder, List<String> prefix) {
        return new CaptureDaemon(database, folder, prefix, Map.of());
    }

    /** A program as it is installed. */
    static Path program(String name) {
        return Path.of(System.getProperty("rowback.home"), "bin", name);
    }

    /** The folder of the database's store. */
    Path store() {
        return store;
    }

    long pid() {
        return process.pid();
    }

    /** The sum of all metrics of that name; 0 while it does not answer. */
    double metric(String name) {
        try {
            HttpResponse<String> response =
                    http.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString());
            return response.body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (ConnectException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** How many changes are durable since it started. */
    long changes() {
        return (long) metric("rowback_changes_total");
    }

    /** Waits until everything below is durable. */
    void awaitDurable(Lsn position) {
        await(() -> metric("rowback_durable_lsn") >= position.value());
    }

    /** Waits until that many changes are durable since it started. */
    void awaitChanges(long count) {
        await(() -> changes() >= count);
    }

    /** Waits until RocksDB has written anew what it wants to: until no more than a tenth of a processor is used. */
    void awaitRest() {
        await(() -> {
            double used = cpuSeconds();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(REST_SECONDS));
            return cpuSeconds() - used < REST_SECONDS / 10.0;
        });
    }

    void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            while (!condition.getAsBoolean()) {
                if (process.waitFor(ASKED_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                    throw new IllegalStateException("the daemon did not get there\n" + Files.readString(log));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Holds it still, so that a backlog grows. */
    void pause() {
        Commands.run("kill", "-STOP", Long.toString(pid()));
    }

    /** Lets it run again. */
    void resume() {
        Commands.run("kill", "-CONT", Long.toString(pid()));
    }

    /** Lets it run again until that many changes are durable since it started; what that took. */
    Reading resumeUntil(long count) {
        double cpu = cpuSeconds();
        long begin = System.nanoTime();
        resume();
        awaitChanges(count);
        return new Reading((System.nanoTime() - begin) / 1e9, cpuSeconds() - cpu);
    }

    /** The CPU time that all of its threads have used, in seconds. */
    double cpuSeconds() {
        String stat = Commands.read(Path.of("/proc", Long.toString(pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** The most memory that was resident so far, in bytes. */
    long peakMemory() {
        return Commands.read(Path.of("/proc", Long.toString(pid()), "status"))
                .lines()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow();
    }

    /** Stops it as a supervisor does, once it has stored what it received. */
    @Override
    public void close() {
        cleanUp.close();
    }

    private void end() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
