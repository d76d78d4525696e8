package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.Database;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code rowbackd run} as a process of its own. */
final class DaemonProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    /** With this among the environment's additions, its log is what it takes for the journal. */
    static final String JOURNAL = "JOURNAL_STREAM";

    private final Process process;
    private final Path log;

    /** Starts it for one database, named {@code app} in the configuration, with the store in that folder. */
    DaemonProcess(Database database, Path folder, String listen) {
        this(folder, config(Map.of("app", database), folder, listen), Map.of());
    }

    /** Starts it with that configuration and these additions to environment and JVM. */
    DaemonProcess(Path folder, String config, Map<String, String> environment, String... jvmOptions) {
        this(DaemonArchive.OPTION, folder, config, environment, jvmOptions);
    }

    /** The same, with an archive of classes that it takes or makes. */
    DaemonProcess(String archive, Path folder, String config, Map<String, String> environment, String... jvmOptions) {
        this.log = folder.resolve("rowbackd-" + System.nanoTime() + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // It lives for seconds: to compile it well costs more than what it then saves.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(List.of(archive, "-Xlog:disable"));
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath()), "-Duser.timezone=Asia/Tokyo"));
        command.addAll(List.of(jvmOptions));
        Path file = folder.resolve("rowback.toml");
        command.addAll(List.of(Main.class.getName(), "run", "--config", file.toString()));
        try {
            Files.writeString(file, config);
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            if (environment.containsKey(JOURNAL)) {
                Map<String, Object> stream = Files.readAttributes(Files.createFile(log), "unix:dev,ino");
                builder.environment().put(JOURNAL, stream.get("dev") + ":" + stream.get("ino"));
            }
            this.process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A configuration of these databases by name; each has the slot {@code rowback_} and the database's own name. */
    static String config(Map<String, Database> databases, Path folder, String listen) {
        StringBuilder config = new StringBuilder();
        databases.forEach((name, database) -> config.append("[databases.%s]\nurl = \"%s\"\nslot = \"rowback_%s\"\n"
                .formatted(name, database.url(), database.name())));
        return config.append(
                        "[store]\ndir = \"%s\"\n[http]\nlisten = \"%s\"\n".formatted(folder.resolve("store"), listen))
                .toString();
    }

    /** Without the tests' own classes: with a folder there is no archive. */
    static List<String> classPath() {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(all.split(File.pathSeparator))
                .filter(path -> !path.isEmpty() && !path.endsWith("test-classes"))
                .toList();
    }

    /** Waits for a line in its log. */
    DaemonProcess awaitLine(String text) {
        return awaitLines(text, 1);
    }

    /** Waits until that many lines of its log have the text. */
    DaemonProcess awaitLines(String text, int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (log().lines().filter(line -> line.contains(text)).count() < count) {
            assertThat(process.isAlive()).as(log()).isTrue();
            assertThat(System.nanoTime()).as(log()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        return this;
    }

    /** What it has written. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it with SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends it with a signal; returns its exit status. */
    int signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        return awaitEnd();
    }

    /** Waits for its end; returns its exit status. */
    int awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as(log())
                .isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
