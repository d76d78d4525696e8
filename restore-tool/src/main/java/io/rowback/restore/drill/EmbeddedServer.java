package io.rowback.restore.drill;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.ConnectionSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A server of this machine's own Postgres programs that is gone, data and all, once it is closed or the JVM ends: on 127.0.0.1, with
 * a password that nobody else knows. Its data lies in a folder that nobody else can enter, since it is that of real rows.
 */
public final class EmbeddedServer implements AutoCloseable {
    /** Postgres refuses to run as root, so root lends it the account nobody. */
    private static final int NOBODY = 65534;

    private static final String ROLE = "rowback";
    private static final int START_SECONDS = 60;

    /** Where packages of Debian and of Red Hat put the programs, one folder for each major version. */
    private static final Map<String, String> INSTALLED = Map.of("/usr/lib/postgresql", "*", "/usr", "pgsql-*");

    private final Path programs;
    private final Path folder;
    private final boolean asRoot;
    private final int port;
    private final String password;
    private final Thread atExit = new Thread(this::end, "drill-clean-up");

    /** What makes the server, or did last. */
    private Optional<Process> making = Optional.empty();

    private boolean ends;

    private EmbeddedServer(Path programs) throws IOException {
        this.programs = programs;
        this.folder = Files.createTempDirectory("rowback-drill-");
        this.asRoot = (int) Files.getAttribute(folder, "unix:uid") == 0;
        if (asRoot) {
            Files.setAttribute(folder, "unix:uid", NOBODY);
        }
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        byte[] secret = new byte[16];
        new SecureRandom().nextBytes(secret);
        this.password = HexFormat.of().formatHex(secret);
    }

    /** The newest Postgres that is installed on this machine, by the folder of its programs. */
    public static Optional<Path> installed() {
        List<Path> found = new ArrayList<>();
        INSTALLED.forEach((parent, pattern) -> {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(Path.of(parent), pattern)) {
                for (Path version : versions) {
                    if (isComplete(version.resolve("bin"))) {
                        found.add(version.resolve("bin"));
                    }
                }
            } catch (IOException e) {
                // There is no such folder.
                return;
            }
        });
        return found.stream().max(Comparator.comparing(EmbeddedServer::major));
    }

    private static int major(Path bin) {
        String digits = String.valueOf(bin.getParent()).replaceAll("\\D", "");
        return digits.isEmpty() || digits.length() > 3 ? 0 : Integer.parseInt(digits);
    }

    private static boolean isComplete(Path bin) {
        return Stream.of("initdb", "pg_ctl", "postgres").allMatch(program -> Files.isExecutable(bin.resolve(program)));
    }

    /**
     * Starts a server of the programs in this folder.
     *
     * @throws RowbackException of code FAILED if it does not start, with what it said
     */
    public static EmbeddedServer start(Path programs) {
        if (!isComplete(programs)) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    programs + " does not hold initdb, pg_ctl and postgres",
                    "Name the folder bin of a Postgres installation.");
        }
        try {
            EmbeddedServer server = new EmbeddedServer(programs);
            Runtime.getRuntime().addShutdownHook(server.atExit);
            try {
                server.start();
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How its database is reached. */
    public ConnectionSettings settings() {
        return new ConnectionSettings("127.0.0.1", port, "postgres", ROLE, password, Map.of());
    }

    private void start() throws IOException {
        Path secret = Files.writeString(folder.resolve("password"), password);
        if (asRoot) {
            Files.setAttribute(secret, "unix:uid", NOBODY);
        }
        make(
                "initdb",
                "--username=" + ROLE,
                "--pwfile=" + secret,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync");
        Files.writeString(data().resolve("postgresql.conf"), """

                listen_addresses = '127.0.0.1'
                port = %d
                unix_socket_directories = ''
                # Nothing of it outlives the drill.
                fsync = off
                """.formatted(port), StandardOpenOption.APPEND);
        make("pg_ctl", "start", "--wait", "--timeout=" + START_SECONDS, "--log=" + folder.resolve("log"));
    }

    private Path data() {
        return folder.resolve("data");
    }

    /** Runs a program that makes the server, unless that is to end already. */
    private void make(String program, String... arguments) throws IOException {
        Process process;
        synchronized (this) {
            if (ends) {
                throw new RowbackException(ErrorCode.INTERRUPTED, "interrupted while its server was being made", null);
            }
            process = begin(program, arguments);
            making = Optional.of(process);
        }
        await(program, process);
    }

    /** Begins one of the server's programs on its data. */
    private Process begin(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (asRoot) {
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        command.add(programs.resolve(program).toString());
        command.add("--pgdata=" + data());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said(program).toFile())
                .start();
    }

    private Path said(String program) {
        return folder.resolve(program + ".out");
    }

    private void await(String program, Process process) throws IOException {
        try {
            if (process.waitFor() != 0) {
                Path log = folder.resolve("log");
                throw new RowbackException(
                        ErrorCode.FAILED,
                        program + " failed: "
                                + Files.readString(said(program)).strip()
                                + (Files.exists(log)
                                        ? "; " + Files.readString(log).strip()
                                        : ""),
                        "Name a database of your own by --scratch URL instead.");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + program, e);
        }
    }

    private void end() {
        Optional<Process> last;
        synchronized (this) {
            ends = true;
            last = making;
        }
        // Until it is over it writes into the folder, or is about to leave a server behind.
        last.ifPresent(process -> process.onExit().join());
        cleanUp();
    }

    private synchronized void cleanUp() {
        if (!Files.exists(folder)) {
            return;
        }
        try {
            if (Files.exists(data().resolve("postmaster.pid"))) {
                await("pg_ctl", begin("pg_ctl", "stop", "--wait", "--mode=immediate"));
            }
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is ending already and does the same once more, which does no harm.
            return;
        }
    }
}
