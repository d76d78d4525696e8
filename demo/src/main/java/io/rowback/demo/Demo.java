package io.rowback.demo;

import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code ./rowback demo}: plays an incident on a throw-away server and tells each step. */
@Command(
        name = "rowback demo",
        description = "Watch an incident happen on a throw-away Postgres, and the rows come back.",
        footerHeading = "%nExamples:%n",
        footer = {"  ./rowback demo", "  ./rowback demo nulled-columns --postgres 14", "  ./rowback demo --keep"})
public final class Demo implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "INCIDENT",
            defaultValue = "deleted-users",
            description = "deleted-users: a clean-up script deletes real users and all that belongs to them (default); "
                    + "nulled-columns: an UPDATE clears columns that it should have left alone.")
    private String incident = "";

    @Option(
            names = "--postgres",
            paramLabel = "MAJOR",
            defaultValue = "18",
            description = "Postgres version, 14 to 18.")
    private int postgres;

    @Option(names = "--keep", description = "Leave server, daemon and history up, to look around.")
    private boolean keep;

    @Option(names = "--help", usageHelp = true, description = "Show this help.")
    boolean help;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    /** Runs the demo and exits with 0 if every check held. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new Demo()).setExecutionExceptionHandler((e, line, parsed) -> {
            line.getErr().println("error: " + e.getMessage());
            return 1;
        });
        System.exit(command.execute(arguments));
    }

    @Override
    public Integer call() throws SQLException, IOException {
        Incident chosen = List.of(new DeletedUsers(), new NulledColumns()).stream()
                .filter(known -> known.name().equals(incident))
                .findFirst()
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "there is no incident " + incident));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Path home = Path.of(System.getProperty("rowback.home", ""));
        out.println("Starting a throw-away Postgres " + postgres + " ...");
        try (PostgresServer server = PostgresServer.start(postgres);
                IncidentRun run = new IncidentRun(chosen, server.createDatabase("app"), home, new Story(out))) {
            run.play("full");
            if (keep) {
                keep(run, home, out);
            }
        }
        return 0;
    }

    /** Says how to look around, and waits for a signal: the JVM's end removes everything. */
    private static void keep(IncidentRun run, Path home, PrintStream out) {
        String tool =
                home.resolve("bin/rowback") + " --config " + run.installation().config();
        out.println();
        out.println("All of it is still up. Look around from another terminal:");
        out.println("  psql " + run.database().url());
        for (String command : List.of("status", "tables", "transactions", "restore --help")) {
            out.println("  " + tool + " " + command);
        }
        out.println("Ctrl-C or `kill " + ProcessHandle.current().pid() + "` ends it and removes everything.");
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
