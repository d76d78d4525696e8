package io.rowback.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A server as processes of this machine. Postgres refuses to run as root, so root lends it the account nobody. */
final class ProcessBackend implements Backend {
    private static final int NOBODY = 65534;
    private static final int START_SECONDS = 60;

    private final Path binaries;
    private final Path folder;
    private final int port = Ports.free();
    private final boolean asRoot;

    ProcessBackend(int major, Map<String, String> settings) {
        try {
            binaries = Binaries.unpacked(major);
            folder = Files.createTempDirectory("rowback-server-");
            asRoot = (int) Files.getAttribute(folder, "unix:uid") == 0;
            if (asRoot) {
                Files.setAttribute(folder, "unix:uid", NOBODY);
            }

            initialise(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessBackend(ProcessBackend original) throws IOException {
        binaries = original.binaries;
        asRoot = original.asRoot;
        folder = Files.createTempDirectory("rowback-server-");
        Folders.copy(original.data(), data());
        Folders.delete(data().resolve("pg_replslot"));
        Files.createDirectory(data().resolve("pg_replslot"));
    }

    @Override
    public Backend copy(String signal, Map<String, String> settings) {
        return copy(copy -> Files.createFile(copy.data().resolve(signal)), settings);
    }

    @Override
    public Backend upgraded() {
        return copy(copy -> new SystemIdentifier(copy.data()).change(), Map.of());
    }

    private interface Alteration {
        void alter(ProcessBackend copy) throws IOException;
    }

    private Backend copy(Alteration alteration, Map<String, String> settings) {
        try {
            ProcessBackend copy = new ProcessBackend(this);
            alteration.alter(copy);
            Map<String, String> all = new LinkedHashMap<>(settings);
            all.put("port", Integer.toString(copy.port));
            copy.configure(all);
            if (asRoot) {
                Folders.own(copy.folder, NOBODY);
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void configure(Map<String, String> settings) throws IOException {
        StringBuilder configuration = new StringBuilder("\n");
        settings.forEach((name, value) -> configuration.append(name + " = '" + value.replace("'", "''") + "'\n"));
        Files.writeString(data().resolve("postgresql.conf"), configuration, StandardOpenOption.APPEND);
    }

    private void initialise(Map<String, String> settings) throws IOException {
        // Most of what a test's server costs is initdb, so what it makes is kept beside the programs and copied.
        Path initial = binaries.resolve("data");
        if (Files.exists(initial)) {
            Folders.copy(initial, data());
            new SystemIdentifier(data()).change();
            if (asRoot) {
                Folders.own(data(), NOBODY);
            }
        } else {
            execute(
                    "initdb",
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync");
            Path incomplete = binaries.resolve(folder.getFileName());
            Folders.copy(data(), incomplete);
            // A copy's statistics begin when it is started.
            Folders.delete(incomplete.resolve("pg_stat"));
            Files.createDirectory(incomplete.resolve("pg_stat"));
            Binaries.publish(incomplete, initial);
        }
        Map<String, String> all = new LinkedHashMap<>();
        all.put("listen_addresses", "127.0.0.1");
        all.put("unix_socket_directories", "");
        all.put("port", Integer.toString(port));
        all.putAll(settings);
        configure(all);
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void start() {
        execute("pg_ctl", "start", "--wait", "--timeout=" + START_SECONDS, "--log=" + logFile());
    }

    @Override
    public void stop(PostgresServer.Shutdown mode) {
        execute("pg_ctl", "stop", "--wait", "--mode=" + mode.word());
    }

    @Override
    public void kill() {
        try (Stream<String> pidFile = Files.lines(data().resolve("postmaster.pid"))) {
            long pid = Long.parseLong(pidFile.findFirst().orElseThrow().strip());
            ProcessHandle.of(pid).ifPresent(ProcessBackend::kill);
        } catch (IOException e) {
            throw new UncheckedIOException("the server is not running", e);
        }
    }

    private static void kill(ProcessHandle postmaster) {
        List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
        // The postmaster first, or it would see its children crash and start others.
        all.add(0, postmaster);
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(process -> process.onExit().join());
    }

    @Override
    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (Files.exists(data().resolve("postmaster.pid"))) {
                kill();
            }
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path logFile() {
        return folder.resolve("log");
    }

    /** Runs one of the server's programs on this server's data and waits for it. */
    private void execute(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        if (asRoot) {
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        command.add(binaries.resolve("bin").resolve(program).toString());
        command.add("--pgdata=" + data());
        command.addAll(List.of(arguments));
        try {
            Path output = folder.resolve(program + ".out");
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(
                        String.join(" ", command) + " failed:\n" + Files.readString(output) + log());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + program, e);
        }
    }
}
