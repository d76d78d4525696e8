package io.rowback.daemon;

import io.rowback.testbed.Database;
import io.rowback.testbed.Folders;
import io.rowback.testbed.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Servers of the Postgres that is installed on this machine, for the programs that the others come without. */
final class InstalledPostgres implements AutoCloseable {
    private static final int NOBODY = 65534;

    private final Path programs;
    private final Path folder;
    private final boolean asRoot;
    private final List<Path> started = new ArrayList<>();

    private InstalledPostgres(Path programs) throws IOException {
        this.programs = programs;
        folder = Files.createTempDirectory("rowback-installed-");
        asRoot = (int) Files.getAttribute(folder, "unix:uid") == 0;
        if (asRoot) {
            // Postgres refuses to run as root.
            Files.setAttribute(folder, "unix:uid", NOBODY);
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The newest one that is there with all its programs. */
    static Optional<InstalledPostgres> find() throws IOException {
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return Optional.empty();
        }
        Optional<Path> newest;
        try (Stream<Path> all = Files.list(versions)) {
            newest = all.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("pg_upgrade")))
                    .max(Comparator.naturalOrder());
        }
        return newest.isPresent() ? Optional.of(new InstalledPostgres(newest.get())) : Optional.empty();
    }

    /** Makes a server that does not run yet. */
    void create(String name) throws IOException {
        run("initdb", "--pgdata=" + name, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync");
        Files.writeString(
                folder.resolve(name).resolve("postgresql.conf"),
                "wal_level = logical\nfsync = off\nunix_socket_directories = ''\nautovacuum = off\nport = "
                        + Ports.free() + "\n",
                StandardOpenOption.APPEND);
    }

    /** Starts it; returns its database of that name. */
    Database start(String name, String database) throws IOException {
        run("pg_ctl", "start", "--pgdata=" + name, "--wait", "--log=" + name + ".log");
        started.add(folder.resolve(name));
        String port = Files.readAllLines(folder.resolve(name).resolve("postmaster.pid"))
                .get(3);
        return new Database(Integer.parseInt(port.strip()), "postgres", database);
    }

    void stop(String name) throws IOException {
        run("pg_ctl", "stop", "--pgdata=" + name, "--wait", "--mode=fast");
        started.remove(folder.resolve(name));
    }

    /** Upgrades one server to another, by copying. */
    void upgrade(String from, String to) throws IOException {
        run(
                "pg_upgrade",
                "--old-bindir=" + programs,
                "--new-bindir=" + programs,
                "--old-datadir=" + from,
                "--new-datadir=" + to,
                "--username=postgres",
                "--socketdir=" + folder);
    }

    /** What a program prints. */
    String run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (asRoot) {
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        Path output = folder.resolve(program + ".out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("LC_ALL", "C");
        int status;
        try {
            status = builder.start().waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while " + program + " runs", e);
        }
        String printed = Files.readString(output);
        if (status != 0) {
            throw new IllegalStateException(program + " failed:\n" + printed);
        }
        return printed;
    }

    /** The first file of a server's log. */
    String firstLog(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(name).resolve("pg_wal"))) {
            return files.map(Path::toString)
                    .filter(file -> file.matches(".*/[0-9A-F]{24}"))
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    @Override
    public void close() throws IOException {
        for (Path data : List.copyOf(started)) {
            run("pg_ctl", "stop", "--pgdata=" + data, "--wait", "--mode=immediate");
        }
        Folders.delete(folder);
    }
}
